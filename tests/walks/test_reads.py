"""The number of reads of an operation is a constant of its shape, and each read is small."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from pymongo import AsyncMongoClient

from domain import ids
from domain.ids import CustomerId, Kind
from domain.orders import Order, OrderQuery
from domain.pages import PageRequest
from domain.shop import Shop
from domain.viewer import SYSTEM, Role
from gateway.embedded import Embedded
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database, Document
from storage.mongo.orders import order_document
from tests.client import Client
from tests.conftest import UNTIL, Reads

REFERENCE = """
query Reference($ids: [ID!]!, $first: Int) {
  nodes(ids: $ids) {
    ... on Customer {
      number
      orders(first: $first) {
        edges {
          node {
            number
            lines { ordered product { sku levels { onHand free } } }
            payments { state captured { amount } }
          }
        }
      }
    }
  }
}
"""

MANY = 100_000
# A copy per minute makes orders older than the demo shop; what counts is how many there are.


def with_orders(shop: Shop, count: int) -> list[str]:
    buyers = [order.customer_id for order in shop.orders if order.customer_id]
    return list(dict.fromkeys(buyers))[:count]


@pytest.mark.parametrize("customers", [1, 50])
async def test_the_reference_query_makes_five_reads(
    kassa: Client, shop: Shop, reads: Reads, tokens: dict[Role, str], customers: int
):
    asked = with_orders(shop, customers)
    reads.forget()

    data = await kassa.ask(REFERENCE, tokens[Role.SUPPORT], ids=asked, first=20)

    assert len(data["nodes"]) == customers
    assert all(node["orders"]["edges"] for node in data["nodes"])
    assert len(reads) == 5, reads.commands


async def test_two_places_that_ask_the_same_share_one_read(
    kassa: Client, shop: Shop, reads: Reads, tokens: dict[Role, str]
):
    query = """
    query ($id: ID!) {
      node(id: $id) {
        ... on Order { payments { id } paymentStatus balance { due { minor } } refunds { id } }
      }
    }"""
    reads.forget()

    await kassa.ask(query, tokens[Role.SUPPORT], id=shop.orders[-1].id)

    assert len(reads) == 2, reads.commands


async def test_an_answer_out_of_reach_costs_no_read(kassa: Client, reads: Reads):
    reads.forget()

    data = await kassa.ask('{ orders { edges { node { id } } } customer(number: "K-1001") { id } }')

    assert data == {"orders": {"edges": []}, "customer": None}
    assert len(reads) == 0


class Profile:
    """MongoDB's own account of the documents it looked at."""

    def __init__(self, url: str, name: str) -> None:
        self._client: AsyncMongoClient[Document] = AsyncMongoClient(url)
        self._database = self._client[name]

    async def __aenter__(self) -> Profile:
        await self._database.command("profile", 2)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def documents_read(self) -> dict[str, int]:
        await self._database.command("profile", 0)
        rows = (
            await self._database["system.profile"]
            .find({"op": {"$in": ["query", "command"]}})
            .to_list()
        )
        read: dict[str, int] = {}
        for row in rows:
            command = row.get("command", {})
            name = command.get("find") or self._joined(command)
            if name and name != "system.profile":
                read[name] = read.get(name, 0) + row.get("docsExamined", 0)
        return read

    @staticmethod
    def _joined(command: Document) -> str | None:
        stages = command.get("pipeline") or []
        return next((stage["$lookup"]["from"] for stage in stages if "$lookup" in stage), None)


async def test_documents_read_are_at_most_what_is_answered_and_one_a_parent(
    servers: Embedded, stocked: Database, kassa: Client, shop: Shop, tokens: dict[Role, str]
):
    asked, first = with_orders(shop, 50), 3

    async with Profile(servers.mongodb_url or "", stocked.name) as profile:
        data = await kassa.ask(REFERENCE, tokens[Role.SUPPORT], ids=asked, first=first)
        read = await profile.documents_read()

    orders = [edge["node"] for node in data["nodes"] for edge in node["orders"]["edges"]]
    skus = {line["product"]["sku"] for order in orders for line in order["lines"]}
    assert read["customers"] == len(asked)
    assert read["orders"] <= len(asked) * (first + 1)
    assert read["payments"] == sum(len(order["payments"]) for order in orders)
    assert read["products"] == len(skus)


def copies(order: Order, customer: CustomerId, count: int) -> list[Document]:
    """`count` orders of one customer, a minute apart."""

    def copy(n: int) -> Document:
        at: datetime = UTC_BEGIN + timedelta(minutes=n)
        same = replace(
            order,
            id=ids.mint(Kind.ORDER, at, n.to_bytes(10, "big")),
            number=f"MANY-{n}",
            refs=(),
            customer_id=customer,
            placed_at=at,
            updated_at=at,
        )
        return order_document(same)

    return [copy(n) for n in range(count)]


UTC_BEGIN = UNTIL - timedelta(minutes=MANY)


async def inserted(database: Database, documents: Sequence[Document]) -> None:
    for start in range(0, len(documents), 10_000):
        await database.insert("orders", documents[start : start + 10_000])


async def test_a_customer_with_a_hundred_thousand_orders_is_read_like_any_other(
    servers: Embedded, database: Database, shop: Shop
):
    customer, size = CustomerId(shop.customers[0].id), 20
    await inserted(database, copies(shop.orders[0], customer, MANY))
    orders = MongoRepositories(database).orders

    async with Profile(servers.mongodb_url or "", database.name) as profile:
        pages = await orders.pages_of(SYSTEM, [customer], OrderQuery(), PageRequest(size))
        anchor = pages[customer].end_cursor
        later = await orders.pages_of(SYSTEM, [customer], OrderQuery(), PageRequest(size, anchor))
        read = await profile.documents_read()

    assert [edge.node.number for edge in pages[customer].edges] == [
        f"MANY-{MANY - 1 - n}" for n in range(size)
    ]
    assert [edge.node.number for edge in later[customer].edges] == [
        f"MANY-{MANY - 1 - size - n}" for n in range(size)
    ]
    assert read["orders"] <= 2 * (size + 1)

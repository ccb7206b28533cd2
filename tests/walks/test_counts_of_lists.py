"""How many a list holds, counted no further than asked and without reading a page."""

from __future__ import annotations

import pytest

from domain.shop import Shop
from domain.viewer import Role
from tests.client import Client
from tests.conftest import Reads

COUNT = """
query ($cap: Int!, $first: Int, $states: [OrderState!]) {
  orders(first: $first, states: $states) { totalCount(cap: $cap) }
}"""
OF_CUSTOMER = """
query ($cap: Int!, $states: [OrderState!]) {
  customer(number: "K-1001") { orders(first: 1, states: $states) { totalCount(cap: $cap) } }
}"""


@pytest.fixture
def token(tokens: dict[Role, str]) -> str:
    return tokens[Role.SYSTEM]


async def test_a_count_is_over_all_pages_and_ends_at_its_cap(kassa: Client, shop: Shop, token: str):
    total = len(shop.orders)
    for cap in (1, 7, total - 1, total, total + 1, 10_000):
        data = await kassa.ask(COUNT, token, cap=cap, first=3)

        assert data["orders"]["totalCount"] == min(cap, total)


async def test_a_count_ends_at_a_thousand_unless_said_otherwise(kassa: Client, token: str):
    data = await kassa.ask("{ orders { totalCount } }", token)

    assert data["orders"]["totalCount"] == 1_000


async def test_a_count_is_of_what_is_filtered_for(kassa: Client, shop: Shop, token: str):
    who = shop.customers[0].id
    cancelled = [order for order in shop.orders if order.state == "CANCELLED"]
    hers = [order for order in cancelled if order.customer_id == who]

    everybody = await kassa.ask(COUNT, token, cap=1_000, states=["CANCELLED"])
    one = await kassa.ask(OF_CUSTOMER, token, cap=1_000, states=["CANCELLED"])

    assert everybody["orders"]["totalCount"] == len(cancelled)
    assert one["customer"]["orders"]["totalCount"] == len(hers) > 0


async def test_each_customer_has_a_count(kassa: Client, shop: Shop, token: str):
    ids = [customer.id for customer in shop.customers[:100]]
    query = """
    query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { orders { totalCount } } } }"""

    data = await kassa.ask(query, token, ids=ids)

    assert [node["orders"]["totalCount"] for node in data["nodes"]] == [
        sum(order.customer_id == key for order in shop.orders) for key in ids
    ]


async def test_a_count_alone_reads_no_page(kassa: Client, reads: Reads, token: str):
    reads.forget()

    await kassa.ask("{ orders { totalCount } }", token)

    assert reads.commands == ["aggregate"]


async def test_a_count_of_each_customers_orders_alone_reads_no_page(
    kassa: Client, shop: Shop, reads: Reads, token: str
):
    ids = [customer.id for customer in shop.customers[:50]]
    query = """
    query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { orders { totalCount } } } }"""
    reads.forget()

    await kassa.ask(query, token, ids=ids)

    assert reads.commands == ["find", "aggregate"]


async def test_a_count_in_a_fragment_beside_the_list_reads_both(
    kassa: Client, reads: Reads, token: str
):
    query = """
    { orders { ...Counted ... on OrderConnection { edges { cursor } } } }
    fragment Counted on OrderConnection { totalCount }"""
    reads.forget()

    data = await kassa.ask(query, token)

    assert sorted(reads.commands) == ["aggregate", "find"]
    assert len(data["orders"]["edges"]) == 20


async def test_one_fragment_counts_different_lists(kassa: Client, shop: Shop, token: str):
    query = """
    {
      orders { ...Counted }
      cancelled: orders(states: [CANCELLED]) { ...Counted }
      customer(number: "K-1001") { orders { ...Counted } late: orders(first: 2) { ...Counted } }
    }
    fragment Counted on OrderConnection { totalCount(cap: 10000) }"""
    hers = sum(order.customer_id == shop.customers[0].id for order in shop.orders)
    cancelled = sum(order.state == "CANCELLED" for order in shop.orders)

    data = await kassa.ask(query, token)

    assert data["orders"]["totalCount"] == len(shop.orders)
    assert data["cancelled"]["totalCount"] == cancelled
    assert data["customer"] == {"orders": {"totalCount": hers}, "late": {"totalCount": hers}}


async def test_a_count_of_a_renamed_list_is_right(kassa: Client, shop: Shop, token: str):
    data = await kassa.ask("{ a: orders { n: totalCount(cap: 9) } }", token)

    assert data == {"a": {"n": 9}}
    assert len(shop.orders) > 9

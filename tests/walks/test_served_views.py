"""Each part of the graph is served alone, over the demo shop."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.shop import Shop
from domain.viewer import Role
from gateway import app
from gateway.settings import Settings
from schema import views
from schema.contracts import Contract
from schema.fields import Column
from schema.views import View
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.stores import MongoStores
from tests.client import Client
from tests.walks.everything import Writer

SNAPSHOTS = Path(__file__).parents[2] / "schema" / "sdl"


@asynccontextmanager
async def served(view: View, database: Database) -> AsyncIterator[Client]:
    """The web application with this part of the graph."""
    application = app.build(
        Settings(),
        view,
        MongoRepositories(database),
        MongoStores(database),
        checks={},
        page_config=dict,
    )
    async with Client(application) as client:
        yield client


@pytest.fixture(scope="module")
def values(shop: Shop) -> Mapping[str, str]:
    """An argument of each name, as GraphQL writes it."""
    webshop = next(one for one in shop.channels if one.code == "webshop-se")
    return {
        "by": '{kind: PHONE, value: "070-123 45 67"}',
        "channel": f'"{webshop.id}"',
        "code": '"STO"',
        "first": "3",
        "id": f'"{shop.orders[0].id}"',
        "ids": f'["{shop.orders[0].id}"]',
        "purpose": "SALE",
        "sku": f'"{shop.products[0].sku}"',
        "skus": f'["{shop.products[0].sku}"]',
        "text": '"caf"',
    }


ONE_OF = {
    "customer": '(number: "K-1001")',
    "location": '(code: "STO")',
    "product": '(sku: "MUG-FJORD-BLUE")',
}


@pytest.mark.parametrize("name", views.everything())
async def test_every_question_of_a_view_has_an_answer(
    stocked: Database, tokens: dict[Role, str], shop: Shop, values: Mapping[str, str], name: str
):
    view = views.everything()[name]
    roots = view.core.query_type.fields.keys() - {"_service", "_entities"}
    ids = {"order": shop.orders[0].id, "payment": shop.payments[0].id}
    given = {**ONE_OF, **{root: f'(id: "{key}")' for root, key in ids.items()}}

    async with served(view, stocked) as client:
        for root in sorted(roots):
            writer = Writer(view.core, values)
            field = view.core.query_type.fields[root]
            arguments = given.get(root) or writer.arguments(field)
            data = await client.ask(writer.document(root, arguments), tokens[Role.SYSTEM])

            assert data[root], root


@pytest.mark.parametrize("column", Column)
async def test_a_subgraph_completes_every_entity_it_has_fields_of(
    stocked: Database,
    tokens: dict[Role, str],
    entities: Mapping[str, list[str]],
    values: Mapping[str, str],
    column: Column,
):
    view = views.subgraph(column)

    async with served(view, stocked) as client:
        for kind in sorted(view.served.entities):
            asked = [{"__typename": kind, "id": key} for key in entities[kind][:10]]
            literal = json.dumps(asked).replace('"__typename":', "__typename:")
            literal = literal.replace('"id":', "id:")
            document = Writer(view.core, values).document(
                "_entities", f"(representations: {literal})", kind
            )
            data = await client.ask(document, tokens[Role.SYSTEM])

            assert [each["id"] for each in data["_entities"]] == entities[kind][:10]


@pytest.mark.parametrize("column", [None, *Column])
async def test_the_service_answers_the_snapshot(stocked: Database, column: Column | None):
    async with served(views.named(column), stocked) as client:
        data = await client.ask("{ _service { sdl } }")

    snapshot = SNAPSHOTS / f"{column or views.UNIFIED}.graphql"
    assert data["_service"]["sdl"] == snapshot.read_text()


async def test_a_subgraph_looks_up_nothing_that_it_only_points_at(
    stocked: Database, tokens: dict[Role, str], shop: Shop
):
    asked = [{"__typename": "Customer", "id": shop.customers[0].id}]
    query = "query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }"

    async with served(views.subgraph(Column.PAYMENTS), stocked) as client:
        error = await client.refusal(query, tokens[Role.SUPPORT], of=asked)

    assert error["message"] == "'Customer' is no entity here."


async def test_a_subgraph_answers_node_with_keys_of_foreign_types(
    stocked: Database, tokens: dict[Role, str], shop: Shop
):
    ids = [shop.orders[0].id, shop.products[0].id, shop.stock_levels[0].id]
    query = """
    query ($ids: [ID!]!) {
      nodes(ids: $ids) {
        __typename
        ... on Order { number }
        ... on Product { sku }
        ... on StockLevel { product { sku } location { code } }
      }
    }"""

    async with served(views.subgraph(Column.OPERATIONS), stocked) as client:
        data = await client.ask(query, tokens[Role.SUPPORT], ids=ids)

    assert [node["__typename"] for node in data["nodes"]] == ["Order", "Product", "StockLevel"]
    assert data["nodes"][0]["number"] == shop.orders[0].number
    assert data["nodes"][2]["product"] == {"sku": shop.stock_levels[0].sku}


@pytest.mark.parametrize("contract", Contract)
async def test_a_node_that_a_contract_does_not_show_is_null(
    stocked: Database, tokens: dict[Role, str], shop: Shop, contract: Contract
):
    level, order = shop.stock_levels[0].id, shop.orders[0].id
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"

    async with served(views.contract(contract), stocked) as client:
        data = await client.ask(query, tokens[Role.SUPPORT], ids=[level, order])

    assert data["nodes"] == [None, {"__typename": "Order", "id": order}]


@pytest.mark.parametrize(
    "query",
    [
        "{ _service { sdl } }",
        '{ _entities(representations: [{__typename: "Order", id: "x"}]) { __typename } }',
        "{ stockLevels { edges { cursor } } }",
        '{ product(sku: "A") { levels { onHand } } }',
        "{ orders { edges { node { lines { allocations { quantity } } } } } }",
    ],
)
async def test_the_public_cannot_even_ask(stocked: Database, tokens: dict[Role, str], query: str):
    async with served(views.contract(Contract.PUBLIC), stocked) as client:
        error = await client.refusal(query, tokens[Role.SYSTEM])

    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"

"""Every field of every type is asked at least once, as everybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLSchema

from domain.shop import Shop
from domain.viewer import Role
from gateway.execution.documents import Documents
from schema import views
from tests.client import Client
from tests.walks.everything import Pair, Writer, filled, reachable

REGULAR = 0
"""The demo shop's first customer has been through everything."""

NEVER_FILLED: frozenset[Pair] = frozenset()
"""What the demo shop has no example of."""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return views.unified().core


@pytest.fixture(scope="module")
def nodes(shop: Shop) -> Mapping[str, list[str]]:
    """Up to 100 ids of each kind of node, the regular's first."""
    regular = shop.customers[REGULAR].id

    def hers(items: Any) -> list[Any]:
        return sorted(items, key=lambda item: item.customer_id != regular)

    tender = hers(shop.payments)
    tried = [operation for payment in tender for operation in payment.operations]
    back = [operation.id for operation in tried if operation.kind == "REFUND"]
    everything = {
        "Customer": shop.customers,
        "LoyaltyAccount": hers(shop.loyalty_accounts),
        "LoyaltyEntry": sorted(hers(shop.loyalty_entries), key=lambda e: e.reverses_id is None),
        "Product": shop.products,
        "Location": shop.locations,
        "Channel": shop.channels,
        "StockLevel": shop.stock_levels,
        "Order": hers(shop.orders),
        "Fulfillment": hers(shop.fulfillments),
        "Return": hers(shop.returns),
        "Payment": tender,
        "PaymentOperation": sorted(tried, key=lambda it: it.decline_code is None),
    }
    found = {kind: [item.id for item in items][:100] for kind, items in everything.items()}
    return {**found, "Refund": [f"rfd_{key.partition('_')[2]}" for key in back][:100]}


@pytest.fixture(scope="module")
def written(
    schema: GraphQLSchema, shop: Shop, nodes: Mapping[str, list[str]]
) -> tuple[list[str], set[Pair]]:
    """A document for each root field, and for each kind of node; and what they ask."""
    regular = shop.customers[REGULAR]
    order = next(one for one in shop.orders if one.customer_id == regular.id and one.refs)
    payment = next(one for one in shop.payments if one.order_id == order.id)
    webshop = next(one for one in shop.channels if one.code == "webshop-se")
    values = {
        "channel": f'"{webshop.id}"',
        "quantity": "2",
        "near": "{lat: 59.3, lon: 18.0, maxKm: 2000}",
        "first": "3",
        "locale": '"sv-SE"',
        "cap": "50",
        "orderBy": "UPDATED_AT",
    }
    ref = order.refs[0]
    arguments = {
        "_entities": f'(representations: [{{__typename: "Order", id: "{order.id}"}}])',
        "customer": '(number: "K-1001")',
        "findCustomers": '(by: {kind: PHONE, value: "070-123 45 67"}, purpose: SALE)',
        "order": f'(ref: "{ref.system}:{ref.kind}:{ref.value}")',
        "orders": '(first: 5, since: "2025-12-01T00:00:00Z")',
        "product": f'(sku: "{shop.products[0].sku}")',
        "products": f'(skus: ["{shop.products[0].sku}", "NOTHING"])',
        "searchProducts": '(text: "caf", first: 3)',
        "location": '(code: "STO")',
        "locations": "(kinds: [STORE], offersPickup: true)",
        "stockLevels": f'(lowOnly: true, skus: ["{shop.products[0].sku}"], first: 5)',
        "payment": f'(id: "{payment.id}")',
        "payments": "(first: 5, states: [PARTLY_REFUNDED, DECLINED])",
    }
    documents: list[str] = []
    asked: set[Pair] = set()

    def write(root: str, given: str, on: str | None = None) -> None:
        writer = Writer(schema, values)
        documents.append(writer.document(root, given, on))
        asked.update(writer.asked)

    assert schema.query_type
    for root in schema.query_type.fields.keys() - {"node", "nodes"}:
        write(root, arguments.get(root, ""))
    for kind, ids in nodes.items():
        write("node", f'(id: "{ids[0]}")', kind)
        write("nodes", f"(ids: {json.dumps(ids[:15])})", kind)
    return documents, asked


def test_every_kind_of_node_is_asked_for(schema: GraphQLSchema, nodes: Mapping[str, list[str]]):
    interface = schema.type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)

    assert {kind.name for kind in schema.get_possible_types(interface)} == nodes.keys()
    assert all(nodes.values())


def test_every_field_of_every_type_is_asked_for(
    schema: GraphQLSchema, written: tuple[list[str], set[Pair]]
):
    _, asked = written

    assert asked == reachable(schema)


def test_no_document_comes_near_the_limit(
    schema: GraphQLSchema, written: tuple[list[str], set[Pair]]
):
    prepared = Documents(schema)

    for document in written[0]:
        assert not prepared.prepare(document).errors, document[:100]


@pytest.mark.parametrize("role", Role)
async def test_everybody_may_ask_for_everything_without_an_error(
    kassa: Client, tokens: dict[Role, str], written: tuple[list[str], set[Pair]], role: Role
):
    for document in written[0]:
        answer = await kassa.post(document, tokens.get(role))

        assert "errors" not in answer, (document[:100], answer["errors"])


async def test_every_field_has_a_value_somewhere_in_the_demo_shop(
    kassa: Client,
    tokens: dict[Role, str],
    schema: GraphQLSchema,
    nodes: Mapping[str, list[str]],
    written: tuple[list[str], set[Pair]],
):
    seen: set[Pair] = set()
    for document in written[0]:
        seen.update(filled(await kassa.ask(document, tokens[Role.SYSTEM])))

    assert reachable(schema) - seen == NEVER_FILLED
    assert nodes

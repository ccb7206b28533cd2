"""Documents that ask for every field below a field, each type once; and what their answers held."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from domain import ids
from domain.customers import Customer
from domain.ids import Kind
from domain.shop import Shop
from schema import views
from tests.making import new_id

Pair = tuple[str, str]

SAMPLE = 3
"""How many of each kind of node are asked for at once."""


class Writer:
    """Writes one document. `values` are GraphQL literals by argument name."""

    def __init__(self, schema: GraphQLSchema, values: Mapping[str, str]) -> None:
        self._schema = schema
        self._values = values
        self._expanded: set[str] = set()
        self.asked: set[Pair] = set()

    def document(self, root: str, arguments: str = "", on: str | None = None) -> str:
        """Everything below the root field, of one type alone where it may answer several."""
        query = self._schema.query_type
        assert query
        self.asked.add(("Query", root))
        kind = get_named_type(query.fields[root].type)
        if on is None:
            return f"{{ {root}{arguments} {self._below(kind)} }}"
        below = self._below(self._schema.type_map[on])
        return f"{{ {root}{arguments} {{ __typename ... on {on} {below} }} }}"

    def _below(self, kind: GraphQLNamedType) -> str:
        if kind.name in self._expanded or not isinstance(kind, GraphQLObjectType):
            return "{ __typename }"
        self._expanded.add(kind.name)
        fields = [self._field(kind, name, field) for name, field in kind.fields.items()]
        return f"{{ __typename {' '.join(fields)} }}"

    def _field(self, kind: GraphQLObjectType, name: str, field: GraphQLField) -> str:
        self.asked.add((kind.name, name))
        target = get_named_type(field.type)
        below = "" if is_leaf_type(target) else f" {self._below(target)}"
        return f"{name}{self.arguments(field)}{below}"

    def arguments(self, field: GraphQLField) -> str:
        """What is known or required of a field's arguments."""
        given = [
            f"{name}: {self._values[name]}"
            for name, argument in field.args.items()
            if name in self._values or is_required_argument(argument)
        ]
        return f"({', '.join(given)})" if given else ""


def reachable(schema: GraphQLSchema) -> set[Pair]:
    """Every field of every object type that a query can come to."""
    assert schema.query_type
    found: dict[str, GraphQLObjectType] = {}
    waiting: list[GraphQLNamedType] = [schema.query_type]
    while waiting:
        kind = waiting.pop()
        if kind.name in found or is_leaf_type(kind):
            continue
        if isinstance(kind, GraphQLObjectType):
            found[kind.name] = kind
            waiting += [get_named_type(field.type) for field in kind.fields.values()]
        else:
            waiting += schema.get_possible_types(kind)  # type: ignore[arg-type]
    return {(name, field) for name, kind in found.items() for field in kind.fields}


def filled(answer: Any) -> Iterator[Pair]:
    """The fields of an answer that had a value; an empty list is none."""
    if isinstance(answer, list):
        for item in answer:
            yield from filled(item)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if value not in (None, []):
                yield answer.get("__typename", "Query"), name
                yield from filled(value)


@cache
def schema() -> GraphQLSchema:
    """The graph, as graphql-core sees it."""
    return views.unified().core


def nodes(shop: Shop, customer: Customer) -> Mapping[str, list[str]]:
    """Ids of each kind of node; the customer's own and the telling ones come first."""

    def hers(items: Any) -> list[Any]:
        return sorted(items, key=lambda item: item.customer_id != customer.id)

    tenders = hers(shop.payments)
    tried = [operation for payment in tenders for operation in payment.operations]
    everything = {
        "Customer": sorted(shop.customers, key=lambda it: it.id != customer.id),
        "LoyaltyAccount": hers(shop.loyalty_accounts),
        "LoyaltyEntry": hers(sorted(shop.loyalty_entries, key=lambda it: it.reverses_id is None)),
        "Product": shop.products,
        "Location": shop.locations,
        "Channel": shop.channels,
        "StockLevel": shop.stock_levels,
        "Reservation": shop.reservations,
        "Transfer": shop.transfers,
        "Order": hers(shop.orders),
        "Fulfillment": hers(sorted(shop.fulfillments, key=lambda it: not it.allowed)),
        "Return": hers(shop.returns),
        "Payment": tenders,
        "PaymentOperation": sorted(tried, key=lambda it: it.decline_code is None),
    }
    refunds = [ids.refund_of(operation.id) for operation in tried if operation.kind == "REFUND"]
    return {kind: [item.id for item in items] for kind, items in everything.items()} | {
        "Refund": list(refunds),
        "PaymentLink": [new_id(Kind.PAYMENT_LINK, 0)],
        "JournalEntry": [ids.entry_id(n) for n in range(1, 4)],
        "Incident": [new_id(Kind.INCIDENT, 0)],
    }


def arguments(shop: Shop, customer: Customer) -> Mapping[str, str]:
    """What each root field is asked with."""
    order = next(one for one in shop.orders if one.customer_id == customer.id and one.refs)
    payment = next(one for one in shop.payments if one.order_id == order.id)
    ref, sku = order.refs[0], shop.products[0].sku
    return {
        "_entities": f'(representations: [{{__typename: "Order", id: "{order.id}"}}])',
        "customer": f'(number: "{customer.number}")',
        "findCustomers": '(by: {kind: PHONE, value: "070-123 45 67"}, purpose: SALE)',
        "order": f'(ref: "{ref.system}:{ref.kind}:{ref.value}")',
        "orders": '(first: 5, since: "2025-12-01T00:00:00Z")',
        "product": f'(sku: "{sku}")',
        "products": f'(skus: ["{sku}", "NOTHING"])',
        "searchProducts": '(text: "mug", first: 3)',
        "location": '(code: "STO")',
        "locations": "(kinds: [STORE], offersPickup: true)",
        "stockLevels": f'(lowOnly: true, skus: ["{sku}"], first: 5)',
        "payment": f'(id: "{payment.id}")',
        "payments": "(first: 5, states: [PARTLY_REFUNDED, DECLINED])",
    }


def writers(shop: Shop, customer: Customer) -> Iterator[tuple[str, Writer]]:
    """A document for each root field and each kind of node, with its writer."""
    webshop = next(one for one in shop.channels if one.code == "webshop-se")
    values = {
        "channel": f'"{webshop.id}"',
        "quantity": "2",
        "near": "{lat: 59.3, lon: 18.0, maxKm: 2000}",
        "first": "2",
        "locale": '"sv-SE"',
        "cap": "50",
        "orderBy": "UPDATED_AT",
    }
    found, query = arguments(shop, customer), schema().query_type
    assert query
    for root in sorted(query.fields.keys() - {"node", "nodes"}):
        writer = Writer(schema(), values)
        yield writer.document(root, found.get(root, "")), writer
    for kind, keys in nodes(shop, customer).items():
        for root, given in (
            ("node", f'(id: "{keys[0]}")'),
            ("nodes", f"(ids: {json.dumps(keys[:SAMPLE])})"),
        ):
            writer = Writer(schema(), values)
            yield writer.document(root, given, kind), writer


def documents(shop: Shop, customer: Customer) -> list[str]:
    """Documents that together ask for everything, around one customer."""
    return [document for document, _ in writers(shop, customer)]

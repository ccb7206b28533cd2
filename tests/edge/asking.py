"""Documents that ask for everything: roots, each kind of node, entities, what is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, get_named_type

from domain.customers import Customer
from domain.ids import Kind
from domain.shop import Shop
from tests.edge.owners import ID
from tests.making import new_id
from tests.walks.everything import Pair, Writer, arguments, nodes, schema

FRAGMENTED = "UserError"


class Asking(Writer):
    """A writer that also asks for what stands behind an interface of refusals."""

    def _below(self, kind: GraphQLNamedType) -> str:
        if isinstance(kind, GraphQLInterfaceType) and kind.name == FRAGMENTED:
            possible = schema().get_possible_types(kind)
            return f"{{ {' '.join(f'... on {it.name} {self._below(it)}' for it in possible)} }}"
        return super()._below(kind)

    def root(self, operation: str, name: str, given: str) -> str:
        """Everything below a field of Mutation or Subscription."""
        kind = schema().type_map[operation]
        assert isinstance(kind, GraphQLObjectType)
        self.asked.add((operation, name))
        below = self._below(get_named_type(kind.fields[name].type))
        return f"{operation.lower()} {{ {name}({given}) {below} }}"


def values(shop: Shop) -> Mapping[str, str]:
    """What fields below are asked with."""
    webshop = next(one for one in shop.channels if one.code == "webshop-se")
    return {
        "channel": f'"{webshop.id}"',
        "quantity": "2",
        "first": "2",
        "locale": '"sv-SE"',
        "cap": "50",
        "orderBy": "UPDATED_AT",
    }


def queries(shop: Shop, customer: Customer) -> Iterator[tuple[str, Asking]]:
    """Each root field; each kind of node by `node`, `nodes` and `_entities`, around a customer."""
    query = schema().query_type
    assert query
    given = arguments(shop, customer)
    for root in sorted(query.fields.keys() - {"node", "nodes", "_entities"}):
        writer = Asking(schema(), values(shop))
        yield writer.document(root, given.get(root, "")), writer
    hidden = [each.id for each in shop.products if not each.is_published]
    for kind, known in nodes(shop, customer).items():
        keys = [*hidden[:1], *known] if kind == "Product" else known
        some = json.dumps(keys[:2])
        pointing = ", ".join(f'{{__typename: "{kind}", id: "{key}"}}' for key in keys[:2])
        for root, how in (
            ("node", f'(id: "{keys[0]}")'),
            ("nodes", f"(ids: {some})"),
            ("_entities", f"(representations: [{pointing}])"),
        ):
            writer = Asking(schema(), values(shop))
            yield writer.document(root, how, kind), writer


def told(shop: Shop, customer: Customer) -> Iterator[tuple[str, Asking]]:
    """Each subscription, in every way in which it can name what is the customer's."""
    orders = [one for one in shop.orders if one.customer_id == customer.id][:5]
    keys = json.dumps([one.id for one in orders])
    paid = json.dumps([it.id for it in shop.payments if it.customer_id == customer.id][:5])
    skus = json.dumps([each.sku for each in shop.products[:2]])
    for name, given in (
        ("orderUpdated", f"orders: {keys}"),
        ("orderUpdated", f'customer: "{customer.id}"'),
        ("orderUpdated", f'location: "{shop.locations[0].id}"'),
        ("orderUpdated", f'channel: "{orders[0].channel_id}"'),
        ("paymentUpdated", f"payments: {paid}"),
        ("paymentUpdated", f"orders: {keys}"),
        ("paymentUpdated", f'customer: "{customer.id}"'),
        ("paymentUpdated", f'location: "{shop.locations[0].id}"'),
        ("stockChanged", f"skus: {skus}"),
        ("stockChanged", f'locations: ["{shop.locations[0].id}"]'),
        ("incidentOpened", "kinds: null"),
        ("availabilityChanged", f'skus: {skus}, channel: "{orders[0].channel_id}"'),
    ):
        writer = Asking(schema(), values(shop))
        yield writer.root("Subscription", name, given), writer


def changes(
    shop: Shop, customer: Customer, held: str, sent: str, n: int
) -> Iterator[tuple[str, Asking]]:
    """Each mutation, aimed at what is the customer's; `n` makes its keys."""
    order = next(one for one in shop.orders if one.customer_id == customer.id and one.lines)
    paid = next(it for it in shop.payments if it.customer_id == customer.id and it.captured.minor)
    level = next(each for each in shop.stock_levels if each.free > 10)
    place = f'sku: "{level.sku}", location: "{level.location_id}"'
    other = next(each.id for each in shop.locations if each.id != level.location_id)
    money = f"{{minor: 100, currency: {order.totals.goods.gross.currency}}}"
    tender = f"tender: {{kind: CARD, amount: {money}}}"
    inputs: list[tuple[str, str]] = [
        ("reserveStock", f"lines: [{{{place}, quantity: 1}}]"),
        ("reserveStock", f"lines: [{{{place}, quantity: 1000000}}]"),
        ("extendReservation", f'reservation: "{held}", minutes: 20'),
        ("commitReservation", f'reservation: "{held}", order: "{order.id}"'),
        ("releaseReservation", f'reservation: "{held}"'),
        ("adjustStock", f'changes: [{{{place}, delta: 1, reason: "delivery"}}]'),
        ("countStock", f"counts: [{{{place}, counted: 50, seenVersion: 0}}]"),
        (
            "transferStock",
            f'sku: "{level.sku}", source: "{level.location_id}", target: "{other}", quantity: 1',
        ),
        ("receiveTransfer", f'transfer: "{sent}"'),
        ("recordPayment", f'order: "{order.id}", channel: "{order.channel_id}", {tender}'),
        ("recordRefund", f'payment: "{paid.id}", amount: {money}, reason: "late"'),
        ("capturePayment", f'payment: "{paid.id}", amount: {money}'),
        ("cancelPayment", f'payment: "{paid.id}"'),
        ("refundPayment", f'payment: "{paid.id}", amount: {money}, reason: "late"'),
        ("createPaymentLink", f'order: "{order.id}", amount: {money}'),
        ("cancelPaymentLink", f'paymentLink: "{new_id(Kind.PAYMENT_LINK, 0)}"'),
        ("resolveIncident", f'incident: "{new_id(Kind.INCIDENT, 0)}", resolution: "seen"'),
    ]
    for m, (name, given) in enumerate(inputs):
        writer = Asking(schema(), values(shop))
        yield (
            writer.root("Mutation", name, f'input: {{idempotencyKey: "k{n}-{m}", {given}}}'),
            writer,
        )


def all_fields() -> set[Pair]:
    """Every field of every object type of the graph."""
    kinds = [each for each in schema().type_map.values() if isinstance(each, GraphQLObjectType)]
    return {(kind.name, name) for kind in kinds if kind.name[:2] != "__" for name in kind.fields}


def text(answer: Any, document: str = "") -> str:
    """An answer as one text; but for what a sentence only gives back of the question."""
    return json.dumps(_without_echoes(answer, document), ensure_ascii=False)


def _without_echoes(value: Any, document: str) -> Any:
    if isinstance(value, list):
        return [_without_echoes(each, document) for each in value]
    if isinstance(value, dict):
        return {
            name: ID.sub(lambda found: "" if found[0] in document else found[0], below)
            if name == "message"
            else _without_echoes(below, document)
            for name, below in value.items()
        }
    return value

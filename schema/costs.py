"""What each field costs, on one page: routers and clients read it in the SDL.

An object costs 1, or the weight of its type or field; a plain field costs nothing. What is below a
list counts for each item: as many as an argument says, or as assumed here. A list of objects that
stands in no table stops the gateway from starting.

Source: https://ibm.github.io/graphql-specs/cost-spec.html and
https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#demand-control
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
)
from msgspec import Struct

PAGE = 20
"""Items of a page that does not say how many."""

EDGES = ("edges",)
SLICING = ("first", "last")

_VALUES = (
    "Actor Address Authority AvailabilityEdge AvailabilityTerm Consent "
    "DeliveryChoice Disposition ExternalRef FieldChange Freshness Identity IncidentEdge "
    "JournalEntryEdge LoyaltyEntryEdge MetadataEntry Money OrderEdge OwnershipRule PageInfo "
    "ParkedDelivery PaymentEdge ProductEdge ReadingStatus StockLevelEdge TaxLine TaxedMoney Totals "
    "Tracking _Service"
)
WEIGHTLESS = frozenset(_VALUES.split())
"""Values that come with what holds them."""

WEIGHT_BY_FIELD: Mapping[str, int] = MappingProxyType(
    {
        "Customer.mergeSuggestions": 5,
        "Query.findCustomers": 5,
        "Query.searchProducts": 5,
        "Query.__schema": 10,
        "Query.__type": 10,
    }
)
WEIGHT_OF_A_MUTATION = 10

WEIGHT_BY_ARGUMENT: Mapping[str, int] = MappingProxyType({"maxAge": 20})
"""What it costs besides to have channels asked."""

LISTS: Mapping[str, int] = MappingProxyType(
    {
        "AvailabilityEvent.products": 1,
        "AdapterStatus.parkedDeliveries": 1,
        "AdapterStatus.readings": 2,
        "Availability.explain": 6,
        "Channel.adapters": 1,
        "Customer.addresses": 2,
        "Customer.consents": 4,
        "Customer.identities": 3,
        "Customer.mergeSuggestions": 3,
        "Customer.preferences": 5,
        "Fulfillment.lines": 3,
        "Fulfillment.tracking": 1,
        "IncidentEvent.entries": 1,
        "IncidentEvent.incidents": 1,
        "InsufficientStock.elsewhere": 10,
        "JournalEntry.changes": 4,
        "MergeSuggestion.evidence": 2,
        "Order.fulfillments": 2,
        "Order.lines": 3,
        "Order.metadata": 5,
        "Order.paymentLinks": 1,
        "Order.payments": 2,
        "Order.refs": 2,
        "Order.refunds": 1,
        "Order.returns": 1,
        "OrderEvent.entries": 1,
        "OrderEvent.orders": 1,
        "OrderLine.allocations": 2,
        "Payment.clearing": 4,
        "Payment.operations": 3,
        "Payment.refs": 2,
        "PaymentEvent.entries": 1,
        "PaymentEvent.payments": 1,
        "PaymentLink.payments": 1,
        "Product.levels": 10,
        "Query._entities": 100,
        "Query.channels": 20,
        "Query.findCustomers": 5,
        "Query.locations": 20,
        "Query.nodes": 100,
        "Query.ownership": 11,
        "Query.products": 100,
        "Reservation.lines": 3,
        "Return.lines": 2,
        "Return.refunds": 1,
        "ReturnLine.dispositions": 1,
        "StockEvent.entries": 1,
        "StockEvent.levels": 1,
        "StockLevel.holds": 3,
        "StockResult.levels": 2,
        "TaxedMoney.taxLines": 2,
        "TransferResult.levels": 4,
    }
)
"""How many items are to be expected, where nothing says it."""

ERRORS = "userErrors"
LENGTHS: Mapping[str, str] = MappingProxyType(
    {
        "Product.levels": "locations",
        "Query._entities": "representations",
        "Query.nodes": "ids",
        "Query.products": "skus",
    }
)
"""The argument that lists what is asked for. The SDL has no word for that."""

DEFINITIONS = """
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION
  | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
  requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
"""


class Cost(Struct, frozen=True):
    """What the answer of a field is worth; `sized` are the fields below that a page sizes."""

    weight: int
    assumed: int = 1
    sizes: Sequence[str] = ()
    sized: Sequence[str] = ()


def cost(kind: GraphQLObjectType, name: str, field: GraphQLField | None) -> Cost:
    """What a field costs.

    Raises:
        ValueError: it is a list of objects, and no table says how long.
    """
    where = f"{kind.name}.{name}"
    weight = _weight(kind, name, field)
    if field is None or kind.name.startswith("__"):
        return Cost(weight)
    if slicing := tuple(each for each in SLICING if each in field.args):
        return Cost(weight, PAGE, slicing, EDGES)
    if name in EDGES or not _lists_objects(field):
        return Cost(weight)
    assumed = 1 if name == ERRORS else LISTS.get(where)
    if assumed is None:
        raise ValueError(f"schema/costs.py: how many items has {where}, as a rule?")
    return Cost(weight, assumed, (LENGTHS[where],) if where in LENGTHS else ())


def marks(kind: GraphQLObjectType, name: str | None = None) -> Iterator[str]:
    """The directives of a type, or of one of its fields, where it does not cost the ordinary."""
    if name is None:
        if kind.name in WEIGHTLESS:
            yield "@cost(weight: 0)"
        return
    field = kind.fields[name]
    found = cost(kind, name, field)
    if f"{kind.name}.{name}" in WEIGHT_BY_FIELD or kind.name == "Mutation":
        yield f"@cost(weight: {found.weight})"
    if found.sized:
        slicing = ", ".join(f'"{each}"' for each in found.sizes)
        yield (
            f"@listSize(assumedSize: {found.assumed}, slicingArguments: [{slicing}], "
            'sizedFields: ["edges"], requireOneSlicingArgument: false)'
        )
    elif _lists_objects(field) and name not in EDGES:
        yield f"@listSize(assumedSize: {found.assumed})"


def argument_marks(name: str) -> Iterator[str]:
    """The directive of an argument that costs something."""
    if name in WEIGHT_BY_ARGUMENT:
        yield f"@cost(weight: {WEIGHT_BY_ARGUMENT[name]})"


def _weight(kind: GraphQLObjectType, name: str, field: GraphQLField | None) -> int:
    if kind.name == "Mutation":
        return WEIGHT_OF_A_MUTATION
    own = WEIGHT_BY_FIELD.get(f"{kind.name}.{name}")
    if own is not None or field is None or kind.name.startswith("__"):
        return own or 0
    answer = _innermost(field)
    return int(is_composite_type(answer) and answer.name not in WEIGHTLESS)


def _innermost(field: GraphQLField) -> GraphQLNamedType:
    return cast("GraphQLNamedType", get_named_type(_nullable(field)))


def _lists_objects(field: GraphQLField) -> bool:
    return isinstance(_nullable(field), GraphQLList) and is_composite_type(_innermost(field))


def _nullable(field: GraphQLField) -> Any:
    kind = cast("Any", field).type  # whose items are of a type that is half unknown
    return kind.of_type if str(kind).endswith("!") else kind

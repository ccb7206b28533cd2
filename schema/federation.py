"""What routers ask for: the SDL of what is served here, and entities by their keys.

Source: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Union

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema import FederationAny
from strawberry.types.scalar import ScalarDefinition

from resolvers.context import Served
from schema.catalog import Location, Product
from schema.customers import Customer, LoyaltyAccount, LoyaltyEntry
from schema.fields import attribute, shows
from schema.operations import Channel, Incident, JournalEntry
from schema.orders import Fulfillment, Order, Return
from schema.payments import Payment, PaymentLink, PaymentOperation, Refund
from schema.stock import Reservation, StockLevel, Transfer

VERSION = "2.9"
"""The newest version of Apollo Federation that every composer reads."""

Representation = FederationAny
Entity = Annotated[
    Union[  # noqa: UP007 - Strawberry names a union by its annotation
        Channel,
        Customer,
        Fulfillment,
        Incident,
        JournalEntry,
        Location,
        LoyaltyAccount,
        LoyaltyEntry,
        Order,
        Payment,
        PaymentLink,
        PaymentOperation,
        Product,
        Refund,
        Reservation,
        Return,
        StockLevel,
        Transfer,
    ],
    strawberry.union("_Entity", description="Anything that a router can look up by a key."),
]


@shows(Served, name="_Service")
class Service:
    """What is served here."""

    sdl: str = attribute("Its schema, with the directives that routers compose it by.")


def read_object(value: object) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise GraphQLError("A representation must be an object.")
    return value  # pyright: ignore[reportUnknownVariableType]


REPRESENTATION: Mapping[object, ScalarDefinition] = {
    FederationAny: strawberry.scalar(
        name="_Any",
        description="An entity's `__typename` and the fields of one of its keys.",
        parse_value=read_object,
    )
}

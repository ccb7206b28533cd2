"""How long answers may be kept by whoever stands between, on one page: `@cacheControl` in the SDL.

An operation may be kept as long as the shortest-lived of its fields; a field that returns objects
and stands in no table, by itself or by its type, makes it the business of nobody else.

Source: https://www.apollographql.com/docs/apollo-server/performance/caching
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

from graphql import GraphQLField, GraphQLNamedType, GraphQLObjectType, get_named_type

SECONDS_BY_TYPE: Mapping[str, int] = MappingProxyType(
    {
        "Availability": 5,
        "AvailabilityConnection": 5,
        "Channel": 300,
        "Location": 300,
        "PriceQuote": 60,
        "Product": 60,
        "ProductConnection": 60,
    }
)

_VALUES = (
    "Address AvailabilityEdge AvailabilityTerm Freshness MetadataEntry Money PageInfo ProductEdge "
    "TaxLine TaxedMoney"
)
INHERITED = frozenset(_VALUES.split())
"""What comes with what holds it, and lives as long."""

DEFINITIONS = """
directive @cacheControl(maxAge: Int, inheritMaxAge: Boolean) on OBJECT
"""


def seconds(kind: GraphQLObjectType, name: str) -> int | None:
    """How long what a field answers may be kept; None as long as what holds it."""
    answer = _answer(kind.fields[name])
    return SECONDS_BY_TYPE.get(answer.name, None if answer.name in INHERITED else 0)


def marks(kind: GraphQLNamedType) -> Iterator[str]:
    """The directive of a type."""
    if kind.name in SECONDS_BY_TYPE:
        yield f"@cacheControl(maxAge: {SECONDS_BY_TYPE[kind.name]})"
    elif kind.name in INHERITED:
        yield "@cacheControl(inheritMaxAge: true)"


def _answer(field: GraphQLField) -> GraphQLNamedType:
    return cast("GraphQLNamedType", get_named_type(cast("Any", field).type))

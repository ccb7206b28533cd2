"""Leaves: scalars and enums, a whole column at once.

A column whose values are all of the one type that needs no look at each is taken as it is.
Anything else is given to graphql-core's own function, value by value, so that what is refused
and how is never a matter of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from math import isfinite
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNamedType,
    GraphQLString,
    Undefined,
    is_enum_type,
)
from graphql.pyutils import UndefinedType, inspect

from gateway.execution.columns import NULLED, Column, Fault

Kinds = set[type]
Quick = Callable[[list[Any], Kinds], list[Any] | None]
"""Completes a column of values of these types, or leaves it to be looked at value by value."""

MAX_INT = 2**31 - 1
MIN_INT = -(2**31)

NULL: Kinds = {type(None)}
NOTHING: Kinds = {type(None), UndefinedType}


class Leaf:
    """How values of one scalar or enum are completed."""

    __slots__ = ("_coerce", "_kind", "_quick")

    def __init__(self, kind: GraphQLLeafType) -> None:
        self._kind = kind
        self._coerce = cast("Callable[[Any], Any]", kind.coerce_output_value)
        self._quick = _quick(kind, self._coerce)

    def whole(self, values: list[Any], *, nullable: bool) -> list[Any] | None:
        """All values completed, if nothing is wrong with any of them."""
        kinds: Kinds = set(map(type, values))
        if not kinds.isdisjoint(NOTHING):
            return self._with_nulls(values, kinds - NULL) if nullable else None
        return self._quick(values, kinds)

    def each(self, values: Sequence[Any], nodes: Sequence[FieldNode]) -> Column:
        """Each value completed, or null, or failed."""
        completed: list[Any] = []
        faults: dict[int, list[Fault]] = {}
        for at, value in enumerate(values):
            try:
                completed.append(self._one(value))
            except Exception as error:
                completed.append(NULLED)
                faults[at] = [Fault(error, nodes)]
        return Column(completed, faults)

    def _with_nulls(self, values: list[Any], kinds: Kinds) -> list[Any] | None:
        there = self._quick([value for value in values if value is not None], kinds)
        if there is None:
            return None
        rest = iter(there)
        return [None if value is None else next(rest) for value in values]

    def _one(self, value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        if value is None or value is Undefined:
            return None
        coerced = self._coerce(value)
        if coerced is None or coerced is Undefined:
            raise TypeError(
                f"Expected `{self._kind}.coerce_output_value({inspect(value)})`"
                f" to return non-nullable value, returned: {inspect(coerced)}"
            )
        return coerced


def _quick(kind: GraphQLLeafType, coerce: Callable[[Any], Any]) -> Quick:
    known = _QUICK_BY_TYPE.get(cast("GraphQLNamedType", kind))
    if known is not None:
        return known
    return _enum(coerce) if is_enum_type(kind) else _custom(coerce)


def _exactly(wanted: type) -> Quick:
    only = {wanted}

    def quick(values: list[Any], kinds: Kinds) -> list[Any] | None:
        return values if kinds <= only else None

    return quick


def _integers(values: list[Any], kinds: Kinds) -> list[Any] | None:
    if not values:
        return values
    fits = kinds == {int} and min(values) >= MIN_INT and max(values) <= MAX_INT
    return values if fits else None


def _floats(values: list[Any], kinds: Kinds) -> list[Any] | None:
    return values if kinds <= {float} and all(map(isfinite, values)) else None


def _enum(coerce: Callable[[Any], Any]) -> Quick:
    """Members of an enum are looked up once and remembered; there are only so many."""
    name_by_member: dict[Any, Any] = {}

    def quick(values: list[Any], kinds: Kinds) -> list[Any] | None:
        if len(kinds) != 1 or not issubclass(next(iter(kinds)), Enum):
            return None if values else values
        try:
            return [name_by_member[value] for value in values]
        except KeyError:
            return learn(values)

    def learn(values: list[Any]) -> list[Any] | None:
        try:
            name_by_member.update({value: coerce(value) for value in values})
        except Exception:
            return None
        return [name_by_member[value] for value in values]

    return quick


def _custom(coerce: Callable[[Any], Any]) -> Quick:
    def quick(values: list[Any], kinds: Kinds) -> list[Any] | None:
        if any(issubclass(kind, Exception) for kind in kinds):
            return None
        try:
            coerced = list(map(coerce, values))
        except Exception:
            return None
        return coerced if NOTHING.isdisjoint(map(type, coerced)) else None

    return quick


_QUICK_BY_TYPE: dict[GraphQLNamedType, Quick] = {
    GraphQLString: _exactly(str),
    GraphQLID: _exactly(str),
    GraphQLBoolean: _exactly(bool),
    GraphQLInt: _integers,
    GraphQLFloat: _floats,
}

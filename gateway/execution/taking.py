"""Taking values of variables that are as they should be.

What a value of a type becomes is compiled here once, where graphql-core looks it up each time. It
also says what is wrong with a value, and accepts some that are not quite what was asked for; so
whatever is in any way unusual is left to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

Take = Callable[[Any], object]
"""Takes a value; `Undefined` if graphql-core shall see to it."""

EXACT = {"ID": str, "String": str, "Boolean": bool}
"""What is taken as it is, if it is exactly of this class."""


def taking(kind: Any, within: frozenset[str] = frozenset()) -> Take:
    """How values of a type are taken, one that stands `within` these inputs."""
    if isinstance(kind, GraphQLNonNull):
        return _something(taking(kind.of_type, within))  # pyright: ignore[reportUnknownMemberType]
    if isinstance(kind, GraphQLList):
        return _list(taking(kind.of_type, within))  # pyright: ignore[reportUnknownMemberType]
    if isinstance(kind, GraphQLInputObjectType):
        # How deep a value may go into itself is for graphql-core to say.
        is_plain = kind.name not in within and not kind.is_one_of
        return _input(kind, within | {kind.name}) if is_plain else _nothing
    return _leaf(kind)


def _nothing(_: object) -> object:
    return Undefined


def _something(take: Take) -> Take:
    return lambda value: Undefined if value is None else take(value)


def _leaf(kind: GraphQLLeafType) -> Take:
    exact, coerce = EXACT.get(kind.name), kind.coerce_input_value

    def take(value: Any) -> object:
        if value is None or type(value) is exact:
            return value
        try:
            return Undefined if exact else coerce(value)
        except Exception:  # whatever a scalar raises, graphql-core tells
            return Undefined

    return take


def _list(each: Take) -> Take:
    def take(value: object) -> object:
        if type(value) is not list:
            return None if value is None else Undefined
        items = [each(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return Undefined if any(item is Undefined for item in items) else items

    return take


def _input(kind: GraphQLInputObjectType, within: frozenset[str]) -> Take:
    fields = {name: taking(field.type, within) for name, field in kind.fields.items()}
    names = {name: field.out_name or name for name, field in kind.fields.items()}
    absent = {name: coerce_default_value(field) for name, field in kind.fields.items()}
    required = {name for name, field in kind.fields.items() if is_required_input_field(field)}

    def take(value: Any) -> object:
        if type(value) is not dict:
            return None if value is None else Undefined
        if not (required <= value.keys() <= fields.keys()):
            return Undefined
        taken: dict[str, object] = {}
        for name, take_field in fields.items():
            if name in value:
                found = take_field(value[name])
                if found is Undefined:
                    return Undefined
                taken[names[name]] = found
            elif absent[name] is not Undefined:
                taken[names[name]] = absent[name]
        return kind.out_type(taken)

    return take

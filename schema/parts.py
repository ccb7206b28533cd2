"""A part of a schema that is a schema: chosen fields of chosen types, and nothing else.

The object types, interfaces and unions of a part are its own; scalars, enums and inputs are the
very same objects as in the whole, for they refer to nothing that a part could leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeGuard, cast

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    specified_directives,
)

Composite = GraphQLObjectType | GraphQLInterfaceType
Fields = Mapping[str, frozenset[str]]
"""The fields of each type that a part shows."""

MEMBERS = "_Entity"
"""The union that has only the members it is given: what a router may ask for."""


def chosen(whole: GraphQLSchema, wanted: Callable[[Composite, str], bool]) -> Fields:
    """The fields of every type that are wanted."""
    kinds = [kind for kind in whole.type_map.values() if _is_composite(kind)]
    return {
        kind.name: frozenset(field for field in kind.fields if wanted(kind, field))
        for kind in kinds
    }


def reached(whole: GraphQLSchema, fields: Fields, starts: Iterable[str]) -> Fields:
    """The types that can be come to from `starts`, with their fields.

    What a field may answer includes every type that implements its interface.
    """
    found: dict[str, frozenset[str]] = {}
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        kind = whole.type_map[name]
        if name in found or not _is_composite(kind) or not fields[name]:
            continue
        found[name] = fields[name]
        waiting += [each.name for each in kind.interfaces if _has_all(each, fields[name])]
        for field in fields[name]:
            waiting += _answers(whole, kind.fields[field])
    return found


def part(whole: GraphQLSchema, fields: Fields, members: frozenset[str]) -> GraphQLSchema:
    """A schema of these fields; `members` are the types of the union `_Entity`."""
    return _Part(whole, fields, members).schema()


class _Part:
    def __init__(self, whole: GraphQLSchema, fields: Fields, members: frozenset[str]) -> None:
        self._whole = whole
        self._fields = fields
        self._members = members
        self._made = {name: self._again(whole.type_map[name]) for name in fields}
        if members:
            self._made[MEMBERS] = self._union(cast("GraphQLUnionType", whole.type_map[MEMBERS]))

    def schema(self) -> GraphQLSchema:
        return GraphQLSchema(
            query=cast("GraphQLObjectType", self._made["Query"]),
            mutation=cast("GraphQLObjectType | None", self._made.get("Mutation")),
            subscription=cast("GraphQLObjectType | None", self._made.get("Subscription")),
            types=list(self._made.values()),
            directives=specified_directives,
        )

    def _again(self, kind: GraphQLNamedType) -> GraphQLNamedType:
        config: Any = kind.to_kwargs()
        config["fields"] = lambda: self._shown(cast("Composite", kind))
        config["interfaces"] = lambda: self._interfaces(cast("Composite", kind))
        return type(kind)(**config)

    def _union(self, kind: GraphQLUnionType) -> GraphQLUnionType:
        config: Any = kind.to_kwargs()
        config["types"] = [self._made[name] for name in sorted(self._members)]
        return GraphQLUnionType(**config)

    def _shown(self, kind: Composite) -> dict[str, GraphQLField]:
        shown = self._fields[kind.name]
        return {name: self._field(field) for name, field in kind.fields.items() if name in shown}

    def _field(self, field: GraphQLField) -> GraphQLField:
        config: Any = field.to_kwargs()
        config["type_"] = self._type(config["type_"])
        return GraphQLField(**config)

    def _interfaces(self, kind: Composite) -> list[GraphQLInterfaceType]:
        shown = self._fields[kind.name]
        return [self._type(each) for each in kind.interfaces if _has_all(each, shown)]

    def _type(self, kind: Any) -> Any:
        if isinstance(kind, GraphQLNonNull | GraphQLList):
            wrapper = cast("type[Any]", type(kind))  # pyright: ignore[reportUnknownArgumentType]
            return wrapper(self._type(kind.of_type))  # pyright: ignore[reportUnknownMemberType]
        return self._made.get(kind.name, kind)


def _is_composite(kind: GraphQLNamedType) -> TypeGuard[Composite]:
    return isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and kind.name[:2] != "__"


def _has_all(interface: GraphQLInterfaceType, fields: frozenset[str]) -> bool:
    """Does a type with these fields still implement the interface?"""
    return interface.fields.keys() <= fields


def _answers(whole: GraphQLSchema, field: Any) -> list[str]:
    kind = cast("GraphQLNamedType", get_named_type(field.type))  # its own type is half unknown
    if kind.name == MEMBERS:
        return []
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
        return [kind.name, *(each.name for each in whole.get_possible_types(kind))]
    return [kind.name]

"""Documents that ask for every field below a field, each type once; and what their answers held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

Pair = tuple[str, str]


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
        # Plain fields and values first, so that a type is met as close to the root as can be.
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

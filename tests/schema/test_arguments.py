"""Inputs are made as Strawberry makes them."""

from __future__ import annotations

from itertools import count

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    is_input_object_type,
)
from strawberry.types.arguments import convert_argument

from schema import arguments, graph, views
from schema.owners import DEFINITION

CORE = views.unified().core
FIELDS = [
    (f"{kind.name}.{name}", field)
    for kind in (CORE.query_type, CORE.mutation_type, CORE.subscription_type)
    for name, field in kind.fields.items()
    if field.args
]


@pytest.mark.parametrize("which", ["all of it", "what is required", "null where it may be"])
@pytest.mark.parametrize("field", [field for _, field in FIELDS], ids=[name for name, _ in FIELDS])
def test_arguments_are_what_strawberry_makes_of_them(field, which):
    numbers = count(1)
    given = {
        name: value(argument.type, which, numbers)
        for name, argument in field.args.items()
        if which != "what is required" or isinstance(argument.type, GraphQLNonNull)
    }

    made = {
        name: convert(given[name]) if convert else given[name]
        for name in given
        for _, convert in [arguments._declared(field.args[name])]
    }

    assert made == {name: by_strawberry(field.args[name], given[name]) for name in given}


def test_there_are_inputs_within_lists_within_inputs():
    inputs = [kind for kind in CORE.type_map.values() if is_input_object_type(kind)]
    within = [
        field.type.of_type.of_type.of_type
        for kind in inputs
        for field in kind.fields.values()
        if isinstance(field.type, GraphQLNonNull) and isinstance(field.type.of_type, GraphQLList)
    ]

    assert any(is_input_object_type(kind) for kind in within)


def by_strawberry(argument, given):
    whole = graph.build()
    declared = argument.extensions[DEFINITION]
    registry = whole.schema_converter.scalar_registry
    return convert_argument(given, declared.type, registry, whole.config)


def value(kind, which, numbers):
    """Something that graphql-core might have coerced."""
    if isinstance(kind, GraphQLNonNull):
        return something(kind.of_type, which, numbers)
    return None if which == "null where it may be" else something(kind, which, numbers)


def something(kind, which, numbers):
    if isinstance(kind, GraphQLList):
        return [value(kind.of_type, which, numbers) for _ in range(2)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values.values())).value
    if not isinstance(kind, GraphQLInputObjectType):
        return next(numbers)
    return {
        name: value(field.type, which, numbers)
        for name, field in kind.fields.items()
        if which != "what is required" or isinstance(field.type, GraphQLNonNull)
    }

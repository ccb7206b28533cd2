"""The rules of Apollo Federation 2 that concern what is used here, read from the printed SDL.

Source: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from graphql import (
    FieldNode,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    ObjectTypeDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
    parse,
    print_type,
)

from schema import views
from schema.fields import Column

KEY = re.compile(r'@key\(fields: "([^"]+)"(, resolvable: false)?\)')
DEFINED_BY_ROUTERS = ("_Any", "_Entity", "_Service", "_entities", "_service", "directive @")

subgraphs = pytest.mark.parametrize("column", [None, *Column])


def header(sdl: str, kind: str) -> str:
    """The line that opens a type."""
    return next(line for line in sdl.split("\n") if line.startswith(f"type {kind} "))


def keys(sdl: str, kind: str) -> list[tuple[str, bool]]:
    """The keys of a type, each with whether it is looked up here."""
    return [(fields, not stub) for fields, stub in KEY.findall(header(sdl, kind))]


@subgraphs
def test_the_specification_is_linked_with_all_that_is_used(column: Column | None):
    sdl = views.named(column).sdl
    [link] = [line for line in sdl.split("\n") if "@link" in line]

    assert link.startswith('extend schema @link(url: "https://specs.apollo.dev/federation/v2.9"')
    used = set(re.findall(r"@[a-zA-Z]+", re.sub(r'"""[^"]*"""', "", sdl.replace(link, ""))))
    assert used <= set(re.findall(r'"(@[a-zA-Z]+)"', link))


@subgraphs
def test_what_routers_define_themselves_is_not_printed(column: Column | None):
    sdl = views.named(column).sdl

    assert not [name for name in DEFINED_BY_ROUTERS if name in sdl]


@subgraphs
def test_a_router_may_ask_for_the_service_and_for_entities(column: Column | None):
    view = views.named(column)
    union = view.core.type_map["_Entity"]
    query = view.core.query_type

    assert query
    assert str(query.fields["_service"].type) == "_Service!"
    assert str(query.fields["_entities"].type) == "[_Entity]!"
    assert str(query.fields["_entities"].args["representations"].type) == "[_Any!]!"
    assert isinstance(union, GraphQLUnionType)
    assert {kind.name for kind in union.types} == view.served.entities
    assert "sdl: String!" in print_type(view.core.type_map["_Service"])


def test_a_key_may_be_simple_one_of_several_or_compound_and_nested():
    sdl = views.unified().sdl

    assert keys(sdl, "Payment") == [("id", True)]
    assert keys(sdl, "Order") == [("id", True), ("number", True)]
    assert keys(sdl, "StockLevel") == [("id", True), ("product { sku } location { code }", True)]


def test_a_key_that_is_not_looked_up_here_says_so():
    sdl = views.subgraph(Column.OPERATIONS).sdl

    assert keys(sdl, "Channel") == [("id", True)]
    assert keys(sdl, "Product") == [("id", False), ("sku", False)]
    assert keys(sdl, "Order") == [("id", True), ("number", True)]  # for its journal


def test_what_a_router_changes_belongs_to_one_subgraph():
    sdl = views.subgraph(Column.STOCK).sdl

    assert header(sdl, "Mutation") == "type Mutation {"


@subgraphs
def test_every_field_of_a_key_is_there_and_fit_for_one(column: Column | None):
    core = views.named(column).core

    for kind, fields in _keys(views.named(column).sdl):
        for owner, name in _fields(core, kind, _selections(fields)):
            field = owner.fields[name]
            assert not field.args, (kind, name)
            assert isinstance(field.type, GraphQLNonNull), (kind, name)
            assert not is_list_type(get_nullable_type(field.type)), (kind, name)
            assert not is_abstract_type(get_named_type(field.type)), (kind, name)


def _keys(sdl: str) -> Iterator[tuple[str, str]]:
    for definition in parse(sdl).definitions:
        if isinstance(definition, ObjectTypeDefinitionNode):
            name = definition.name.value
            yield from ((name, fields) for fields, _ in keys(sdl, name))


def _selections(fields: str) -> SelectionSetNode:
    return parse(f"{{ {fields} }}").definitions[0].selection_set  # type: ignore[attr-defined]


def _fields(
    core: GraphQLSchema, kind: str, selections: SelectionSetNode
) -> Iterator[tuple[GraphQLObjectType, str]]:
    owner = core.type_map[kind]
    assert isinstance(owner, GraphQLObjectType)
    for selection in selections.selections:
        assert isinstance(selection, FieldNode)
        yield owner, selection.name.value
        if selection.selection_set:
            below = get_named_type(owner.fields[selection.name.value].type)
            yield from _fields(core, below.name, selection.selection_set)

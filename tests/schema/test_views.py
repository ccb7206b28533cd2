"""The subgraphs and contracts are parts of the one schema, whole in themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    get_introspection_query,
    graphql_sync,
    parse,
    print_ast,
    validate_schema,
)

from resolvers.entities import KEYS_BY_TYPE
from schema import owners, views
from schema.fields import Column

SNAPSHOTS = Path(__file__).parents[2] / "schema" / "sdl"
PLUMBING = {"_service", "_entities"}

Pair = tuple[str, str]

everything = pytest.mark.parametrize("name", views.everything())


def objects(core: GraphQLSchema) -> dict[str, GraphQLObjectType]:
    return {
        name: kind
        for name, kind in core.type_map.items()
        if isinstance(kind, GraphQLObjectType) and not name.startswith("_")
    }


def pairs(core: GraphQLSchema) -> set[Pair]:
    """Every field of every object type."""
    return {(name, field) for name, kind in objects(core).items() for field in kind.fields}


def shown(core: GraphQLSchema) -> set[str]:
    """Every field, argument, value and member, as a coordinate."""
    found: set[str] = set()
    for name, kind in core.type_map.items():
        found |= {f"{name}.{each}" for each in getattr(kind, "fields", ())}
        found |= {f"{name}.{each}" for each in getattr(kind, "values", ())}
        for field, declared in getattr(kind, "fields", {}).items():
            found |= {f"{name}.{field}({each}:)" for each in getattr(declared, "args", ())}
    return found


@everything
def test_a_view_is_a_valid_schema_that_answers_what_it_is(name: str):
    view = views.everything()[name]

    assert not validate_schema(view.core)
    assert not graphql_sync(view.core, get_introspection_query()).errors


@everything
def test_the_snapshot_is_the_sdl(name: str):
    assert (SNAPSHOTS / f"{name}.graphql").read_text() == views.everything()[name].sdl


def test_there_is_no_other_snapshot():
    assert {path.stem for path in SNAPSHOTS.iterdir()} == views.everything().keys()


def homes() -> Mapping[Pair, set[Column]]:
    """Which subgraphs have each field."""
    found: dict[Pair, set[Column]] = {}
    for column in Column:
        for pair in pairs(views.subgraph(column).core):
            found.setdefault(pair, set()).add(column)
    return found


def test_every_field_of_an_entity_is_in_exactly_one_subgraph_but_for_its_keys():
    whole = objects(views.unified().core)

    for (kind, field), columns in homes().items():
        is_root = kind == "Query" and field not in PLUMBING
        is_own = owners.keys(whole[kind]) and not owners.is_key(whole[kind], field)
        if is_root or is_own:
            assert len(columns) == 1, (kind, field, columns)


def test_every_subgraph_that_has_a_type_has_its_keys_and_all_of_a_type_without_keys():
    whole = objects(views.unified().core)

    for column in Column:
        for name, kind in objects(views.subgraph(column).core).items():
            wanted = {
                field for field in whole[name].fields if owners.owner(whole[name], field) is None
            }
            assert wanted <= kind.fields.keys(), (column, name)


def test_the_subgraphs_together_are_the_whole():
    together = set().union(*(shown(views.subgraph(column).core) for column in Column))

    assert together == shown(views.unified().core)


def test_only_what_routers_ask_by_has_no_owner():
    query = views.unified().core.query_type
    assert query

    assert {field for field in query.fields if owners.owner(query, field) is None} == PLUMBING


def test_an_owner_is_named_only_where_it_counts():
    for name, kind in objects(views.unified().core).items():
        for field, declared in kind.fields.items():
            named = owners.binding(declared).owner
            if not owners.keys(kind) and name not in owners.ROOTS:
                assert named is None, f"{name}.{field} goes with {name}; it has no owner"
            elif named is not None and name not in owners.ROOTS:
                assert not owners.is_key(kind, field), f"{name}.{field} is a key"
                assert named is not owners.home(kind), f"{name}.{field} has that owner anyway"


def test_every_key_of_the_schema_can_be_looked_up():
    declared = {
        name: [owners.names(key) for key in owners.keys(kind)]
        for name, kind in objects(views.unified().core).items()
        if owners.keys(kind)
    }

    assert declared == {
        name: [list(key.fields) for key in keys] for name, keys in KEYS_BY_TYPE.items()
    }


def test_every_entity_is_looked_up_where_its_fields_are():
    resolvable = {column: views.subgraph(column).served.entities for column in Column}

    assert {name for names in resolvable.values() for name in names} == KEYS_BY_TYPE.keys()
    assert resolvable[Column.STOCK] == {"StockLevel", "Product", "Reservation", "Transfer"}
    assert resolvable[Column.OPERATIONS] == {
        "Channel",
        "Incident",
        "JournalEntry",
        "Customer",
        "Order",
        "Payment",
        "StockLevel",
    }


def test_a_type_that_is_only_pointed_at_is_a_stub():
    order = objects(views.subgraph(Column.CUSTOMERS).core)["Order"]

    assert order.fields.keys() == {"id", "number"}
    assert [interface.name for interface in order.interfaces] == ["Node"]


@pytest.mark.parametrize("column", Column)
def test_marks_say_who_can_look_up_and_who_may_share(column: Column):
    view = views.subgraph(column)

    for kind in parse(view.sdl).definitions:
        if not isinstance(kind, ObjectTypeDefinitionNode):
            continue
        keys = [mark for mark in kind.directives or () if mark.name.value == "key"]
        stub = any("resolvable: false" in print_ast(mark) for mark in keys)
        shared = any(mark.name.value == "shareable" for mark in kind.directives or ())
        name = kind.name.value
        assert stub == (bool(keys) and name not in view.served.entities), name
        assert shared == (not keys and name not in owners.ROOTS), name


def test_the_operations_subgraph_knows_every_node():
    assert views.subgraph(Column.OPERATIONS).served.nodes == views.unified().served.nodes

"""The shape of the graph: described, and named alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    assert_valid_schema,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)
from strawberry.types.base import StrawberryObjectDefinition

from schema import graph
from schema.fields import BINDING, Binding

ROOT_FIELDS = {
    "node",
    "nodes",
    "customer",
    "findCustomers",
    "order",
    "orders",
    "product",
    "products",
    "searchProducts",
    "location",
    "locations",
    "stockLevels",
    "payment",
    "payments",
    "channels",
}
FLOATS = {"Availability.distanceKm", "GeoInput.lat", "GeoInput.lon"}
"""Distances and coordinates; everything else is counted in whole units."""

ID_ARGUMENTS = frozenset({"id", "ids", "channel", "channels", "location", "locations"})
CAMEL_CASE = re.compile(r"[a-z][a-zA-Z0-9]*")
PASCAL_CASE = re.compile(r"[A-Z][a-zA-Z0-9]*")
UPPER_CASE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")

CORE = graph.build().core
TYPES = [
    kind
    for kind in CORE.type_map.values()
    if not is_introspection_type(kind)
    and not is_specified_scalar_type(kind)
    and not kind.name.startswith(("_", "link__"))  # named by the federation specification
]
Member = GraphQLField | GraphQLInputField | GraphQLArgument


def members() -> Iterator[tuple[str, Member]]:
    """Every field, input field and argument, as `Type.field` or `Type.field.argument`."""
    for kind in TYPES:
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{kind.name}.{name}", field) for name, field in kind.fields.items())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                if name.startswith("_"):
                    continue
                yield f"{kind.name}.{name}", field
                yield from ((f"{kind.name}.{name}.{arg}", it) for arg, it in field.args.items())


MEMBERS = dict(members())


def definition_of(kind: GraphQLNamedType) -> StrawberryObjectDefinition | None:
    found = kind.extensions.get("strawberry-definition")
    return found if isinstance(found, StrawberryObjectDefinition) else None


def test_the_schema_is_valid():
    assert_valid_schema(CORE)


def test_everything_that_can_be_asked_of_a_shop_has_a_root_field():
    assert CORE.query_type
    assert CORE.query_type.fields.keys() >= ROOT_FIELDS


def test_every_type_is_described():
    assert [kind.name for kind in TYPES if not (kind.description or "").strip()] == []


def test_every_field_and_argument_is_described():
    assert [name for name, it in MEMBERS.items() if not (it.description or "").strip()] == []


def test_no_description_is_a_leftover_of_python():
    leftovers = re.compile(r"TODO|FIXME|XXX|Args:|Returns:|Raises:|:param|NewType|Struct")
    texts = {kind.name: kind.description or "" for kind in TYPES}
    texts |= {name: it.description or "" for name, it in MEMBERS.items()}

    assert [name for name, text in texts.items() if leftovers.search(text)] == []


def test_every_field_of_every_type_says_how_it_is_bound():
    unbound = [
        f"{kind.name}.{field.python_name}"
        for kind in TYPES
        if isinstance(kind, GraphQLObjectType) and (definition := definition_of(kind))
        for field in definition.fields
        if not isinstance(field.metadata.get(BINDING), Binding)
    ]

    assert unbound == []


def test_names_are_written_as_graphql_writes_them():
    enums = [kind for kind in TYPES if isinstance(kind, GraphQLEnumType)]
    values = [(f"{kind.name}.{name}", name) for kind in enums for name in kind.values]

    wrong = [kind.name for kind in TYPES if not PASCAL_CASE.fullmatch(kind.name)]
    wrong += [where for where in MEMBERS if not CAMEL_CASE.fullmatch(where.rpartition(".")[2])]
    wrong += [where for where, name in values if not UPPER_CASE.fullmatch(name)]

    assert wrong == []


def test_every_id_is_an_id():
    named_id = {name: it for name, it in MEMBERS.items() if name.endswith((".id", ".ids"))}
    arguments = {
        name: it
        for name, it in MEMBERS.items()
        if isinstance(it, GraphQLArgument) and name.rpartition(".")[2] in ID_ARGUMENTS
    }

    wrong = [
        name for name, it in (named_id | arguments).items() if get_named_type(it.type).name != "ID"
    ]
    assert named_id
    assert wrong == []


def test_only_distances_and_coordinates_are_floats():
    floats = {name for name, it in MEMBERS.items() if get_named_type(it.type).name == "Float"}

    assert floats == FLOATS


def test_an_amount_of_money_is_whole_minor_units_and_an_exact_decimal():
    fields = CORE.type_map["Money"].fields

    assert str(fields["minor"].type) == "Minor!"
    assert str(fields["amount"].type) == "String!"


def test_whatever_has_an_id_of_its_own_is_a_node_or_part_of_one():
    parts = {"Actor", "Address", "LedgerPosting", "OrderLine"}
    node = CORE.type_map["Node"]

    with_id = {
        kind.name: kind
        for kind in TYPES
        if isinstance(kind, GraphQLObjectType) and "id" in kind.fields
    }
    strays = {name for name, kind in with_id.items() if node not in kind.interfaces}

    assert strays == parts

"""A contract holds what is tagged for it, and nothing else, by whichever door one looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    DirectiveNode,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    graphql_sync,
    parse,
    print_schema,
    print_type,
)

from schema import contracts, views
from schema.contracts import EVERYTHING, PAGES, TAGS, Contract

every_contract = pytest.mark.parametrize("contract", Contract)

STAFF_ONLY = [
    ("Query", "findCustomers"),
    ("Query", "stockLevels"),
    ("Product", "levels"),
    ("Availability", "explain"),
    ("OrderLine", "allocations"),
    ("Fulfillment", "allowed"),
    ("PickupTicket", "checkedBy"),
    ("Identity", "strength"),
    ("Identity", "source"),
    ("Consent", "evidence"),
    ("MetadataEntry", "visibility"),
    ("Payment", "merchantAccount"),
    ("PaymentOperation", "idempotencyKey"),
    ("PaymentOperation", "requestedBy"),
    ("PaymentOperation", "sourceEvents"),
]


def tagged() -> Mapping[str, set[str]]:
    """The tags of each field and type without fields, read from the SDL alone.

    A tag on a type counts for all its fields.
    """
    found: dict[str, set[str]] = {}
    for definition in parse(views.unified().sdl).definitions:
        if not hasattr(definition, "name"):
            continue
        own = tags(definition)
        found[definition.name.value] = own
        for field in getattr(definition, "fields", ()) or ():
            found[f"{definition.name.value}.{field.name.value}"] = own | tags(field)
    return found


def tags(node: Any) -> set[str]:
    marks: list[DirectiveNode] = [m for m in node.directives or () if m.name.value == "tag"]
    return {mark.arguments[0].value.value for mark in marks}


def coordinates(core: GraphQLSchema) -> set[str]:
    """Each type that is declared here, and each field."""
    named = {name: kind for name, kind in core.type_map.items() if not name.startswith("__")}
    fields = {f"{name}.{f}" for name, kind in named.items() for f in getattr(kind, "fields", ())}
    return {*named, *fields} - {"Boolean", "Float", "ID", "Int", "String"}


def answered(core: GraphQLSchema) -> GraphQLSchema:
    """What a client makes of the introspection."""
    result = graphql_sync(core, get_introspection_query())
    assert result.data
    return build_client_schema(result.data)


@every_contract
def test_a_contract_contains_nothing_untagged(contract: Contract):
    marks, included = tagged(), {tag.value for tag in TAGS[contract]}

    for coordinate in coordinates(views.contract(contract).core):
        fields = [mark for name, mark in marks.items() if name.startswith(f"{coordinate}.")]
        found = marks[coordinate].union(*fields)
        assert found & included, coordinate


@every_contract
def test_a_contract_contains_everything_that_is_tagged_for_it(contract: Contract):
    included = {tag.value for tag in TAGS[contract]}
    wanted = {name for name, marks in tagged().items() if marks & included}

    assert wanted <= coordinates(views.contract(contract).core)


@every_contract
def test_introspection_shows_nothing_else(contract: Contract):
    view = views.contract(contract)
    seen = answered(view.core)

    assert coordinates(seen) == coordinates(view.core)
    assert "@" not in "".join(line for line in print_schema(seen).split("\n") if '"' not in line)
    assert {d.name for d in seen.directives} == {d.name for d in view.core.directives}
    assert not [name for name in seen.type_map if name in {"_Any", "_Entity", "_Service"}]


@every_contract
@pytest.mark.parametrize(("kind", "field"), STAFF_ONLY)
def test_what_staff_alone_may_ask_is_in_no_contract(contract: Contract, kind: str, field: str):
    found = views.contract(contract).core.type_map.get(kind)

    assert field not in getattr(found, "fields", ())


@pytest.mark.parametrize("name", ["StockLevel", "Actor", "Authority", "AvailabilityTerm"])
@every_contract
def test_types_of_staff_are_in_no_contract(contract: Contract, name: str):
    assert name not in views.contract(contract).core.type_map


def test_partners_may_ask_what_the_public_may_and_more():
    public, partner = (coordinates(views.contract(each).core) for each in Contract)

    assert public < partner
    assert "Order.refs" in partner - public
    assert "Query.payments" in partner - public


def test_the_page_names_only_what_there_is_and_nothing_twice():
    core = views.unified().core

    for page in PAGES.values():
        for kind, names in page.items():
            assert kind in core.type_map, kind
            if names != EVERYTHING:
                fields = names.split()
                assert set(fields) <= core.type_map[kind].fields.keys(), kind
                assert len(fields) == len(set(fields)), kind
    for kind in contracts.PUBLIC.keys() & contracts.PARTNER.keys():
        assert not set(contracts.PUBLIC[kind].split()) & set(contracts.PARTNER[kind].split()), kind
        assert EVERYTHING not in {contracts.PUBLIC[kind], contracts.PARTNER[kind]}, kind


def test_a_type_shows_the_same_in_every_part_that_has_all_of_it():
    whole, public = views.unified().core, views.contract(Contract.PUBLIC).core

    assert print_type(public.type_map["Money"]) == print_type(whole.type_map["Money"])

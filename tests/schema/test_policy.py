"""The field policy: a graph that leaves anything unsaid is not served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from msgspec.structs import replace

from domain.scopes import Scope
from domain.viewer import SCOPES, Subject
from schema import graph, owners, policy
from schema.fields import BINDING, GUARDED, How
from schema.guards import Needs


@pytest.fixture
def core() -> GraphQLSchema:
    """A graph of this test's own."""
    return graph.build.__wrapped__().core


def kind(core: GraphQLSchema, name: str) -> GraphQLObjectType:
    found = core.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def rebound(core: GraphQLSchema, label: str, **changes: Any) -> None:
    """Declare a field otherwise."""
    name, field = label.split(".")
    fields = kind(core, name).fields
    there: GraphQLField = fields[field]
    declared = copy(there.extensions[owners.DEFINITION])
    declared.metadata = {BINDING: replace(owners.binding(there), **changes)}
    fields[field] = GraphQLField(
        **{**there.to_kwargs(), "extensions": {owners.DEFINITION: declared}}
    )


@pytest.fixture
def unguarded(core: GraphQLSchema) -> Iterator[Callable[[str], None]]:
    """Take a type's guard away, as if nobody had thought of it."""
    taken: list[tuple[type, Any]] = []

    def take(name: str) -> None:
        origin = core.type_map[name].extensions[owners.DEFINITION].origin
        taken.append((origin, getattr(origin, GUARDED)))
        setattr(origin, GUARDED, None)

    yield take
    for origin, guard in taken:
        setattr(origin, GUARDED, guard)


def test_the_graph_says_who_may_see_what(core: GraphQLSchema):
    policy.check(core)


def entities() -> list[str]:
    return sorted(each.name for each in policy.objects(graph.build().core) if owners.keys(each))


@pytest.mark.parametrize("name", entities())
def test_an_entity_that_nobody_owns_is_not_served(core: GraphQLSchema, unguarded, name: str):
    unguarded(name)

    with pytest.raises(policy.Unguarded, match=f"{name} is an entity"):
        policy.check(core)


@pytest.mark.parametrize(
    "label",
    [
        *("Customer.identities", "Customer.addresses", "Payment.clearing"),
        *("PaymentResult.payment", "RefundResult.refund", "StockResult.levels"),
        *("ReservationResult.reservation", "TransferResult.transfer"),
        *("Mutation.reserveStock", "PaymentLinkResult.paymentLink"),
    ],
)
def test_a_field_that_shows_what_is_guarded_must_need_it(core: GraphQLSchema, label: str):
    plain = How.ROOT if label.startswith("Mutation") else How.COMPUTED
    rebound(core, label, needs=None, how=plain)

    with pytest.raises(policy.Unguarded, match=label):
        policy.check(core)


def test_who_lacks_a_scope_must_be_answerable(core: GraphQLSchema):
    rebound(core, "Order.totals", needs=Needs(Scope.ORDERS))

    with pytest.raises(policy.Unguarded, match=r"Order.totals needs orders, and cannot answer"):
        policy.check(core)


def test_a_root_field_that_leads_to_nothing_guarded_is_not_served(core: GraphQLSchema):
    fields = kind(core, "Query").fields
    fields["version"] = GraphQLField(
        **{**fields["channels"].to_kwargs(), "type_": core.type_map["String"]}
    )

    with pytest.raises(policy.Unguarded, match=r"Query.version shows nothing"):
        policy.check(core)


def test_each_subject_has_a_scope():
    assert set(SCOPES) == set(Subject)


def test_visitors_need_no_scope_for_the_catalogue(core: GraphQLSchema):
    query = kind(core, "Query").fields

    assert policy.scopes(query["products"]) == policy.scopes(query["channels"]) == []
    assert policy.scopes(query["orders"]) == [Scope.ORDERS]
    assert policy.scopes(query["findCustomers"]) == [Scope.CUSTOMERS, Scope.LOOKUP]
    assert policy.scopes(kind(core, "Customer").fields["addresses"]) == [Scope.CONTACT]
    assert policy.scopes(kind(core, "Order").fields["number"]) == []

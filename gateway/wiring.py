"""Wires our schema to the executor: how each field is answered, and what resolvers see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from graphql import FieldNode, GraphQLObjectType

from domain.ports import Wanted
from gateway import needs
from gateway.execution.bindings import (
    Attribute,
    Batched,
    Binding,
    Computed,
    Fragments,
    Itself,
    Price,
    Root,
    Wiring,
)
from resolvers.context import Context, Info
from resolvers.selection import Selection
from schema import arguments, caching, costs, owners
from schema.fields import How


def _bound(kind: GraphQLObjectType, name: str) -> Binding:
    field = kind.fields[name]
    declared = owners.binding(field)
    if declared.resolve is None:
        return Attribute(owners.python_name(field))
    keywords = arguments.keywords(field)
    match declared.how:
        case How.COMPUTED:
            return Computed(declared.resolve, keywords)
        case How.BATCHED:
            return Batched(declared.resolve, keywords)
        case How.STREAM:
            return Itself()
        case _:
            return Root(declared.resolve, keywords)


def _info(context: object, nodes: Sequence[FieldNode], fragments: Fragments) -> Info:
    return Info(cast("Context", context), Selection(nodes, fragments))


def _narrowed(context: object, needs: Wanted) -> Context:
    return cast("Context", context).narrowed(needs)


def _price(kind: GraphQLObjectType, name: str) -> Price:
    found = costs.cost(kind, name, kind.fields.get(name))
    return Price(
        found.weight, found.assumed, found.sizes, found.sized, dear=costs.WEIGHT_BY_ARGUMENT
    )


WIRING = Wiring(
    bind=_bound,
    shown=owners.shown,
    info=_info,
    needs=needs.wanted,
    context=_narrowed,
    price=_price,
    kept=caching.seconds,
)

"""Parts of the one graph, each complete in itself: the subgraphs by owner, the contracts by tag.

An entity that a subgraph only points at is a stub there: the fields of its keys, by which a
router finds the rest elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_composite_type,
    specified_scalar_types,
)
from msgspec import Struct
from msgspec.structs import replace

from resolvers.context import Served
from schema import contracts, graph, owners, parts, printing
from schema.contracts import Contract
from schema.fields import Column
from schema.owners import ROOTS
from schema.parts import MEMBERS, Composite, Fields

UNIFIED, GUARDED = "unified", "guarded"


class View(Struct, frozen=True):
    """A part of the graph that can be served."""

    core: GraphQLSchema
    served: Served

    @property
    def sdl(self) -> str:
        return self.served.sdl


@cache
def unified() -> View:
    """Everything, in one process; to a router, a subgraph that owns it all."""
    fields = parts.chosen(_whole(), lambda _kind, _field: True)
    return _federated(fields, frozenset(_entities()))


@cache
def guarded() -> View:
    """The same, in which each field names what it needs: to read, and for routers that check it."""
    whole = unified()
    sdl = printing.guarded(whole.core, whole.served.entities, _tags)
    return View(whole.core, replace(whole.served, sdl=sdl))


@cache
def subgraph(column: Column) -> View:
    """What one column owns, with stubs of what it points at."""
    entities = frozenset(
        name
        for name, kind in _entities().items()
        if any(owners.owner(kind, field) is column for field in kind.fields)
    )
    fields = parts.chosen(_whole(), lambda kind, field: _is_in(column, kind, field))
    return _federated(fields, entities)


@cache
def contract(name: Contract) -> View:
    """What is meant for one audience. No router stands in front of it."""
    fields = parts.chosen(_whole(), lambda kind, field: contracts.shows(name, kind.name, field))
    core = parts.part(_whole(), parts.reached(_whole(), fields, ROOTS), frozenset())
    return View(core, Served(printing.plain(core), frozenset(), _nodes(core)))


def named(column: Column | None) -> View:
    """The subgraph of a column; without one, the unified graph."""
    return unified() if column is None else subgraph(column)


def everything() -> Mapping[str, View]:
    """Each view by its name."""
    subgraphs = {column.value: subgraph(column) for column in Column}
    wholes = {UNIFIED: unified(), GUARDED: guarded()}
    return {**wholes, **subgraphs, **{each.value: contract(each) for each in Contract}}


@cache
def _whole() -> GraphQLSchema:
    return graph.build().core


def _federated(fields: Fields, entities: frozenset[str]) -> View:
    shown = parts.reached(_whole(), fields, {*ROOTS, *entities})
    core = parts.part(_whole(), shown, entities)
    return View(core, Served(printing.subgraph(core, entities, _tags), entities, _nodes(core)))


def _is_in(column: Column, kind: Composite, field: str) -> bool:
    return isinstance(kind, GraphQLInterfaceType) or owners.owner(kind, field) in {column, None}


@cache
def _entities() -> Mapping[str, GraphQLObjectType]:
    union = cast("GraphQLUnionType", _whole().type_map[MEMBERS])
    return {kind.name: kind for kind in union.types}


def _nodes(core: GraphQLSchema) -> frozenset[str]:
    node = cast("GraphQLInterfaceType", core.type_map["Node"])
    return frozenset(kind.name for kind in core.get_possible_types(node))


def _tags(kind: str, field: str | None) -> Sequence[Contract]:
    """As the contracts say; what they do not name goes with the fields that use it."""
    used = _used()[kind] if field is None and kind in _used() else ()
    return contracts.tags(kind, field) or used


@cache
def _used() -> Mapping[str, tuple[Contract]]:
    """The first contract that has each enum, scalar and input."""
    return {
        name: (tag,)
        for tag in reversed(Contract)
        for name, kind in contract(tag).core.type_map.items()
        if not is_composite_type(kind) and name not in specified_scalar_types and name[:2] != "__"
    }

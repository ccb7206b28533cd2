"""Who may see which field: deny by default.

An entity names the subject by whose rules it is owned; those rules are part of the filter of every
read (`domain/viewer/`), and the scope that opens the subject is that of every field which shows
the entity. What is personal within an entity names a scope of its own, and so must each field
which shows it. A graph in which anything is left unsaid is not served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from domain.scopes import Scope
from domain.viewer import OPEN, SCOPES, Subject
from schema import owners
from schema.fields import How
from schema.owners import ROOTS

BY_ANSWER = frozenset({"node", "nodes", "_entities", "_service"})
"""Fields of Query that are guarded by what they answer: anything, or nothing of anybody's."""


class Unguarded(Exception):
    """The graph leaves unsaid who may see something; the message says what to add."""


def subject(kind: GraphQLObjectType) -> Subject | None:
    """By whose rules an entity is owned."""
    found = owners.guarded(kind)
    return found if isinstance(found, Subject) else None


def scope(kind: GraphQLNamedType) -> Scope | None:
    """What every field needs that shows this type."""
    found = owners.guarded(kind) if isinstance(kind, GraphQLObjectType) else None
    return SCOPES[found] if isinstance(found, Subject) else found


def scopes(field: GraphQLField) -> Sequence[Scope]:
    """What credentials must be good for to see a field; nothing of what visitors see too."""
    needs = owners.binding(field).needs
    named = {needs.scope} if needs else set[Scope]()
    if shown := scope(_shown(field)):
        named.add(shown)
    return sorted(named - OPEN)


def check(core: GraphQLSchema) -> None:
    """Refuse a graph that leaves anything unsaid.

    Raises:
        Unguarded: it does, and what.
    """
    if unsaid := [sentence for kind in objects(core) for sentence in _unsaid(kind)]:
        raise Unguarded(" ".join(unsaid))


def objects(core: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    """The types of objects that are ours."""
    for kind in core.type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind.name[:2] != "__":
            yield kind


def _unsaid(kind: GraphQLObjectType) -> Iterator[str]:
    if owners.is_declared(kind) and owners.keys(kind) and subject(kind) is None:
        yield f"{kind.name} is an entity: `shows(..., guarded=Subject...)` must say whose it is."
    for name, field in kind.fields.items():
        yield from _unsaid_of_field(kind, name, field)


def _unsaid_of_field(kind: GraphQLObjectType, name: str, field: GraphQLField) -> Iterator[str]:
    label, shown = f"{kind.name}.{name}", _answered(field)
    needs = owners.binding(field).needs
    part = owners.guarded(shown) if isinstance(shown, GraphQLObjectType) else None
    if isinstance(part, Subject) and _is_held(kind, field, SCOPES[part]):
        yield f"{label} holds {shown.name}, which no read guards here: it must need its scope."
    if isinstance(part, Subject) and _is_bound(kind, field, SCOPES[part]):
        yield f"{label} must be nullable: not all who see {kind.name} may see {shown.name}."
    if isinstance(part, Scope) and (needs is None or needs.scope is not part):
        yield f"{label} shows {shown.name}: it must need {part}."
    if needs and kind.name not in ROOTS and not _can_be_missing(field, needs.missing):
        yield f"{label} needs {needs.scope}, and cannot answer {needs.missing!r} without."
    if kind.name == "Mutation" and needs is None:
        yield f"{label} must say what has to be allowed."
    if kind.name in {"Query", "Subscription"} and name not in BY_ANSWER and not _leads(shown):
        yield f"{label} shows nothing of anybody's whom a rule names."


def _is_held(kind: GraphQLObjectType, field: GraphQLField, wanted: Scope) -> bool:
    """Is an entity shown that its parent brings along, to who may see only the parent?"""
    found = owners.binding(field)
    is_read = found.how in {How.BATCHED, How.ROOT}
    is_told = kind.name.endswith("Event")  # by feeds, which read as their viewer
    is_open = wanted in OPEN or found.needs is not None or scope(kind) is wanted
    return not (is_read or is_told or is_open) and not kind.name.endswith("Edge")


def _is_bound(kind: GraphQLObjectType, field: GraphQLField, wanted: Scope) -> bool:
    """Would an answer break for who may see the parent, and not what it shows?"""
    printed = str(cast("Any", field).type)
    is_single = printed.endswith("!") and not printed.endswith("]!")
    return is_single and wanted not in OPEN and scope(kind) not in {None, wanted}


def _can_be_missing(field: GraphQLField, missing: object) -> bool:
    printed = str(cast("Any", field).type)
    return missing == () if printed.endswith("]!") else not printed.endswith("!")


def _shown(field: GraphQLField) -> GraphQLNamedType:
    """The type that a field is about: of a connection, that of its items."""
    kind = _answered(field)
    if isinstance(kind, GraphQLObjectType) and "edges" in kind.fields:
        edge = cast("GraphQLObjectType", _answered(kind.fields["edges"]))
        return _answered(edge.fields["node"])
    return kind


def _leads(kind: GraphQLNamedType, seen: frozenset[str] = frozenset()) -> bool:
    """Is there anything in it that a rule guards?"""
    if kind.name in seen or not isinstance(kind, GraphQLObjectType):
        return False
    if scope(kind):
        return True
    return any(_leads(_answered(field), seen | {kind.name}) for field in kind.fields.values())


def _answered(field: GraphQLField) -> GraphQLNamedType:
    return cast("GraphQLNamedType", get_named_type(cast("Any", field).type))  # half unknown

"""Which subgraph answers a field, and by which keys an entity is found there."""

from __future__ import annotations

from typing import cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    parse,
)
from strawberry.federation.schema_directives import Key
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from domain.scopes import Scope
from domain.viewer import Subject
from schema.fields import BINDING, GUARDED, SHOWN, Binding, Column, column_of

DEFINITION = "strawberry-definition"
ROOT = "Query"
ROOTS = (ROOT, "Mutation", "Subscription")


def keys(kind: GraphQLObjectType) -> list[str]:
    """The keys of an entity, as sets of fields; none if it is no entity."""
    marks = _definition(kind).directives or ()
    return [str(mark.fields) for mark in marks if isinstance(mark, Key)]


def is_key(kind: GraphQLObjectType, field: str) -> bool:
    """Does a field stand in a key of its type?"""
    return any(field in names(key) for key in keys(kind))


def owner(kind: GraphQLObjectType, field: str) -> Column | None:
    """Who answers a field of an entity or the root; None where the field goes with its type."""
    named = binding(kind.fields[field]).owner
    if kind.name in ROOTS:
        return named
    if not keys(kind) or is_key(kind, field):
        return None
    return named or home(kind)


def home(kind: GraphQLObjectType) -> Column:
    """The column of an entity."""
    return column_of(_definition(kind).origin)


def binding(field: GraphQLField) -> Binding:
    """What a field was declared as."""
    declared: StrawberryField = field.extensions[DEFINITION]
    return declared.metadata[BINDING]


def python_name(field: GraphQLField) -> str:
    """What a field is called in Python."""
    declared: StrawberryField = field.extensions[DEFINITION]
    return declared.python_name


def shown(kind: GraphQLObjectType) -> type | None:
    """The domain class that a type shows, where it shows one."""
    return getattr(_definition(kind).origin, SHOWN, None)


def guarded(kind: GraphQLObjectType) -> Subject | Scope | None:
    """By what a type is guarded, as it was declared."""
    return getattr(_definition(kind).origin, GUARDED, None) if is_declared(kind) else None


def is_declared(kind: GraphQLObjectType) -> bool:
    """Is it a type of ours?"""
    return DEFINITION in kind.extensions


def names(key: str) -> list[str]:
    """The fields of a key that belong to the entity itself."""
    [operation] = parse(f"{{ {key} }}").definitions
    selections = cast("OperationDefinitionNode", operation).selection_set.selections
    return [cast("FieldNode", selection).name.value for selection in selections]


def _definition(kind: GraphQLObjectType) -> StrawberryObjectDefinition:
    return kind.extensions[DEFINITION]

"""The plan of an operation: what a level fills, and where the answers come from.

A plan belongs to one schema, one operation and one setting of its `@skip` and `@include`: it has
no conditions left. Levels that ask the same of the same type are one object, so a plan is no
larger than its document is long, however often fragments are spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
)

from gateway.execution.arguments import ArgumentPlan
from gateway.execution.bindings import Binding, Fragments, Price
from gateway.execution.leaves import Leaf
from gateway.execution.rows import Rows


@dataclass(slots=True)
class Level:
    """The selection of one object type: its fields, in the order of the answer.

    `known` are classes, null's among them, whose instances are `shown` here.
    """

    kind: GraphQLObjectType
    shown: type | None
    known: set[type] = field(default_factory=set[type])
    fields: Sequence[Field] = ()
    keys: Sequence[str] = ()
    rows: Rows | None = None
    waiting: Sequence[Field] = ()


@dataclass(frozen=True, slots=True)
class Composite:
    """What stands at a position that holds objects: one level for each type that they may be."""

    abstract: GraphQLAbstractType | None
    levels: Mapping[str, Level]

    @property
    def waits(self) -> bool:
        return any(level.waiting for level in self.levels.values())


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a level.

    `nullable` says of each position, from the field through nested lists to the innermost item,
    whether null may stand there; all but the last are lists. Without a binding, the field is
    `__typename`. A field `waits` if its answer, or anything below it, may have to be waited for;
    it `repeats` if several parents may have the very same object as their answer; it `is_plain`
    if its leaves are at hand, one for each parent. Its `surcharge` is paid for each parent.
    """

    key: str
    binding: Binding | None
    parent: GraphQLObjectType
    definition: GraphQLField
    nodes: Sequence[FieldNode]
    arguments: ArgumentPlan
    nullable: Sequence[bool]
    target: Leaf | Composite
    waits: bool
    repeats: bool
    is_plain: bool
    price: Price
    surcharge: int

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def label(self) -> str:
        return f"{self.parent.name}.{self.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation, compiled."""

    operation: OperationDefinitionNode
    fragments: Fragments
    root: Level
    serial: bool
    size: int

"""Running a plan: a level at a time, for all its parents at once."""

from __future__ import annotations

import dataclasses
from asyncio import gather
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

from graphql import ExecutionResult, GraphQLSchema
from graphql.execution.values import VariableValues

from gateway.execution.bindings import Attribute, Batched, Computed, Itself, Root, Wiring
from gateway.execution.columns import (
    NULLED,
    Column,
    Part,
    allowing_null,
    of_objects,
    put_together,
    refusing_null,
)
from gateway.execution.leaves import Leaf
from gateway.execution.lists import Opened, opened
from gateway.execution.objects import sorted_by_level
from gateway.execution.plan import Field, Level, Plan
from gateway.execution.told import Told
from gateway.execution.watching import Watch


@dataclass(slots=True)
class Meter:
    """What a run costs in the end: the objects that it answered, by their weights."""

    actual: int = 0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a plan is run with, beside its root value."""

    schema: GraphQLSchema
    wiring: Wiring
    variables: VariableValues
    context: Any
    watch: Watch | None = None
    meter: Meter = dataclasses.field(default_factory=Meter)


async def executed(plan: Plan, given: Circumstances, root: Any = None) -> ExecutionResult:
    """The answer of an operation over a root value: nothing for a query, an event for an event."""
    run = _Run(plan, given, root)
    column = await (run.serially if plan.serial else run.shaped)(plan.root, [root])
    [data] = column.values
    errors = [fault.located() for fault in column.faults.get(0, ())]
    return ExecutionResult(None if data is NULLED else data, errors or None)


class _Run:
    def __init__(self, plan: Plan, given: Circumstances, root: Any) -> None:
        self._plan = plan
        self._given = given
        self._told = Told(given.schema, plan, given.variables, given.context, root)

    async def shaped(self, level: Level, parents: Sequence[Any]) -> Column:
        """The objects of a level, one for each parent."""
        if not parents:
            return Column([])
        columns = await self._columns(level, parents)
        return _objects(level.keys, columns, _rows(level, columns, len(parents)))

    async def serially(self, level: Level, parents: Sequence[Any]) -> Column:
        """The same for the root of a mutation, one field after the other.

        Nothing is executed behind a field that must not be null and is.
        """
        columns: list[Column] = []
        for field in level.fields:
            columns.append(await self._column(field, parents))
            if columns[-1].values[0] is NULLED:
                return of_objects(level.keys[: len(columns)], columns, [NULLED])
        return _objects(level.keys, columns, _rows(level, columns, len(parents)))

    async def _columns(self, level: Level, parents: Sequence[Any]) -> Sequence[Column]:
        """A column for each field. Those that wait for something wait together."""
        waiting = level.waiting
        if len(waiting) > 1:
            late = iter(await gather(*(self._column(field, parents) for field in waiting)))
        else:
            late = None
        columns: list[Column] = []
        for field in level.fields:
            if field.is_plain:
                columns.append(self._plain(field, parents))
            elif late is not None and field.waits:
                columns.append(next(late))
            else:
                columns.append(await self._column(field, parents))
        return columns

    def _plain(self, field: Field, parents: Sequence[Any]) -> Column:
        """A field of leaves that are at hand: most fields, so without a coroutine for each."""
        values = self._at_hand(field, parents)
        return _leaves(field, cast("Leaf", field.target), values, nullable=field.nullable[0])

    async def _column(self, field: Field, parents: Sequence[Any]) -> Column:
        if isinstance(field.binding, Batched | Root):
            values = await self._asked(field, field.binding, parents)
        else:
            values = self._at_hand(field, parents)
        return await self._completed(field, values)

    def _at_hand(self, field: Field, parents: Sequence[Any]) -> list[Any]:
        """What need not be asked for."""
        binding = field.binding
        if isinstance(binding, Attribute):
            return _read(binding.read, parents)
        if isinstance(binding, Computed):
            return self._computed(field, binding.compute, parents)
        return list(parents) if isinstance(binding, Itself) else [field.parent.name] * len(parents)

    def _computed(
        self, field: Field, compute: Callable[..., Any], parents: Sequence[Any]
    ) -> list[Any]:
        try:
            arguments = field.arguments.values(self._given.variables)
        except Exception as error:
            return [error] * len(parents)
        values: list[Any] = []
        for parent in parents:
            try:
                values.append(compute(parent, **arguments))
            except Exception as error:
                values.append(error)
        return values

    async def _asked(
        self, field: Field, binding: Batched | Root, parents: Sequence[Any]
    ) -> list[Any]:
        """One answer for each parent. What is raised is the answer for all."""
        self._given.meter.actual += field.surcharge * len(parents)
        watch = self._given.watch
        try:
            with watch.asking(field, len(parents)) if watch else UNWATCHED:
                return await self._answers(field, binding, parents)
        except Exception as error:
            return [error] * len(parents)

    async def _answers(
        self, field: Field, binding: Batched | Root, parents: Sequence[Any]
    ) -> list[Any]:
        given = self._given
        arguments = field.arguments.values(given.variables)
        info = given.wiring.info(given.context, field.nodes, self._plan.fragments)
        if isinstance(binding, Root):
            answer = binding.resolve(info, **arguments)
            return [await answer if isawaitable(answer) else answer] * len(parents)
        answers = binding.resolve(parents, info, **arguments)
        found = list(await answers if isawaitable(answers) else answers)
        if len(found) != len(parents):
            raise TypeError(f"{field.label} has {len(found)} answers for {len(parents)} parents.")
        return found

    async def _completed(self, field: Field, values: list[Any]) -> Column:
        *lists, innermost = field.nullable
        layers: list[Opened] = []
        for nullable in lists:
            layers.append(opened(values, field, nullable=nullable))
            values = layers[-1].items()
        if isinstance(field.target, Leaf):
            column = _leaves(field, field.target, values, nullable=innermost)
        else:
            column = await self._composites(field, values, nullable=innermost)
        for layer in reversed(layers):
            column = layer.closed(column, field)
        return column

    async def _composites(self, field: Field, values: list[Any], *, nullable: bool) -> Column:
        found, failed = sorted_by_level(field, values, self._told)
        if weight := field.price.weight:
            self._given.meter.actual += weight * sum(len(part.values) for _, part in found)
        columns = await self._levels(field, found)
        if len(found) == 1 and found[0][1].at is None:
            return allowing_null(columns[0]) if nullable else columns[0]
        parts = [part for _, part in found]
        whole = put_together(len(values), list(zip(parts, columns, strict=True)), failed)
        return _ruled(field, whole, nullable=nullable)

    async def _levels(self, field: Field, found: Sequence[tuple[Level, Part]]) -> Sequence[Column]:
        if field.waits and len(found) > 1:
            return await gather(*(self._once(field, *each) for each in found))
        return [await self._once(field, *each) for each in found]

    async def _once(self, field: Field, level: Level, part: Part) -> Column:
        """Shaped, but an object that stands at several places only once."""
        values = part.values
        if not field.repeats:
            return await self.shaped(level, values)
        unique = {id(value): value for value in values}
        if len(unique) == len(values):
            return await self.shaped(level, values)
        column = await self.shaped(level, list(unique.values()))
        place = {key: n for n, key in enumerate(unique)}
        places = [place[id(value)] for value in values]
        shaped = [column.values[n] for n in places]
        if not column.faults:
            return Column(shaped)
        faults = {at: column.faults[n] for at, n in enumerate(places) if n in column.faults}
        return Column(shaped, faults)


UNWATCHED = nullcontext()


def _rows(level: Level, columns: Sequence[Column], size: int) -> list[Any]:
    if level.rows is None:
        return [{} for _ in range(size)]
    return level.rows([column.values for column in columns])


def _objects(keys: Sequence[str], columns: Sequence[Column], rows: list[Any]) -> Column:
    if any(column.faults for column in columns):
        return of_objects(keys, columns, rows)
    return Column(rows)


def _leaves(field: Field, leaf: Leaf, values: list[Any], *, nullable: bool) -> Column:
    whole = leaf.whole(values, nullable=nullable)
    if whole is not None:
        return Column(whole)
    return _ruled(field, leaf.each(values, field.nodes), nullable=nullable)


def _ruled(field: Field, column: Column, *, nullable: bool) -> Column:
    if nullable:
        return allowing_null(column)
    return refusing_null(column, field.nodes, field.label)


def _read(get: Callable[[Any], Any], parents: Sequence[Any]) -> list[Any]:
    """An attribute of each parent; one that cannot be read is its exception."""
    try:
        return list(map(get, parents))
    except Exception:
        return [_tried(get, parent) for parent in parents]


def _tried(get: Callable[[Any], Any], parent: Any) -> Any:
    try:
        return get(parent)
    except Exception as error:
        return error

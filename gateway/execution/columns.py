"""Columns: the answers of one field to all parents, and what went wrong below them.

A column is filled from the inside out. Its faults know their path only as far as the column
reaches; whoever holds the column puts the rest in front. So nothing is paid for paths while
nothing fails, and a value that stands in several places fails in each of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

from graphql import FieldNode, GraphQLError, located_error

Path = tuple[Any, ...]
"""A response key or an index, and the path below it; () ends it."""


class Nulled:
    """Stands for a value that failed; where null is not allowed, what holds it fails as well."""


NULLED: Final = Nulled()


class Fault(NamedTuple):
    """What failed, at which fields of the document, and where below the column."""

    error: Exception
    nodes: Sequence[FieldNode]
    path: Path = ()

    def under(self, key: str | int) -> Fault:
        return Fault(self.error, self.nodes, (key, self.path))

    def located(self) -> GraphQLError:
        """As graphql-core reports it; the path must be complete."""
        keys: list[str | int] = []
        path = self.path
        while path:
            key, path = path
            keys.append(key)
        return located_error(self.error, self.nodes, keys)


Faults = Mapping[int, Sequence[Fault]]
"""By position in the column. A value that is NULLED has exactly one: its cause."""

NO_FAULTS: Faults = {}


class Column(NamedTuple):
    """Completed values, one for each parent."""

    values: list[Any]
    faults: Faults = NO_FAULTS


def of_objects(keys: Sequence[str], columns: Sequence[Column], rows: list[Any]) -> Column:
    """The column of objects, made of the columns of their fields; `rows` are the objects.

    The first field that must not be null and is fails its object.
    """
    causes: dict[int, Fault] = {}
    faults: dict[int, list[Fault]] = {}
    for key, column in zip(keys, columns, strict=True):
        for at, found in column.faults.items():
            if column.values[at] is NULLED:
                causes.setdefault(at, found[0].under(key))
            else:
                faults.setdefault(at, []).extend(fault.under(key) for fault in found)
    return _failed(rows, faults, causes)


def of_lists(items: Column, lengths: Sequence[int]) -> Column:
    """The column of the lists that these items were taken from, in order."""
    ends = list(accumulate(lengths))
    starts = [0, *ends]
    lists = [items.values[start:end] for start, end in zip(starts, ends, strict=False)]
    if not items.faults:
        return Column(lists)
    causes: dict[int, Fault] = {}
    faults: dict[int, list[Fault]] = {}
    for place in sorted(items.faults):
        at = bisect_right(ends, place)
        moved = [fault.under(place - starts[at]) for fault in items.faults[place]]
        if items.values[place] is NULLED:
            causes.setdefault(at, moved[0])
        else:
            faults.setdefault(at, []).extend(moved)
    return _failed(lists, faults, causes)


def _failed(
    values: list[Any], faults: dict[int, list[Fault]], causes: Mapping[int, Fault]
) -> Column:
    for at, cause in causes.items():
        values[at] = NULLED
        faults[at] = [cause]
    return Column(values, faults)


class Part(NamedTuple):
    """Some of a column's values, and where in the column they stand; None: they are all of it."""

    values: Sequence[Any]
    at: Sequence[int] | None = None


def put_together(size: int, parts: Sequence[tuple[Part, Column]], failed: Faults) -> Column:
    """A column of `size`: each part completed, what failed, and null everywhere else."""
    values: list[Any] = [None] * size
    faults = dict(failed)
    for part, column in parts:
        places = range(size) if part.at is None else part.at
        for place, value in zip(places, column.values, strict=True):
            values[place] = value
        faults |= {places[at]: found for at, found in column.faults.items()}
    for at in failed:
        values[at] = NULLED
    return Column(values, faults)


def allowing_null(column: Column) -> Column:
    """At a position that may be null, a failed value is null."""
    if not column.faults:
        return column
    values = [None if value is NULLED else value for value in column.values]
    return Column(values, column.faults)


def refusing_null(column: Column, nodes: Sequence[FieldNode], label: str) -> Column:
    """At a position that must not be null, null is a failure; `label` names the field."""
    missing = [at for at, value in enumerate(column.values) if value is None]
    if not missing:
        return column
    error = TypeError(f"Cannot return null for non-nullable field {label}.")
    values, faults = column.values[:], dict(column.faults)
    for at in missing:
        values[at] = NULLED
        faults[at] = [Fault(error, nodes)]
    return Column(values, faults)

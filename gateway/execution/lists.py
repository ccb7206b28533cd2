"""Lists: opened before what is in them is completed, and closed again behind it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from graphql import GraphQLError, Undefined

from gateway.execution.columns import (
    NO_FAULTS,
    Column,
    Fault,
    Faults,
    Part,
    allowing_null,
    of_lists,
    put_together,
    refusing_null,
)
from gateway.execution.core import is_iterable
from gateway.execution.plan import Field

SEQUENCES: set[type] = {list, tuple}


class Opened(NamedTuple):
    """The lists that stood at one position, and what stood there instead of a list."""

    size: int
    lists: Part
    failed: Faults
    nullable: bool

    def items(self) -> list[Any]:
        return list(chain.from_iterable(self.lists.values))

    def closed(self, items: Column, field: Field) -> Column:
        """The lists again, of completed items."""
        lists = of_lists(items, list(map(len, self.lists.values)))
        if self.lists.at is None:
            return allowing_null(lists) if self.nullable else lists
        column = put_together(self.size, [(self.lists, lists)], self.failed)
        if self.nullable:
            return allowing_null(column)
        return refusing_null(column, field.nodes, field.label)


def opened(values: Sequence[Any], field: Field, *, nullable: bool) -> Opened:
    """The lists among values of a position that holds lists."""
    if set(map(type, values)) <= SEQUENCES:
        return Opened(len(values), Part(values), NO_FAULTS, nullable)
    lists: list[Sequence[Any]] = []
    at: list[int] = []
    failed: dict[int, list[Fault]] = {}
    for place, value in enumerate(values):
        try:
            found = _list(value, field)
        except Exception as error:
            failed[place] = [Fault(error, field.nodes)]
            continue
        if found is not None:
            lists.append(found)
            at.append(place)
    return Opened(len(values), Part(lists, at), failed, nullable)


def _list(value: Any, field: Field) -> Sequence[Any] | None:
    if isinstance(value, Exception):
        raise value
    if value is None or value is Undefined:
        return None
    if not is_iterable(value):
        raise GraphQLError(f"Expected Iterable, but did not find one for field '{field.label}'.")
    return list(value)

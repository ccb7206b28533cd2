"""Counting operations: which, what came of them, how long they took, and what they read.

A request only notes what was; it is counted for many at a time, which costs a third.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from time import perf_counter

from graphql import OperationDefinitionNode

from gateway.answering import is_subscription
from gateway.execution.engine import Outcome
from gateway.execution.errors import code_of
from gateway.metrics import instruments
from gateway.seeing import Seen, name

MOST_NAMES = 500
OTHERS = "(others)"
MOST_NOTED = 1_000

OK, WITH_ERRORS, REFUSED, BROKEN = "ok", "errors", "refused", "broken"

SEEN: ContextVar[Seen | None] = ContextVar("seen", default=None)
"""The operation that reads."""

Note = tuple[OperationDefinitionNode | None, bool, str, float, int]
"""An operation, whether it is registered, what came of it, seconds, reads."""


class Counting:
    """An `Observer`. After so many names, further ones are counted together."""

    def __init__(self) -> None:
        self._noted: list[Note] = []
        self._names: set[str] = set()

    def begins(self, seen: Seen) -> None:
        SEEN.set(seen)
        seen.began = perf_counter()

    def ends(self, seen: Seen) -> None:
        seconds, outcome = perf_counter() - seen.began, seen.outcome
        if outcome and not outcome.executed:
            if is_subscription(outcome):
                return  # it is counted when it is opened
            instruments.REFUSED.labels(code_of(outcome.errors[0])).inc()
        note = (seen.operation, seen.is_registered, _word(outcome), seconds, seen.reads)
        self._noted.append(note)
        if len(self._noted) >= MOST_NOTED:
            self.settle()

    def settle(self) -> None:
        """Count what was noted."""
        noted, self._noted = self._noted, []
        alike: dict[tuple[int, bool, str], list[Note]] = {}
        for note in noted:
            alike.setdefault((id(note[0]), note[1], note[2]), []).append(note)
        for notes in alike.values():
            self._count(notes)

    def _count(self, notes: Sequence[Note]) -> None:
        operation, is_registered, outcome, _, _ = notes[0]
        called = self._bounded(name(operation, is_registered=is_registered))
        instruments.OPERATIONS.labels(called, outcome).inc(len(notes))
        instruments.OPERATION_READS.labels(called).inc(sum(note[4] for note in notes))
        observe = instruments.OPERATION_SECONDS.labels(called).observe
        for note in notes:
            observe(note[3])

    def _bounded(self, name: str) -> str:
        if len(self._names) >= MOST_NAMES and name not in self._names:
            return OTHERS
        self._names.add(name)
        return name


def _word(outcome: Outcome | None) -> str:
    if outcome is None:
        return BROKEN
    if not outcome.executed:
        return REFUSED
    return WITH_ERRORS if outcome.errors else OK

"""Counting operations: which, what came of them, how long they took, and what they read."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import NamedTuple

from prometheus_client import Counter, Histogram

from gateway.answering import is_subscription
from gateway.execution.engine import Outcome
from gateway.execution.errors import code_of
from gateway.metrics import instruments
from gateway.seeing import Seen, name

MOST_NAMES = 500
OTHERS = "(others)"

OK, WITH_ERRORS, REFUSED, BROKEN = "ok", "errors", "refused", "broken"


class Tally:
    """What one operation has read."""

    __slots__ = ("reads",)

    def __init__(self) -> None:
        self.reads = 0


TALLY: ContextVar[Tally | None] = ContextVar("tally", default=None)


class Series(NamedTuple):
    """What is counted of operations of one name and outcome; looked up once, for speed."""

    times: Counter
    seconds: Histogram
    reads: Counter


class Counting:
    """An `Observer`. After so many names, further ones are counted together."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], Series] = {}
        self._names: set[str] = set()

    def __call__(self, seen: Seen) -> Callable[[], None]:
        tally, began = Tally(), perf_counter()
        TALLY.set(tally)

        def end() -> None:
            self._count(seen, perf_counter() - began, tally.reads)

        return end

    def _count(self, seen: Seen, seconds: float, reads: int) -> None:
        outcome = seen.outcome
        if outcome and not outcome.executed:
            if is_subscription(outcome):
                return  # it is counted when it is opened
            refused(code_of(outcome.errors[0]))
        key = name(seen), _word(outcome)
        series = self._series.get(key) or self._learned(*key)
        series.times.inc()
        series.seconds.observe(seconds)
        if reads:
            series.reads.inc(reads)

    def _learned(self, name: str, outcome: str) -> Series:
        if len(self._names) >= MOST_NAMES and name not in self._names:
            name = OTHERS
        self._names.add(name)
        series = Series(
            instruments.OPERATIONS.labels(name, outcome),
            instruments.OPERATION_SECONDS.labels(name),
            instruments.OPERATION_READS.labels(name),
        )
        self._series[name, outcome] = series
        return series


def refused(code: object) -> None:
    """Something was refused before it was executed; its code is one of ours."""
    instruments.REFUSED.labels(code).inc()


def _word(outcome: Outcome | None) -> str:
    if outcome is None:
        return BROKEN
    if not outcome.executed:
        return REFUSED
    return WITH_ERRORS if outcome.errors else OK

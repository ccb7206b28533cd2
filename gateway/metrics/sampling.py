"""Figures that nobody counts, but that can be looked up: now and then, by a job of each process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from resource import getpagesize
from time import monotonic

from domain.channels.inbox import Backlog
from gateway.answering import Graph
from gateway.live.hub import Hub
from gateway.metrics import instruments
from gateway.metrics.operations import Counting
from gateway.upkeep import Job

EVERY_SECONDS = 2.0
LAG_EVERY_SECONDS = 5.0
MEMORY = Path("/proc/self/statm")
"""Linux only. Source: proc_pid_statm(5): the second number is that of resident pages."""

Jobs = Mapping[str, tuple[Job, float]]


def jobs(counting: Counting, graphs: Sequence[Graph], hub: Hub | None) -> Jobs:
    """What a process counts now and then, and looks up of itself."""
    return {"figures": (Sampling(counting, graphs, hub).look, EVERY_SECONDS)}


def lagging(lag: Callable[[], Awaitable[tuple[float, int]]]) -> Jobs:
    """What the journal has to catch up with; `lag` gives seconds, and the last number."""

    async def look() -> int:
        seconds, last = await lag()
        instruments.JOURNAL_LAG.set(seconds)
        instruments.JOURNAL_ENTRIES.set(last)
        return 0

    return {"journal lag": (look, LAG_EVERY_SECONDS)}


def backlogged(backlog: Callable[[], Awaitable[Backlog]]) -> Jobs:
    """What nobody has applied, knows the outcome of, or looked at."""

    async def look() -> int:
        found = await backlog()
        instruments.INBOX_WAITING.set(found.waiting)
        instruments.INBOX_LAG.set(found.oldest_seconds)
        instruments.INBOX_PARKED.set(found.parked)
        instruments.INCIDENTS.set(found.incidents)
        instruments.INSTRUCTIONS_OPEN.set(found.instructions)
        instruments.INSTRUCTIONS_LAG.set(found.unknown_seconds)
        instruments.STOCK_PUSHES_WAITING.set(found.pushes)
        instruments.STOCK_PUSH_LAG.set(found.push_seconds)
        return 0

    return {"backlog": (look, LAG_EVERY_SECONDS)}


class Sampling:
    """Looks at graphs, subscribers, and the process itself."""

    def __init__(self, counting: Counting, graphs: Sequence[Graph], hub: Hub | None) -> None:
        self._counting = counting
        self._graphs = graphs
        self._hub = hub
        self._executions = Counter[str]()
        self._compilations = 0
        self._looked: float | None = None

    async def look(self) -> int:
        self._counting.settle()
        self._look_at_plans()
        self._look_at_subscribers()
        self._look_at_the_process(monotonic())
        return 0

    def _look_at_plans(self) -> None:
        executions, compilations = Counter[str](), 0
        for graph in self._graphs:
            executions.update(graph.engine.executions)
            compilations += graph.engine.compilations
        for by, count in (executions - self._executions).items():
            instruments.EXECUTIONS.labels(by).inc(count)
        instruments.PLANS_COMPILED.inc(compilations - self._compilations)
        self._executions, self._compilations = executions, compilations

    def _look_at_subscribers(self) -> None:
        if self._hub:
            crowd = self._hub.crowd()
            instruments.SUBSCRIPTION_GROUPS.set(crowd.groups)
            instruments.SUBSCRIBERS.set(crowd.subscribers)
            instruments.QUEUED_MESSAGES.set(crowd.waiting)

    def _look_at_the_process(self, now: float) -> None:
        if self._looked is not None:
            instruments.LOOP_LAG.set(max(0.0, now - self._looked - EVERY_SECONDS))
        self._looked = now
        if MEMORY.exists():
            instruments.RESIDENT.set(int(MEMORY.read_text().split()[1]) * getpagesize())

"""Watching a run: what was asked of which resolver, for how many parents, and for how long."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter

from gateway.execution.plan import Field, Plan


@dataclass(slots=True)
class Read:
    """One read that a resolver caused: what it is called, of how many keys, in milliseconds."""

    name: str
    keys: int
    took_ms: float


@dataclass(slots=True)
class Call:
    """One call of a resolver; `took_ms` includes what it waited for."""

    field: Field
    parents: int
    took_ms: float = 0.0
    reads: list[Read] = dataclasses.field(default_factory=list[Read])


_CURRENT: ContextVar[Call | None] = ContextVar("resolver", default=None)


def note(read: Read) -> None:
    """Count a read in with the resolver that is being called, if somebody watches.

    A read that several resolvers share counts for the one that asked first.
    """
    if call := _CURRENT.get():
        call.reads.append(read)


class Watch:
    """Sees one run. Without a plan, graphql-core executed, for `reason`."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.reason: str | None = None
        self.calls: list[Call] = []

    @contextmanager
    def asking(self, field: Field, parents: int) -> Generator[None]:
        """Entered while a batch or root resolver answers for so many parents."""
        call = Call(field, parents)
        self.calls.append(call)
        token, began = _CURRENT.set(call), perf_counter()
        try:
            yield
        finally:
            call.took_ms = (perf_counter() - began) * 1000
            _CURRENT.reset(token)

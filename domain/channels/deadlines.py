"""How long may be waited for channels on behalf of one request, whatever the number of calls."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_until: ContextVar[float | None] = ContextVar("upstream deadline", default=None)


@contextmanager
def within(seconds: float) -> Generator[None]:
    """All calls in here together may take so long; an earlier deadline stays."""
    until = monotonic() + seconds
    known = _until.get()
    token = _until.set(until if known is None else min(known, until))
    try:
        yield
    finally:
        _until.reset(token)


def left(most: float) -> float:
    """How many seconds are left, `most` at the most; 0 or less: none."""
    until = _until.get()
    return most if until is None else min(most, until - monotonic())

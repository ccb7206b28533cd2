"""Work, as the number of functions that are called: the same on every machine and every day."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

MOST_CALLS = 400_000
"""Of Python and C functions; 50 ms of CPU are about a million."""


class Calls:
    """How many there were."""

    count = 0


@contextmanager
def counting() -> Iterator[Calls]:
    """Count the calls that this thread makes meanwhile."""
    calls = Calls()

    def called(_frame: object, event: str, _argument: object) -> None:
        if event in {"call", "c_call"}:
            calls.count += 1

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        yield calls
    finally:
        sys.setprofile(before)

"""Who fails time and again is left alone for a while; one call tries whether it is over."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

FAILURES = 5
FIRST_REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 60.0


class Breaker:
    """Counts failures in a row; open, it lets nobody through until its rest is over."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._failures = 0
        self._rest = FIRST_REST_SECONDS
        self._open_until: float | None = None
        self._is_trying = False

    def closed_for(self) -> float:
        """0 if a call may go through, which must be told of; else for how many seconds none may."""
        if self._open_until is None:
            return 0.0
        left = self._open_until - self._now()
        if left > 0 or self._is_trying:
            return max(left, FIRST_REST_SECONDS)
        self._is_trying = True
        return 0.0

    def succeeded(self) -> None:
        self._failures, self._rest = 0, FIRST_REST_SECONDS
        self._open_until, self._is_trying = None, False

    def failed(self) -> None:
        self._failures += 1
        if self._is_trying:
            self._rest = min(2 * self._rest, LONGEST_REST_SECONDS)
        if self._is_trying or self._failures >= FAILURES:
            self._open_until = self._now() + self._rest
        self._is_trying = False

    def abandoned(self) -> None:
        """The call told nothing about the channel: it was cut off by us."""
        self._is_trying = False

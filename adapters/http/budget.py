"""How often a channel may be called: what it said of it, counted down and coming back."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

WHOLE = 1 - 1e-6
"""A call, but for what counting in fractions loses."""

LONGEST_LINE_SECONDS = 2.0
"""Nobody waits for a later turn, so none is promised."""


class Budget:
    """Without a word from the channel there is no limit.

    Those who come when nothing is left are told different times, one after the other. Who comes
    back at theirs finds a call to spend.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._left = float("inf")
        self._per_second = 0.0
        self._at = now()
        self._closed_until = 0.0
        self._last_turn = 0.0

    def allow(self, left: float, per_second: float) -> None:
        """The channel said: so many now, and so many more each second."""
        self._left, self._per_second, self._at = left, max(0.0, per_second), self._now()

    def close(self, seconds: float) -> None:
        """The channel said: not again before this."""
        self._closed_until = max(self._closed_until, self._now() + seconds)

    def take(self) -> float:
        """Spend a call; gives 0, or after how many seconds there will be one to spend."""
        now = self._now()
        if now < self._closed_until:
            return self._closed_until - now
        self._left += (now - self._at) * self._per_second
        self._at = now
        if self._left >= WHOLE:
            self._left -= 1
            return 0.0
        return self._wait(now) if self._per_second else 1.0

    def _wait(self, now: float) -> float:
        """Until the first turn that nobody was promised yet."""
        earliest = now + (1 - self._left) / self._per_second
        turn = max(earliest, self._last_turn + 1 / self._per_second)
        if turn - now <= LONGEST_LINE_SECONDS:
            self._last_turn = turn
        return turn - now

"""How fast a client may begin operations on one socket.

What an operation costs is its client's budget's affair. This is about clients that begin and
complete in a loop, each time for next to nothing: opening costs more than it is worth.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

AT_ONCE = 40
A_SECOND = 5.0
MOST_REFUSED = 100
"""So many too many, and the client will not learn."""


class Pace:
    """Beginnings that are saved up: `AT_ONCE` at most, `A_SECOND` are restored.

    Those that are refused count too, so a client gains nothing by asking again and again.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._left = float(AT_ONCE)
        self._at = now()

    def begins(self) -> bool:
        """May one more begin?"""
        now = self._now()
        self._left = min(AT_ONCE, self._left + (now - self._at) * A_SECOND) - 1
        self._at = now
        return self._left >= 0

    @property
    def is_lost(self) -> bool:
        """Has it been told so often that telling is no use?"""
        return self._left < -MOST_REFUSED

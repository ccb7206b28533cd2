"""What one request asks of channels: all of it within one deadline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from commands.channels.asking import Asking
from domain.channels.asking import Askable
from domain.freshness import Heard

DEADLINE_SECONDS = 0.8


class Asks:
    """The questions of one request; its time runs from the first of them.

    Without an `asking`, as where events are told, no channel is asked.
    """

    __slots__ = ("_asking", "_heard", "_seconds", "_until")

    def __init__(self, asking: Asking | None = None, seconds: float = DEADLINE_SECONDS) -> None:
        self._asking, self._seconds = asking, seconds
        self._until: float | None = None
        self._heard: dict[str, Heard] = {}

    async def renew(
        self, kind: type[Askable], ids: Sequence[str], oldest: timedelta, now: datetime
    ) -> Sequence[str]:
        """Ask for what is older; gives what has to be read again: it may be newer by now.

        Raises:
            Unavailable: the database does not answer.
        """
        if self._asking is None:
            return []
        if new := [key for key in dict.fromkeys(ids) if not self._settles(key, now - oldest)]:
            if self._until is None:
                self._until = monotonic() + self._seconds
            self._heard |= await self._asking.renew(kind, new, oldest, self._until)
        heard = {key: self._heard[key] for key in ids if key in self._heard}
        return [key for key, each in heard.items() if each.at]

    def _settles(self, key: str, since: datetime) -> bool:
        """Was it asked for in vain already, or is what came of it young enough?"""
        heard = self._heard.get(key)
        return heard is not None and (heard.at is None or heard.at >= since)

    def of(self, key: str) -> Heard | None:
        """What came of asking for something; None: it was not asked for."""
        return self._heard.get(key)

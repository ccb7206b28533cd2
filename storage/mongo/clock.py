"""The database's clock, as far as a gateway can know it: its own is never asked what time it is.

Between two looks, time is counted by a clock that nobody can turn. The result is never ahead of
the database, so that a deadline is never later than it was meant.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from storage.mongo.driver import Database

LOOK_EVERY_SECONDS = 30


class Clock:
    """Tells the time of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: tuple[float, datetime] | None = None

    async def now(self) -> datetime:
        """The time there, or a little earlier.

        Raises:
            Unavailable: it was not seen yet, and does not answer.
        """
        if self._seen is None or monotonic() - self._seen[0] > LOOK_EVERY_SECONDS:
            there = await self._database.now()
            self._seen = monotonic(), there
        looked, there = self._seen
        return there + timedelta(seconds=monotonic() - looked)

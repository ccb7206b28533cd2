"""One of the gateways appends; another takes over when it is not heard of."""

from __future__ import annotations

from asyncio import sleep
from time import monotonic

from storage.mongo.clock import Clock
from storage.mongo.driver import Database
from storage.mongo.journal.appender import Appender
from storage.mongo.leases import Lease

ASK_EVERY_SECONDS = 1.0
REST_SECONDS = 0.25
MANY = 500
"""So many entries at once that the next should not wait for company."""


class Leader:
    """The appender, while this gateway has the lease."""

    def __init__(self, database: Database, collections: tuple[str, ...]) -> None:
        self._appender = Appender(database, Clock(database), collections)
        self._lease = Lease(database, "journal")
        self._asked = -ASK_EVERY_SECONDS
        self._leads = False

    async def keep_up(self) -> int:
        """Append what waits; gives how much more than one likes to wait may be waiting.

        Each time the outboxes are read and trimmed, which for a level that is much in demand costs
        as much as a change of it. So what comes in the next moment goes together. While another
        one leads, it rests between two looks at the clock.
        """
        count = await self.append()
        if not self._leads:
            await sleep(REST_SECONDS)
        return max(0, count - MANY)

    async def append(self) -> int:
        """Append what waits, if it is ours to do; gives how many entries the journal has got."""
        if monotonic() - self._asked >= ASK_EVERY_SECONDS:
            self._leads = await self._lease.hold()
            self._asked = monotonic()
        return await self._appender.append() if self._leads else 0

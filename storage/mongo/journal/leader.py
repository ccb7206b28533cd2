"""One of the gateways appends and tidies up; another takes over when it is not heard of."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Awaitable, Callable
from time import monotonic

from storage.mongo.clock import Clock
from storage.mongo.driver import Database
from storage.mongo.journal.appender import Appender
from storage.mongo.leases import Lease

ASK_EVERY_SECONDS = 1.0
REST_SECONDS = 0.25
COMPANY_SECONDS = 0.05
"""So long behind an append the next one waits for company: a batch wakes all who follow."""

AWAKE_SECONDS, QUIET_SECONDS = 0.02, 0.06
"""Between two looks when there was just something to do, and when there was not for a while."""

TIRING = 1.1
"""By how much each look that found nothing makes the rest longer."""

MANY = 500
"""So many entries at once that the next should not wait for company."""


class Leader:
    """The appender, and whatever one gateway does for all, while this one has the lease."""

    def __init__(self, database: Database, collections: tuple[str, ...]) -> None:
        self._appender = Appender(database, Clock(database), collections)
        self._lease = Lease(database, "journal")
        self._asked = -ASK_EVERY_SECONDS
        self._leads = False
        self._pause = AWAKE_SECONDS

    async def keep_up(self) -> int:
        """Append what waits, and rest; gives how much more than one likes to wait may be waiting.

        Each time the outboxes are read and trimmed, which for a level that is much in demand costs
        as much as a change of it, and everybody who follows the journal is woken. So what comes in
        the next moment goes together.
        """
        count = await self.append()
        if count < MANY:
            await sleep(self._rest(count))
        return max(0, count - MANY)

    def _rest(self, count: int) -> float:
        """While another one leads, it rests between two looks at the clock."""
        if not self._leads:
            return REST_SECONDS
        if count:
            self._pause = AWAKE_SECONDS
            return COMPANY_SECONDS
        self._pause = min(self._pause * TIRING, QUIET_SECONDS)
        return self._pause

    async def append(self) -> int:
        """Append what waits, if it is ours to do; gives how many entries the journal has got."""
        if monotonic() - self._asked >= ASK_EVERY_SECONDS:
            self._leads = await self._lease.hold()
            self._asked = monotonic()
        return await self._appender.append() if self._leads else 0

    def alone(self, job: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
        """The same job, done only while this gateway is the one that appends."""

        async def done() -> int:
            return await job() if self._leads else 0

        return done

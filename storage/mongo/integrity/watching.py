"""A gateway looks at a little of everything now and then, round and round."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from domain.integrity import IntegrityCheck
from storage.mongo.driver import Database
from storage.mongo.integrity.checking import Checker
from storage.mongo.integrity.remembering import Remembered
from storage.mongo.leases import Lease

SLICE = 50
SLICE_BYTES = 400_000
MOST = 10
MISSED = 3
"""So many looks may be missed before another gateway takes over."""


class Watch:
    """Goes on where it left off, every so many seconds; one gateway at a time."""

    def __init__(self, database: Database, every_seconds: float) -> None:
        self._database = database
        self._lease = Lease(database, "integrity", timedelta(seconds=MISSED * every_seconds))
        self._places: dict[str, Any] = {}
        self._remembered = Remembered()

    async def look(self) -> Sequence[IntegrityCheck]:
        """Check the next slice; gives what does not hold.

        Raises:
            Unavailable: the database does not answer in time.
        """
        if not await self._lease.hold():
            return ()
        checker = Checker(
            self._database,
            most=MOST,
            size=SLICE,
            most_bytes=SLICE_BYTES,
            remembered=self._remembered,
        )
        for strand in checker.strands:
            place = self._places.get(strand.collection)
            self._places[strand.collection] = await checker.step(strand, place)
        return [check for check in checker.checks() if not check.holds]

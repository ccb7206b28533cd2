"""A gateway looks at a little of everything now and then, round and round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.integrity import IntegrityCheck
from storage.mongo.driver import Database
from storage.mongo.integrity.checking import Checker
from storage.mongo.leases import Lease

SLICE = 50
MOST = 10


class Watch:
    """Goes on where it left off; one gateway at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lease = Lease(database, "integrity")
        self._places: dict[str, Any] = {}

    async def look(self) -> Sequence[IntegrityCheck]:
        """Check the next slice; gives what does not hold."""
        if not await self._lease.hold():
            return ()
        checker = Checker(self._database, most=MOST, size=SLICE)
        for name, strand in checker.strands.items():
            self._places[name] = await strand(self._places.get(name))
        return [check for check in checker.checks() if not check.holds]

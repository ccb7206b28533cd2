"""Goes over the database, a piece at a time, and notes what must not be."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Callable
from typing import Any

from domain.integrity import IntegrityCheck, Tally
from storage.mongo.driver import Database
from storage.mongo.integrity import reading
from storage.mongo.integrity.looking import Strand, strands
from storage.mongo.integrity.remembering import Remembered

CHUNK = 500
MOST_BYTES = 4_000_000
LOOK_AGAIN_SECONDS = 1.0
WAITS = 30

Told = Callable[[str, int, int], None]
"""Hears what is checked, how much more of it was, and of how much (0: nobody knows)."""


def silent(*_: object) -> None:
    """Nobody listens."""


class Checker:
    """Checks at most `size` documents at a time; remembers `most` ids that break an invariant.

    What seems broken is looked at again after `pause` seconds, and counts if it still is: an
    import writes payments a moment before it posts them. Where very much is broken, that is
    not waited for any more. Who checks the same things again and again says what is `remembered`.
    """

    def __init__(
        self,
        database: Database,
        *,
        most: int,
        size: int = CHUNK,
        most_bytes: int = MOST_BYTES,
        pause: float = LOOK_AGAIN_SECONDS,
        remembered: Remembered | None = None,
    ) -> None:
        self._database = database
        self._size = size
        self._most_bytes = most_bytes
        self._pause = pause
        self._waits = WAITS
        self._tally = Tally(most)
        self.strands = strands(database, remembered or Remembered(most=0))

    def checks(self) -> list[IntegrityCheck]:
        """What came of it so far."""
        return self._tally.checks()

    async def all(self, told: Told = silent) -> list[IntegrityCheck]:
        """Check everything; what is added meanwhile is not run after.

        Raises:
            Unavailable: the database does not answer in time.
        """
        for strand in self.strands:
            until = await reading.last(self._database, strand.collection)
            place = await self.step(strand, None, until, told)
            while place is not None:
                place = await self.step(strand, place, until, told)
        return self.checks()

    async def step(
        self, strand: Strand, after: Any = None, until: Any = None, told: Told = silent
    ) -> Any:
        """Check the piece behind an id; gives the id to go on from, None at the end.

        Raises:
            Unavailable: the database does not answer in time.
        """
        piece = await reading.piece(
            self._database, strand.collection, after, until, self._size, self._most_bytes
        )
        if not piece.ids:
            return None
        faults = await strand.look(piece)
        if faults:
            await self._rest()
            faults &= await strand.look(piece)
        self._tally.seen(strand.names, len(piece.ids))
        self._tally.add(faults)
        told(strand.collection, len(piece.ids), 0)
        return piece.ids[-1]

    async def _rest(self) -> None:
        if self._waits:
            self._waits -= 1
            await sleep(self._pause)

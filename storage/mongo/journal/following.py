"""The journal as it grows, and what it says of levels as they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import aclosing

import msgspec
from msgspec import Struct

from domain.errors import Unavailable
from domain.ids import StockLevelId
from domain.journal import Happening, JournalEntry
from domain.live import history
from domain.stock import StockLevel, StockQuery
from storage.mongo import secrets
from storage.mongo.driver import Database, Document, Filter
from storage.mongo.driver.telling import inserts
from storage.mongo.journal.reading import JOURNAL
from storage.mongo.reader import among
from storage.mongo.stock.levels import LEVELS

CURSORS = "cursors"
READ = (*(name for name in StockLevel.__struct_encode_fields__ if name != "reservations"), "outbox")


class _Telling(Struct, frozen=True):
    """What a level has still to tell the journal."""

    outbox: tuple[Happening, ...] = ()


class MongoFollowing:
    """`ports.Following`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def watch(
        self, ring: Callable[[JournalEntry], None], is_wanted: Callable[[], bool]
    ) -> int:
        async with aclosing(inserts(self._database, JOURNAL.name)) as added:
            async for row in added:
                if not is_wanted():
                    break
                if row:
                    ring(msgspec.convert(row, JournalEntry))
        return 0

    async def last(self) -> int:
        rows = await self._database.find(
            JOURNAL.name, {}, sort=[("_id", -1)], limit=1, fields=("_id",)
        )
        return rows[0]["_id"] if rows else 0

    async def entries(
        self, after: int, upto: int | None = None, *, about: Sequence[str] | None = None, most: int
    ) -> Sequence[JournalEntry]:
        if upto is not None:
            await self._expect(upto)
        end: Filter = {} if upto is None else {"$lte": upto}
        where: Filter = {"_id": {"$gt": after, **end}, **among("about", about)}
        rows = await self._database.find(JOURNAL.name, where, sort=[("_id", 1)], limit=most)
        return msgspec.convert(rows, list[JournalEntry])

    async def levels(self, query: StockQuery, at: int) -> Sequence[StockLevel]:
        where = {**among("sku", query.skus), **among("location_id", query.locations)}
        return await self._as_of(where, at)

    async def levels_by_ids(self, keys: Sequence[StockLevelId], at: int) -> Sequence[StockLevel]:
        return await self._as_of({"_id": {"$in": keys}}, at)

    async def secret(self) -> bytes:
        return await secrets.secret(self._database, CURSORS)

    async def _as_of(self, where: Filter, at: int) -> Sequence[StockLevel]:
        """Levels without what the journal tells of them behind `at`, or does not tell yet.

        An entry that is not in the journal when it is read was still in the outbox before.
        """
        await self._expect(at)
        rows = await self._database.find(LEVELS.name, where, sort=[("sku_key", 1)], fields=READ)
        later = await self._later([row["_id"] for row in rows], at)
        told = await self._told([row for row in rows if row.get("outbox")], at)
        return [_before(row, later.get(row["_id"], ()), told) for row in rows]

    async def _expect(self, at: int) -> None:
        """Read nothing of a member that was just made primary and is behind what others showed.

        Raises:
            Unavailable: the journal does not reach to `at` here yet.
        """
        if at and await self.last() < at:
            raise Unavailable("The database does not know yet what it has told before.")

    async def _told(self, rows: Sequence[Document], at: int) -> Set[tuple[str, int]]:
        """What stands in outboxes, and in the journal up to `at` as well: it is not yet trimmed."""
        if not rows:
            return frozenset()
        where = {
            "aggregate": {"$in": [row["_id"] for row in rows]},
            "seq": {"$gte": min(row["outbox"][0]["seq"] for row in rows)},
            "_id": {"$lte": at},
        }
        found = await self._database.find(JOURNAL.name, where, fields=("aggregate", "seq"))
        return {(row["aggregate"], row["seq"]) for row in found}

    async def _later(self, keys: Sequence[str], at: int) -> Mapping[str, Sequence[JournalEntry]]:
        where = {"about": {"$in": keys}, "_id": {"$gt": at}}
        rows = await self._database.find(JOURNAL.name, where) if keys else []
        found: dict[str, list[JournalEntry]] = {}
        for entry in msgspec.convert(rows, list[JournalEntry]):
            found.setdefault(entry.aggregate, []).append(entry)
        return found


def _before(row: Document, later: Sequence[Happening], told: Set[tuple[str, int]]) -> StockLevel:
    level = msgspec.convert(row, StockLevel)
    outbox = msgspec.convert(row, _Telling).outbox
    untold = [each for each in outbox if (level.id, each.seq) not in told]
    by_version = {each.seq: each for each in (*later, *untold) if each.seq <= level.version}
    return history.before(level, [by_version[seq] for seq in sorted(by_version, reverse=True)])

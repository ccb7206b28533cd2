"""How far each channel was read."""

from __future__ import annotations

import msgspec

from domain.channels.marks import Mark
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database

MARKS = Collection("readings", Mark, (Index(by("line"), "Channel.adapters", sparse=True),))
COLLECTIONS = (MARKS,)


class MongoMarks:
    """`ports.receiving.Marks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, id: str) -> Mark | None:
        rows = await self._database.find(MARKS.name, {"_id": id})
        return msgspec.convert(rows[0], Mark) if rows else None

    async def save(self, mark: Mark) -> None:
        await self._database.replace(MARKS.name, MARKS.document(mark))

    async def remove(self, id: str) -> None:
        await self._database.delete(MARKS.name, {"_id": id})

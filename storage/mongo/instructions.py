"""What providers were told, kept until it is known what came of it, and asked about by one worker.

A row is never removed: it says under which key, and when, something was asked of a provider.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Generic, TypeVar

import msgspec

from domain.channels.instructing import LEASE, Instructed, InstructionState
from domain.channels.links import LinkErrand
from domain.ids import OperationId
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter

K = TypeVar("K", Instructed, LinkErrand)

OPEN: Filter = {"due": {"$type": "date"}}
WORK = (
    Index(by("due"), "asking what came of it", only=OPEN),
    Index(by("owner"), "taking several at once", sparse=True),
)

INSTRUCTIONS = Collection("instructions", Instructed, WORK)
ERRANDS = Collection("link_errands", LinkErrand, WORK)
COLLECTIONS = (INSTRUCTIONS, ERRANDS)


class MongoInstructions(Generic[K]):
    """`ports.instructing.Instructions`, of one collection."""

    def __init__(self, database: Database, collection: Collection, kept: type[K]) -> None:
        self._database, self._name, self._kept = database, collection.name, kept

    async def take(self, most: int) -> Sequence[K]:
        due: Filter = {**OPEN, "$expr": {"$lte": ["$due", "$$NOW"]}}
        name, order = self._name, [("due", 1)]
        rows = await self._database.find(name, due, sort=order, limit=most, fields=("_id",))
        if not rows:
            return []
        owner = secrets.token_hex(8)
        mine: Filter = {
            "owner": owner,
            "due": _from_now(LEASE),
            "attempts": {"$add": ["$attempts", 1]},
        }
        where = {"_id": {"$in": [row["_id"] for row in rows]}, **due}
        await self._database.change_all(name, where, [{"$set": mine}])
        found = await self._database.find(name, {"owner": owner})
        return [msgspec.convert(each, self._kept) for each in found]

    async def find(self, id: OperationId) -> K | None:
        rows = await self._database.find(self._name, {"_id": id})
        return msgspec.convert(rows[0], self._kept) if rows else None

    async def later(
        self, id: OperationId, after: timedelta, state: InstructionState, why: str | None
    ) -> None:
        again: Filter = {
            "state": state.value,
            "due": _from_now(after),
            "why": {"$literal": why},
            "owner": "$$REMOVE",
        }
        await self._database.change(self._name, {"_id": id, **OPEN}, [{"$set": again}])

    async def close(self, id: OperationId) -> None:
        closed = {"state": InstructionState.CLOSED.value, "due": None, "owner": "$$REMOVE"}
        await self._database.change(self._name, {"_id": id}, [{"$set": closed}])


def _from_now(time: timedelta) -> Filter:
    return {"$add": ["$$NOW", time // timedelta(milliseconds=1)]}

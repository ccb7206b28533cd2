"""What providers were told, kept until it is known what came of it, and asked about by one worker.

A row is never removed: it says under which key, and when, something was asked of a provider.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from domain.channels.instructing import LEASE, Instructed, InstructionState
from domain.ids import OperationId
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter

OPEN: Filter = {"due": {"$type": "date"}}

INSTRUCTIONS = Collection(
    "instructions",
    Instructed,
    (
        Index(by("due"), "asking what came of it", only=OPEN),
        Index(by("owner"), "taking several at once", sparse=True),
    ),
)
COLLECTIONS = (INSTRUCTIONS,)


class MongoInstructions:
    """`ports.instructing.Instructions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, most: int) -> Sequence[Instructed]:
        due: Filter = {**OPEN, "$expr": {"$lte": ["$due", "$$NOW"]}}
        name, order = INSTRUCTIONS.name, [("due", 1)]
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
        return msgspec.convert(found, list[Instructed])

    async def find(self, id: OperationId) -> Instructed | None:
        rows = await self._database.find(INSTRUCTIONS.name, {"_id": id})
        return msgspec.convert(rows[0], Instructed) if rows else None

    async def later(
        self, id: OperationId, after: timedelta, state: InstructionState, why: str | None
    ) -> None:
        again: Filter = {
            "state": state.value,
            "due": _from_now(after),
            "why": {"$literal": why},
            "owner": "$$REMOVE",
        }
        await self._database.change(INSTRUCTIONS.name, {"_id": id, **OPEN}, [{"$set": again}])

    async def close(self, id: OperationId) -> None:
        closed = {"state": InstructionState.CLOSED.value, "due": None, "owner": "$$REMOVE"}
        await self._database.change(INSTRUCTIONS.name, {"_id": id}, [{"$set": closed}])


def _from_now(time: timedelta) -> Filter:
    return {"$add": ["$$NOW", time // timedelta(milliseconds=1)]}

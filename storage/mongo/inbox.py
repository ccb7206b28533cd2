"""What channels sent, kept before it is acknowledged, and taken by one worker at a time.

A row is never removed: its key keeps the same delivery from being taken twice, for ever. What
stands in it is forgotten after a while, for it is about people.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from domain.channels.inbox import LEASE, DeliveryState, Kept
from storage.gathering import Gathered
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Document, Filter

WAITING: Filter = {"state": DeliveryState.WAITING.value}

INBOX = Collection(
    "inbox",
    Kept,
    (
        Index(by("due", "endpoint"), "applying", only=WAITING),
        Index(by("owner"), "taking several at once", sparse=True),
        Index(by("state", "-received_at"), "kassa inbox list, and forgetting"),
    ),
)
COLLECTIONS = (INBOX,)

BRIEF = tuple(name for name in Kept.__struct_fields__ if name not in {"id", "body", "headers"})


class MongoInbox:
    """`ports.receiving.Inbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keeping = Gathered(self._keep_all)

    async def keep(self, kept: Kept) -> bool:
        return await self._keeping.ask(kept)

    async def _keep_all(self, several: Sequence[Kept]) -> Sequence[bool]:
        documents = [INBOX.document(each) for each in several]
        twice = await self._database.add(INBOX.name, documents)
        return [n not in twice for n in range(len(several))]

    async def take(self, endpoints: Sequence[str], most: int) -> Sequence[Kept]:
        is_due = {"$expr": {"$lte": ["$due", "$$NOW"]}}
        due = {**WAITING, "endpoint": {"$in": list(endpoints)}, **is_due}
        rows = await self._database.find(
            INBOX.name, due, sort=[("due", 1)], limit=most, fields=("_id",)
        )
        if not rows:
            return []
        owner = secrets.token_hex(8)
        mine: Filter = {
            "owner": owner,
            "due": {"$add": ["$$NOW", LEASE // timedelta(milliseconds=1)]},
            "attempts": {"$add": ["$attempts", 1]},
        }
        where = {"_id": {"$in": [row["_id"] for row in rows]}, **WAITING, **is_due}
        await self._database.change_all(INBOX.name, where, [{"$set": mine}])
        return _read(await self._database.find(INBOX.name, {"owner": owner}))

    async def applied(self, ids: Sequence[str]) -> None:
        done: Filter = {
            "state": DeliveryState.APPLIED.value,
            "applied_at": "$$NOW",
            "why": None,
            "owner": "$$REMOVE",
        }
        where = {"_id": {"$in": list(ids)}, **WAITING}
        await self._database.change_all(INBOX.name, where, [{"$set": done}])

    async def later(self, id: str, after: timedelta, why: str) -> None:
        due = {"$add": ["$$NOW", after // timedelta(milliseconds=1)]}
        again = {"due": due, "why": {"$literal": why}, "owner": "$$REMOVE"}
        await self._database.change(INBOX.name, {"_id": id, **WAITING}, [{"$set": again}])

    async def park(self, id: str, why: str) -> None:
        aside: Filter = {
            "$set": {"state": DeliveryState.PARKED.value, "why": why},
            "$unset": {"owner": ""},
        }
        await self._database.change(INBOX.name, {"_id": id, **WAITING}, aside)

    async def replay(self, endpoint: str | None, id: str | None) -> int:
        where: Filter = {
            "state": DeliveryState.PARKED.value,
            "body": {"$ne": None},
            **({"endpoint": endpoint} if endpoint else {}),
            **({"_id": id} if id else {}),
        }
        anew = {"state": DeliveryState.WAITING.value, "due": "$$NOW", "attempts": 0}
        return await self._database.change_all(INBOX.name, where, [{"$set": anew}])

    async def find(self, id: str) -> Kept | None:
        return next(iter(_read(await self._database.find(INBOX.name, {"_id": id}))), None)

    async def list(
        self, state: DeliveryState | None, endpoint: str | None, most: int
    ) -> Sequence[Kept]:
        where: Filter = {
            **({"state": state.value} if state else {}),
            **({"endpoint": endpoint} if endpoint else {}),
        }
        newest = [("received_at", -1)]
        rows = await self._database.find(INBOX.name, where, sort=newest, limit=most, fields=BRIEF)
        return _read(rows)

    async def forget(self, state: DeliveryState, before: datetime) -> int:
        where: Filter = {
            "state": state.value,
            "received_at": {"$lt": before},
            "body": {"$ne": None},
        }
        return await self._database.change_all(
            INBOX.name, where, {"$set": {"body": None, "headers": None}}
        )


def _read(rows: Sequence[Document]) -> Sequence[Kept]:
    return msgspec.convert(rows, list[Kept])

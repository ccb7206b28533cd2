"""What each shop shows of our stock, in MongoDB; a worker at a time looks at a row.

A mark that comes while somebody looks is not lost: a row comes to rest only if its marks are those
that were seen when it was taken.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct

from domain.channels.pushing import (
    AT_LEAST_APART,
    LEASE,
    PATIENCE,
    Gone,
    Push,
    Rest,
    Sent,
    row_id,
)
from domain.ids import ChannelId, LocationId, Sku, StockLevelId
from domain.operations import Channel
from domain.ports.pushing import Level
from domain.stock import StockLevel
from domain.values import Count
from storage.mongo.catalog import LOCATIONS
from storage.mongo.collections import Collection as Kept
from storage.mongo.collections import Index, by
from storage.mongo.driver import Database, Filter
from storage.mongo.operations import CHANNELS
from storage.mongo.stock.levels import LEVELS

MOST_UNSETTLED = 20
"""Of so many numbers that may still come it is remembered that they are ours."""


class PushCursor(Struct, frozen=True):
    """How far the journal was read for one target."""

    id: str = msgspec.field(name="_id")
    number: Count


PUSHES = Kept(
    "stock_pushes",
    Push,
    (
        Index(by("channel", "due"), "pushing", only={"due": {"$type": "date"}}),
        Index(by("since"), "how long the oldest waits", only={"since": {"$type": "date"}}),
        Index(by("owner"), "taking several at once", only={"owner": {"$type": "string"}}),
    ),
)
CURSORS = Kept("push_cursors", PushCursor)
COLLECTIONS = (PUSHES, CURSORS)

MOST_COUNTED = 1_000_000

TOLD = tuple(name for name in StockLevel.__struct_encode_fields__ if name != "reservations")
DUE: Filter = {"due": {"$type": "date"}}
IS_PATIENT: Filter = {
    "$and": [
        {"$ne": [{"$ifNull": ["$unheard", 0]}, 0]},
        {"$eq": [{"$ifNull": ["$owner", None]}, None]},
        {"$eq": ["$attempts", 0]},
    ]
}
"""Nobody is at it, and it waits only for news: which any mark may be."""

BEHIND: Filter = {"since": {"$type": "date"}}


def _milliseconds(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)


def _in(time: timedelta) -> Filter:
    return {"$add": ["$$NOW", _milliseconds(time)]}


class MongoPushes:
    """`ports.pushing.Pushes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cursor(self, target: str) -> int | None:
        rows = await self._database.find(CURSORS.name, {"_id": target})
        return rows[0]["number"] if rows else None

    async def reach(self, target: str, number: int) -> None:
        await self._database.add(CURSORS.name, [CURSORS.document(PushCursor(target, number))])
        await self._database.change(CURSORS.name, {"_id": target}, {"$max": {"number": number}})

    async def mark(
        self, channel: str, places: Mapping[str, LocationId], of: Collection[Level]
    ) -> None:
        rows = [
            Push(
                id=row_id(channel, place, sku),
                channel=channel,
                sku=sku,
                place=place,
                location_id=location,
            )
            for place, location in places.items()
            for sku, at in of
            if at == location
        ]
        if rows:
            await self._database.add(PUSHES.name, [PUSHES.document(each) for each in rows])
            await self._marked({"_id": {"$in": [each.id for each in rows]}})

    async def doubt(self, channel: str, place: str, sku: Sku, observed: int) -> None:
        other: Filter = {"shown": {"$ne": observed}, "unsettled": {"$ne": observed}}
        adrift: Filter = {"is_adrift": True}
        where = {"_id": row_id(channel, place, sku), "$or": [other, adrift]}
        await self._marked(where, is_doubted=True)

    async def _marked(self, where: Filter, **fields: Any) -> None:
        mark: Filter = {
            "marks": {"$add": ["$marks", 1]},
            "due": {"$cond": [IS_PATIENT, "$$NOW", {"$ifNull": ["$due", "$$NOW"]}]},
            "since": {"$ifNull": ["$since", "$$NOW"]},
            **fields,
        }
        await self._database.change_all(PUSHES.name, where, [{"$set": mark}])

    async def take(self, channel: str, most: int) -> Sequence[Push]:
        is_due = {"$expr": {"$lte": ["$due", "$$NOW"]}}
        due = {"channel": channel, **DUE, **is_due}
        rows = await self._database.find(
            PUSHES.name, due, sort=[("due", 1)], limit=most, fields=("_id",)
        )
        if not rows:
            return []
        owner = secrets.token_hex(8)
        mine: Filter = {
            "owner": owner,
            "due": _in(LEASE),
            "attempts": {"$add": ["$attempts", 1]},
        }
        where = {"_id": {"$in": [row["_id"] for row in rows]}, **DUE, **is_due}
        await self._database.change_all(PUSHES.name, where, [{"$set": mine}])
        return msgspec.convert(await self._database.find(PUSHES.name, {"owner": owner}), list[Push])

    async def sending(self, several: Sequence[tuple[Push, Sent, Gone]]) -> None:
        changes = [
            (_mine(row), [{"$set": _sending(row, sent, gone)}]) for row, sent, gone in several
        ]
        if changes:
            await self._database.change_each(PUSHES.name, changes)

    async def rest(self, several: Sequence[tuple[Push, Rest]]) -> None:
        changes = [(_mine(row), [{"$set": _resting(row, done)}]) for row, done in several]
        if changes:
            await self._database.change_each(PUSHES.name, changes)

    async def again(self, row: Push, after: timedelta, why: str, *, is_settled: bool) -> None:
        update: Filter = {
            "due": _in(after),
            "why": {"$literal": why},
            "owner": None,
            **({"sent": None, "is_doubted": True} if is_settled else {}),
        }
        await self._database.change_all(PUSHES.name, _mine(row), [{"$set": update}])

    async def counts(self, channel: str) -> Mapping[str, int]:
        """How many rows a channel has, and of how many it does not show what it should."""
        sorts: Mapping[str, Filter] = {
            "all": {},
            "waiting": DUE,
            "adrift": {"is_adrift": True},
        }
        return {
            name: await self._database.count(
                PUSHES.name, {"channel": channel, **where}, MOST_COUNTED
            )
            for name, where in sorts.items()
        }

    async def page(self, channel: str, *, most: int) -> Sequence[Push]:
        where = {"channel": channel}
        order = [("since", -1), ("sku", 1)]
        rows = await self._database.find(PUSHES.name, where, sort=order, limit=most)
        return msgspec.convert(rows, list[Push])


def _mine(row: Push) -> Filter:
    """The row, as long as nobody else has taken it since."""
    return {"_id": row.id, "owner": row.owner}


def _gone(row: Push, gone: Gone) -> Filter:
    """What is waited for counts from when it changed last."""
    since = "$strange_since" if gone.unheard == row.unheard else None
    return {
        "heard": gone.heard,
        "heard_late": gone.late,
        "unheard": gone.unheard,
        "strange": gone.strange,
        "strange_since": {"$ifNull": [since, "$$NOW"]} if gone.unheard else None,
    }


def _sending(row: Push, sent: Sent, gone: Gone) -> Filter:
    is_new = row.sent is None or row.sent.key != sent.key
    return {
        "sent": {"$literal": msgspec.to_builtins(sent)},
        "sends": row.sends + is_new,
        "unsettled": [*row.unsettled, sent.quantity][-MOST_UNSETTLED:],
        "shown": sent.expected,
        **_gone(row, gone),
    }


def _resting(row: Push, done: Rest) -> Filter:
    is_same = {"$eq": ["$marks", row.marks]}
    later = _in(PATIENCE) if done.gone.unheard else None
    return {
        **_gone(row, done.gone),
        "shown": done.shown,
        "told": done.told,
        "version": done.version,
        "why": {"$literal": done.why},
        "is_adrift": done.is_adrift,
        "acknowledged_at": None if done.shown is None else "$$NOW",
        "sent": None,
        "unsettled": [],
        "attempts": 0,
        "owner": None,
        "is_doubted": {"$cond": [is_same, False, "$is_doubted"]},
        "due": {"$cond": [is_same, later, _in(AT_LEAST_APART)]},
        "since": {"$cond": [is_same, None, "$since"]},
    }


class MongoLevels:
    """`ports.pushing.Levels`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def numbered(self, ids: Collection[StockLevelId]) -> Sequence[Level]:
        return await self._those({"_id": {"$in": list(ids)}})

    async def listed(
        self, locations: Collection[LocationId], after: str | None, most: int
    ) -> tuple[Sequence[Level], str | None]:
        where: Filter = {"location_id": {"$in": list(locations)}, "sku_key": {"$gt": after or ""}}
        rows = await self._database.find(
            LEVELS.name,
            where,
            sort=[("sku_key", 1)],
            limit=most,
            fields=("sku", "location_id", "sku_key"),
        )
        found = [(Sku(row["sku"]), LocationId(row["location_id"])) for row in rows]
        return found, rows[-1]["sku_key"] if len(rows) == most else None

    async def many(self, those: Collection[Level]) -> Mapping[Level, StockLevel]:
        skus, locations = {sku for sku, _ in those}, {location for _, location in those}
        where = {"sku": {"$in": sorted(skus)}, "location_id": {"$in": sorted(locations)}}
        rows = await self._database.find(LEVELS.name, where, fields=TOLD)
        found = msgspec.convert(rows, list[StockLevel])
        return {(each.sku, each.location_id): each for each in found}

    async def channel(self, id: ChannelId) -> Channel | None:
        rows = await self._database.find(CHANNELS.name, {"_id": id})
        return msgspec.convert(rows[0], Channel) if rows else None

    async def places(self, codes: Collection[str]) -> Mapping[str, LocationId]:
        where = {"code": {"$in": list(codes)}}
        rows = await self._database.find(LOCATIONS.name, where, fields=("code",))
        return {row["code"]: LocationId(row["_id"]) for row in rows}

    async def _those(self, where: Filter) -> Sequence[Level]:
        rows = await self._database.find(LEVELS.name, where, fields=("sku", "location_id"))
        return [(Sku(row["sku"]), LocationId(row["location_id"])) for row in rows]

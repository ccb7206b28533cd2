"""Holds far from their level: those for which its document has no room.

An update of a level costs what its document weighs, and nearly all of that are holds. So the
oldest of too many leave for documents of their own. The level's numbers stay those of all its
holds, near and far, and so do its version and its outbox: who reads it sees nothing of this.

A hold is in one place at any time, and whatever changes it brings it home first, in the same
transaction. `far` of a level names the latest departure. Who updates a level says of which one it
knows, so nobody takes for unknown what has left since they looked.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from domain.ids import ReservationId, StockLevelId
from domain.stock import Hold, ReservationState
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter
from storage.mongo.stock.expiry import HOLDS
from storage.mongo.stock.levels import LEVELS

MOST_NEAR = 2_000
"""As many holds has a level in its own document; when one more comes, half of them leave."""

MOST_HOME = 500
"""So many holds that ran out come home with one update, at most."""

NEAR: Filter = {"$size": HOLDS}
IS_ACTIVE: Filter = {"hold.state": ReservationState.ACTIVE}


class FarHold(Struct, frozen=True):
    """A hold that left its level. Its id names the departure as well, so none is met twice."""

    id: str = msgspec.field(name="_id")
    level_id: StockLevelId
    reservation: ReservationId
    hold: Hold


FAR = Collection(
    "far_holds",
    FarHold,
    (
        Index(by("level_id", "reservation"), "changing a hold", unique=True),
        Index(by("hold.until"), "letting go", only=IS_ACTIVE),
    ),
)


async def depart(database: Database, level: str, most_near: int) -> None:
    """Send the older half of a level's holds away, if there are too many."""
    departure = secrets.token_hex(8)

    async def body(database: Database) -> None:
        where = {"_id": level, "$expr": {"$gt": [NEAR, most_near]}}
        now = {"$set": {"far": departure}}
        # The level is written before anything is looked at: from here on nobody else can.
        found = await database.change(LEVELS.name, where, now, fields=("reservations",))
        if found is None:
            return
        leaving = list(found["reservations"].items())[: -(most_near // 2)]
        rows = [_row(level, departure, *each) for each in leaving]
        await database.insert(FAR.name, rows)
        left = {"$arrayToObject": {"$slice": [HOLDS, len(leaving), most_near]}}
        await database.change(
            LEVELS.name, {"_id": level}, [{"$set": {"reservations": left}}], fields=("_id",)
        )

    await database.transaction(body)


def _row(level: str, departure: str, reservation: str, hold: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "_id": f"{departure}/{reservation}",
        "level_id": level,
        "reservation": reservation,
        "hold": hold,
    }


async def named(database: Database, level: str, reservations: Sequence[str]) -> list[FarHold]:
    """Those of these holds that are far."""
    where = {"level_id": level, "reservation": {"$in": list(reservations)}}
    return _far(await database.find(FAR.name, where))


async def run_out(database: Database, level: str, now: datetime) -> list[FarHold]:
    """The first of the far holds of a level that have run out."""
    where = {**IS_ACTIVE, "hold.until": {"$lte": now}, "level_id": level}
    rows = await database.find(FAR.name, where, sort=[("hold.until", 1)], limit=MOST_HOME)
    return _far(rows)


def _far(rows: Sequence[Filter]) -> list[FarHold]:
    return msgspec.convert(rows, list[FarHold])


def home(holds: Sequence[FarHold]) -> list[Filter]:
    """What an update begins with that brings holds home."""
    back = {each.reservation: msgspec.structs.asdict(each.hold) for each in holds}
    ends = [each.hold.until for each in holds if each.hold.state is ReservationState.ACTIVE]
    soonest = {"$ifNull": [{"$min": ["$next_expiry", *ends]}, "$$REMOVE"]}
    return [
        {
            "$set": {
                "reservations": {"$mergeObjects": ["$reservations", {"$literal": back}]},
                "next_expiry": soonest,
            }
        }
    ]


class Overtaken(Exception):
    """Somebody else brought a hold home before us; nothing of this transaction happens."""


async def arrived(database: Database, holds: Sequence[FarHold]) -> None:
    """Take from afar what came home.

    Raises:
        Overtaken: not all of it was there any more.
    """
    gone = await database.delete(FAR.name, {"_id": {"$in": [each.id for each in holds]}})
    if gone < len(holds):
        raise Overtaken

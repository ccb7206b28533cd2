"""Units that come, go or are counted: one guarded update of one level, within a transaction."""

from __future__ import annotations

from typing import Any

import msgspec

from domain.stock import Shift, StockLevel
from domain.values import MAX_INT
from storage.mongo import outbox
from storage.mongo.driver import Database, Document, Filter
from storage.mongo.stock.expiry import expire, finish
from storage.mongo.stock.levels import LEVELS

PROMISED = ("committed", "reserved", "unavailable")


async def shift(database: Database, shift: Shift) -> StockLevel | None:
    """Do it if it is allowed; gives the level as it is then."""
    update = [*expire(), *_checked(shift), *finish()]
    where = {"sku": shift.sku, "location_id": shift.location_id}
    seen = {} if shift.seen_version is None else {"version": shift.seen_version}
    found = await database.change(LEVELS.name, {**where, **seen}, update)
    return _level(found) if found and found["last"] else None


async def level(database: Database, sku: str, location: str) -> StockLevel | None:
    rows = await database.find(LEVELS.name, {"sku": sku, "location_id": location})
    return _level(rows[0]) if rows else None


def _level(row: Document) -> StockLevel:
    return msgspec.convert(row, StockLevel)


def _checked(shift: Shift) -> list[Filter]:
    """The shift, unless some number would be out of bounds; `last` says whether it was done."""
    after = _counted(shift) if shift.counted is not None else _moved(shift)
    fits: list[Any] = [
        {"$and": [{"$gte": [number, 0]}, {"$lte": [number, MAX_INT]}]} for number in after.values()
    ]
    settled = {"oversold": 0, "counted_at": "$$NOW"} if shift.counted is not None else {}
    changed: dict[str, Any] = {
        name: {"$cond": ["$last", number, f"${name}"]}
        for name, number in {**after, **settled}.items()
    }
    return [
        {"$set": {"last": {"$and": fits}}},
        {
            "$set": {
                **changed,
                "version": {"$add": ["$version", {"$cond": ["$last", 1, 0]}]},
                "observed_at": {"$cond": ["$last", "$$NOW", "$observed_at"]},
                "_told": {
                    "$concatArrays": ["$_told", {"$cond": ["$last", [_tale(shift, after)], []]}]
                },
            }
        },
    ]


def _moved(shift: Shift) -> dict[str, Any]:
    return {name: {"$add": [f"${name}", change]} for name, change in shift.by.items()}


def _counted(shift: Shift) -> dict[str, Any]:
    promised = {"$add": [f"${name}" for name in PROMISED]}
    return {"on_hand": shift.counted, "free": {"$subtract": [shift.counted, promised]}}


def _tale(shift: Shift, after: dict[str, Any]) -> Filter:
    reason = {} if shift.reason is None else {"reason": [None, {"$literal": shift.reason}]}
    return {
        "seq": {"$add": ["$version", 1]},
        "type": shift.kind,
        "at": shift.at or "$$NOW",
        "actor": outbox.by_whom(shift.actor),
        "cause": shift.cause,
        "changes": {
            **{name: [f"${name}", number] for name, number in after.items()},
            **reason,
        },
        "subjects": {"$literal": [shift.cause, *shift.subjects]},
    }

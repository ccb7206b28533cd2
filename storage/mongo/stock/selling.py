"""Units that came or left at a till: it has happened, so no rule is asked; the books follow.

What is free and what is `oversold` are one number, above or below nothing: so units may come and
go in any order, and the level is the same. What is promised to others stays promised.
"""

from __future__ import annotations

from typing import Any

from domain.channels.numbered import Move, Shortage
from domain.values import MAX_INT, Actor
from storage.mongo import outbox
from storage.mongo.driver import Database, Filter
from storage.mongo.stock.expiry import expire, finish
from storage.mongo.stock.levels import LEVELS
from storage.mongo.stock.moving import PROMISED

OWED: Filter = {"$ifNull": ["$oversold", 0]}
BOOKED: Filter = {"$subtract": ["$free", OWED]}
PROMISED_UNITS: Filter = {"$add": [f"${name}" for name in PROMISED]}


async def move(database: Database, move: Move, cause: str, by_whom: Actor) -> Shortage | None:
    """Do it, unless it was counted later; gives what became short by it, or is so no more.

    No level: no units.
    """
    where: Filter = {"sku": move.sku, "location_id": move.location_id}
    not_counted: Filter = {"$or": [{"counted_at": None}, {"counted_at": {"$lt": move.at}}]}
    update = [*expire(), *_moved(move, cause, by_whom), *finish()]
    found = await database.change(LEVELS.name, {**where, **not_counted}, update)
    if found is None or not is_news(owed=found["oversold"], before=found["last"]):
        return None
    return Shortage(move.sku, move.location_id, found["oversold"])


def is_news(*, owed: int, before: int) -> bool:
    """Is more owed than before, or nothing any more?"""
    return owed > before or (before > 0 and owed == 0)


def _moved(move: Move, cause: str, by_whom: Actor) -> list[Filter]:
    is_count = move.counted is not None
    net = (
        {"$subtract": [move.counted + move.units, PROMISED_UNITS]}
        if move.counted is not None
        else {"$add": [BOOKED, move.units]}
    )
    room = {"$subtract": [MAX_INT, PROMISED_UNITS]}
    free = {"$max": [0, {"$min": ["$_net", room]}]}
    after: dict[str, Any] = {
        "free": free,
        "on_hand": {"$add": [PROMISED_UNITS, free]},
        "oversold": {"$max": [0, {"$min": [{"$multiply": ["$_net", -1]}, MAX_INT]}]},
    }
    tale = _tale(move, cause, by_whom, after)
    return [
        {"$set": {"_net": net, "last": OWED, "oversold": OWED}},
        {
            "$set": {
                **after,
                "version": {"$add": ["$version", 1]},
                "observed_at": "$$NOW",
                "_told": {"$concatArrays": ["$_told", [tale]]},
                **({"counted_at": move.at} if is_count else {}),
            }
        },
        {"$unset": ["_net"]},
    ]


def _tale(move: Move, cause: str, by_whom: Actor, after: dict[str, Any]) -> Filter:
    kind = "StockTaken" if move.counted is not None else _kind(move.units)
    return {
        "seq": {"$add": ["$version", 1]},
        "type": kind,
        "at": move.at,
        "actor": outbox.by_whom(by_whom),
        "cause": {"$literal": cause},
        "changes": {name: [f"${name}", number] for name, number in after.items()},
        "subjects": {"$literal": [cause]},
    }


def _kind(units: int) -> str:
    return "StockSold" if units < 0 else "StockBrought"

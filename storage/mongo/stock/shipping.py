"""Units that orders of shops promise, send and bring back: it has happened, so no rule is asked.

As at a till, what is free and what is `oversold` are one number, above or below nothing. A promise
moves units from what is free to what is committed. What was sent before somebody counted is not
taken off again: the count knew of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.channels.numbered import Shortage
from domain.channels.pushing import PATIENCE
from domain.channels.shipping import Change
from domain.values import MAX_INT, Actor
from storage.mongo import outbox
from storage.mongo.driver import Database, Filter
from storage.mongo.stock.expiry import expire, finish
from storage.mongo.stock.levels import LEVELS
from storage.mongo.stock.selling import BOOKED, OWED, is_news

KNOWN_SINCE: Filter = {"$max": ["$counted_at", "$authority.since"]}
LATE: Filter = {"$subtract": ["$$NOW", PATIENCE // timedelta(milliseconds=1)]}
OTHERS: Filter = {"$add": ["$reserved", "$unavailable"]}


async def move(
    database: Database,
    change: Change,
    account: str,
    by_whom: Actor,
    at: datetime,
    subjects: tuple[str, ...],
) -> Shortage | None:
    """Do it on a level that is there; gives what became short by it, or is so no more."""
    sku, location = change.shelf
    update = [*expire(), *_moved(change, account), *_told(change, by_whom, at, subjects), *finish()]
    found = await database.change(LEVELS.name, {"sku": sku, "location_id": location}, update)
    if found is None or not is_news(owed=found["oversold"], before=found["last"]):
        return None
    return Shortage(sku, location, found["oversold"])


def _moved(change: Change, account: str) -> list[Filter]:
    own = {
        name: {"$ifNull": [f"$shops.{account}.{name}", 0]} for name in ("committed", "sent", "late")
    }
    gone, prompt = _after(change, KNOWN_SINCE), _after(change, LATE)
    late = {"$subtract": [sum(units for _, units in change.sent), prompt]}
    return [
        {
            "$set": {
                "last": OWED,
                "oversold": OWED,
                "_net": {"$subtract": [BOOKED, {"$add": [change.open, gone]}]},
                "_committed": _bounded({"$add": ["$committed", change.open]}),
                f"shops.{account}": {
                    "committed": _bounded({"$add": [own["committed"], change.open]}),
                    "sent": {"$add": [own["sent"], prompt]},
                    "late": {"$add": [own["late"], late]},
                },
            }
        },
        {"$set": {"_free": _bounded("$_net", {"$add": ["$_committed", OTHERS]})}},
    ]


def _after(change: Change, moment: Filter) -> Filter:
    """How many units were sent after a moment."""
    return {
        "$add": [
            0,
            *(
                {"$cond": [{"$gt": [{"$literal": at}, moment]}, units, 0]}
                for at, units in change.sent
            ),
        ]
    }


def _bounded(number: Any, beside: Any = 0) -> Filter:
    """Never below nothing, nor more than a count can say, with what there is beside it."""
    return {"$max": [0, {"$min": [number, {"$subtract": [MAX_INT, beside]}]}]}


def _told(change: Change, by_whom: Actor, at: datetime, subjects: tuple[str, ...]) -> list[Filter]:
    after: dict[str, Any] = {
        "committed": "$_committed",
        "free": "$_free",
        "on_hand": {"$add": ["$_committed", OTHERS, "$_free"]},
        "oversold": _bounded({"$multiply": ["$_net", -1]}),
    }
    tale = {
        "seq": {"$add": ["$version", 1]},
        "type": _kind(change),
        "at": at,
        "actor": outbox.by_whom(by_whom),
        "cause": {"$literal": subjects[0]},
        "changes": {name: [f"${name}", number] for name, number in after.items()},
        "subjects": {"$literal": list(subjects)},
    }
    return [
        {
            "$set": {
                **after,
                "version": {"$add": ["$version", 1]},
                "observed_at": "$$NOW",
                "_told": {"$concatArrays": ["$_told", [tale]]},
            }
        },
        {"$unset": ["_net", "_free", "_committed"]},
    ]


def _kind(change: Change) -> str:
    units = sum(units for _, units in change.sent)
    if units > 0:
        return "StockShipped"
    if units < 0:
        return "StockRestocked"
    return "StockOrdered" if change.open > 0 else "StockFreed"

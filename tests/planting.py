"""A small shop whose journal tells everything, and what is put there past all guards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from domain import recorded
from domain.integrity import IntegrityCheck
from domain.orders import Order
from domain.stock import StockLevel
from domain.values import SYSTEM_ACTOR
from storage.mongo import outbox
from storage.mongo.driver import Database
from storage.mongo.integrity import Checker
from storage.mongo.orders import ORDERS
from storage.mongo.stock import LEVELS
from tests.trading import Trading

Broken = Mapping[str, set[str]]


async def tell_openings(database: Database) -> None:
    """Let the journal tell of what was put into the shop when nobody looked."""
    for collection, kind in ((LEVELS, StockLevel), (ORDERS, Order)):
        for row in await database.find(collection.name, {"version": 1, "outbox": None}):
            value = msgspec.convert(row, kind)
            told = outbox.told(recorded.opened(value, value.id, SYSTEM_ACTOR))
            begun = {"outbox": [told], outbox.PENDING_SINCE: value.updated_at}
            await database.change(collection.name, {"_id": value.id}, {"$set": begun})


async def told(shop: Trading) -> Trading:
    """The shop, with all that happened in it in the journal."""
    await tell_openings(shop.database)
    await shop.told()
    return shop


async def plant(database: Database, collection: str, where: Any, change: Any) -> None:
    """Change documents past the validators."""
    update = {"q": where, "u": change, "multi": isinstance(change, dict) and _is_set(change)}
    command = {"update": collection, "updates": [update], "bypassDocumentValidation": True}
    done = await database.command(command)
    assert done["n"], (collection, where)


def _is_set(change: Mapping[str, Any]) -> bool:
    return all(name.startswith("$") for name in change)


async def uproot(database: Database, collection: str, where: Any) -> None:
    """Take documents away."""
    assert await database.delete(collection, where)


async def checks(database: Database, **options: Any) -> Sequence[IntegrityCheck]:
    """What a check that does not wait finds."""
    return await Checker(database, **{"most": 100, "pause": 0, **options}).all()


async def broken(database: Database, **options: Any) -> Broken:
    """What is broken, by invariant."""
    return {
        each.name: set(each.ids) for each in await checks(database, **options) if not each.holds
    }

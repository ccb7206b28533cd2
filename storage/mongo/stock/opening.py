"""The first word about units of a product at a location."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from domain import ids
from domain.freshness import KASSA
from domain.ids import Kind, LocationId, Sku
from domain.journal import Happening, Scalar
from domain.stock import Authority, StockLevel
from domain.values import SYSTEM_ACTOR
from storage.mongo import outbox
from storage.mongo.driver import Database, Document, Taken
from storage.mongo.stock.levels import LEVELS

NUMBERS = ("on_hand", "committed", "reserved", "unavailable", "free", "incoming")


def level_document(level: StockLevel) -> Document:
    """With the instant at which somebody must look for holds that have run out."""
    untils = [hold.until for hold in level.reservations.values()]
    return LEVELS.document(level, next_expiry=min(untils, default=None))


def opened(level: StockLevel, cause: str) -> Happening:
    """What there is to tell of a level that was not there before."""
    numbers = {name: getattr(level, name) for name in NUMBERS}
    changes: dict[str, tuple[Scalar, Scalar]] = {name: (0, n) for name, n in numbers.items() if n}
    holds = {held: (None, hold.quantity) for held, hold in level.reservations.items()}
    return Happening(
        seq=level.version,
        type="StockOpened",
        at=level.updated_at,
        actor=SYSTEM_ACTOR,
        cause=cause,
        changes={**changes, **holds},
    )


async def open_level(database: Database, sku: Sku, location: LocationId, now: datetime) -> bool:
    """Begin a level without units, unless there is one; False without product or location."""
    if await database.find(LEVELS.name, {"sku": sku, "location_id": location}, fields=("_id",)):
        return True
    if not await database.find("products", {"sku": sku}, fields=("_id",)):
        return False
    if not await database.find("locations", {"_id": location}, fields=("_id",)):
        return False
    level = _empty(sku, location, now)
    told = [outbox.told(opened(level, level.id))]
    document: Mapping[str, object] = {
        **level_document(level),
        "outbox": told,
        outbox.PENDING_SINCE: now,
    }
    with suppress(Taken):  # somebody else was first, which is as good
        await database.put(LEVELS.name, dict(document))
    return True


def _empty(sku: Sku, location: LocationId, now: datetime) -> StockLevel:
    return StockLevel(
        id=ids.derived(Kind.STOCK_LEVEL, sku, location),
        updated_at=now,
        sku=sku,
        location_id=location,
        on_hand=0,
        committed=0,
        reserved=0,
        unavailable=0,
        free=0,
        authority=Authority("on_hand", KASSA, now),
        observed_at=now,
    )

"""The first word about units of a product at a location."""

from __future__ import annotations

from datetime import datetime

from domain import ids, recorded
from domain.freshness import KASSA
from domain.ids import Kind, LocationId, Sku
from domain.stock import Authority, StockLevel
from domain.values import SYSTEM_ACTOR
from storage.mongo import outbox
from storage.mongo.driver import Database, Document
from storage.mongo.stock.levels import LEVELS


def level_document(level: StockLevel) -> Document:
    """With the instant at which somebody must look for holds that have run out."""
    untils = [hold.until for hold in level.reservations.values()]
    return LEVELS.document(level, next_expiry=min(untils, default=None))


async def open_level(database: Database, sku: Sku, location: LocationId, now: datetime) -> bool:
    """Begin a level without units; False without product or location."""
    if not await database.find("products", {"sku": sku}, fields=("_id",)):
        return False
    if not await database.find("locations", {"_id": location}, fields=("_id",)):
        return False
    level = empty_level(sku, location, now)
    told = recorded.opened(level, level.id, SYSTEM_ACTOR)
    await database.put(LEVELS.name, outbox.telling(level_document(level), told))
    return True


def empty_level(sku: Sku, location: LocationId, now: datetime) -> StockLevel:
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

"""Stock levels in MongoDB: one document per (sku, location)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from domain.ids import ReservationId, Sku, StockLevelId, TransferId
from domain.pages import Page, PageRequest
from domain.ports import EVERYTHING, Wanted
from domain.stock import BY_SKU, Reservation, StockLevel, StockQuery, Transfer
from domain.viewer import Subject, Viewer
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter
from storage.mongo.outbox import PENDING
from storage.mongo.reader import Reader, among
from storage.mongo.sorting import SortKey

SORTED = SortKey("sku_key", BY_SKU)

BALANCED: Filter = {
    "$eq": ["$on_hand", {"$add": ["$committed", "$reserved", "$unavailable", "$free"]}]
}
"""Invariant S1, guarded by the database itself."""

LEVELS = Collection(
    "stock_levels",
    StockLevel,
    (
        Index(by("sku", "location_id"), "Product.levels, Product.availability", unique=True),
        Index(by("sku_key"), "stockLevels"),
        Index(by("sku", "sku_key"), "stockLevels(skus:)"),
        Index(by("location_id", "sku_key"), "stockLevels(locations:)"),
        Index(by("is_low", "sku_key"), "stockLevels(lowOnly:)", only={"is_low": True}),
        Index(by("next_expiry"), "letting go", only={"next_expiry": {"$exists": True}}),
        Index(by("far"), "bringing holds home", only={"far": {"$exists": True}}),
        PENDING,
    ),
    keys=(SORTED,),
    rules=(BALANCED,),
)
TRANSFERS = Collection("transfers", Transfer)


class MongoStock:
    """`ports.Stock`."""

    def __init__(self, database: Database, wanted: Wanted = EVERYTHING) -> None:
        self._levels = Reader(database, "stock_levels", StockLevel, Subject.STOCK, wanted)
        self._reservations = Reader(
            database, "reservations", Reservation, Subject.RESERVATIONS, wanted
        )
        self._transfers = Reader(database, "transfers", Transfer, Subject.STOCK, wanted)
        self._promises = Reader(database, "stock_levels", StockLevel, Subject.AVAILABILITY, wanted)

    def by_ids(
        self, viewer: Viewer, keys: Sequence[StockLevelId]
    ) -> Awaitable[Mapping[StockLevelId, StockLevel]]:
        return self._levels.by_ids(viewer, keys)

    def reservations_by_ids(
        self, viewer: Viewer, keys: Sequence[ReservationId]
    ) -> Awaitable[Mapping[ReservationId, Reservation]]:
        return self._reservations.by_ids(viewer, keys)

    def transfers_by_ids(
        self, viewer: Viewer, keys: Sequence[TransferId]
    ) -> Awaitable[Mapping[TransferId, Transfer]]:
        return self._transfers.by_ids(viewer, keys)

    def levels_of(
        self, viewer: Viewer, keys: Sequence[Sku]
    ) -> Awaitable[Mapping[Sku, Sequence[StockLevel]]]:
        return self._levels.many_each(viewer, "sku", keys)

    def promises_of(
        self, viewer: Viewer, keys: Sequence[Sku]
    ) -> Awaitable[Mapping[Sku, Sequence[StockLevel]]]:
        return self._promises.many_each(viewer, "sku", keys)

    async def page(
        self, viewer: Viewer, query: StockQuery, request: PageRequest
    ) -> Page[StockLevel]:
        low: Filter = {"is_low": True} if query.low_only else {}
        where = {**among("sku", query.skus), **among("location_id", query.locations), **low}
        return await self._levels.page(viewer, where, SORTED, request)

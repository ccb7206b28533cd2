"""The batched reads that the Python peers share: plain documents out of the same collections.

They connect as Kassa does, with the same write and read concerns and deadlines, but take naive
times, the driver's default, which are cheaper to show. `Reads` takes whole documents, as Kassa and
every DataLoader do; with `lean` only what the queries show.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from storage.mongo.driver.client import ONE_BATCH, SETTINGS

Document = dict[str, Any]
Guard = Callable[[str], Mapping[str, Any] | None]
"""What a collection's filter must hold for who asks; None where there is nothing to see."""

FIELDS: Mapping[str, Sequence[str]] = {
    "customers": ("number", "display_name"),
    "orders": (
        "number",
        "state",
        "placed_at",
        "channel_id",
        "customer_id",
        "totals.grand.gross_minor",
        "totals.grand.currency",
        "lines.ordered",
        "lines.name",
        "lines.sku",
        "lines.unit_price.gross_minor",
        "lines.unit_price.currency",
    ),
    "payments": ("order_id", "provider", "tender", "standing.state", "minor", "currency"),
    "products": ("sku", "name", "description", "barcodes", "prices", "allows_backorder"),
    "stock_levels": (
        "sku",
        "location_id",
        "on_hand",
        "committed",
        "reserved",
        "unavailable",
        "free",
        "incoming",
        "is_low",
    ),
    "locations": ("code", "name"),
    "channels": ("code", "currency", "safety_stock", "sells_from"),
}


def connected() -> AsyncDatabase[Document]:
    """The database that the harness names."""
    settings = {**SETTINGS, "tz_aware": False, "appname": "bench"}
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        os.environ["KASSA_MONGODB_URL"], **settings
    )
    return client[os.environ["KASSA_MONGODB_DATABASE"]]


def everything(_: str) -> Mapping[str, Any]:
    """A guard that keeps nothing back."""
    return {}


class Reads:
    """One read is one round trip, whatever the number of keys."""

    def __init__(
        self, database: AsyncDatabase[Document], guard: Guard = everything, *, lean: bool = False
    ) -> None:
        self._database, self._guard, self._lean = database, guard, lean

    async def find(
        self,
        collection: str,
        where: Mapping[str, Any],
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        guard = self._guard(collection)
        if guard is None:
            return []
        cursor = self._database[collection].find(
            {**where, **guard},
            projection=FIELDS[collection] if self._lean else None,
            sort=sort,
            limit=limit,
            batch_size=ONE_BATCH,
        )
        return await cursor.to_list()

    async def by_ids(self, collection: str, ids: Sequence[str]) -> dict[str, Document]:
        return by("_id", await self.find(collection, {"_id": {"$in": list(ids)}}))

    async def newest_orders(self, customer: str, count: int) -> list[Document]:
        where = {"customer_id": customer, "placed_key": {"$gt": ""}}
        return await self.find("orders", where, [("placed_key", -1)], count)

    async def payments_of(self, orders: Sequence[str]) -> dict[str, list[Document]]:
        where = {"order_id": {"$in": list(orders)}}
        return grouped(
            "order_id", await self.find("payments", where, [("order_id", 1), ("_id", 1)])
        )

    async def products(self, skus: Sequence[str]) -> dict[str, Document]:
        return by("sku", await self.find("products", {"sku": {"$in": list(skus)}}))

    async def levels_of(self, skus: Sequence[str]) -> dict[str, list[Document]]:
        found = await self.find("stock_levels", {"sku": {"$in": list(skus)}})
        return grouped("sku", sorted(found, key=lambda level: level["_id"]))


def by(field: str, documents: Iterable[Document]) -> dict[str, Document]:
    return {document[field]: document for document in documents}


def grouped(field: str, documents: Iterable[Document]) -> dict[str, list[Document]]:
    groups: dict[str, list[Document]] = {}
    for document in documents:
        groups.setdefault(document[field], []).append(document)
    return groups


def shown(time: datetime | None) -> str | None:
    """As the graph shows a time: UTC, to the millisecond."""
    return time and f"{time.isoformat(timespec='milliseconds')}Z"

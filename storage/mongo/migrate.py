"""Brings a database to the shape that this version expects.

Running it again changes nothing, and so does running it twice at once.
"""

from __future__ import annotations

from storage.mongo import (
    catalog,
    claims,
    customers,
    journal,
    leases,
    ledger,
    operations,
    orders,
    payments,
    stock,
)
from storage.mongo.collections import Collection
from storage.mongo.driver import Database
from storage.mongo.outbox import PENDING

COLLECTIONS: tuple[Collection, ...] = (
    *customers.COLLECTIONS,
    *catalog.COLLECTIONS,
    *orders.COLLECTIONS,
    *payments.COLLECTIONS,
    *ledger.COLLECTIONS,
    *stock.COLLECTIONS,
    *operations.COLLECTIONS,
    *claims.COLLECTIONS,
    *journal.COLLECTIONS,
    *leases.COLLECTIONS,
)

WITH_OUTBOX = tuple(each.name for each in COLLECTIONS if PENDING in each.indexes)
"""What tells of its changes."""


async def migrate(database: Database) -> list[str]:
    """Create what is missing, and bring validators up to date. Says what there is now."""
    for collection in COLLECTIONS:
        await _shape(database, collection)
    return [f"{each.name}: {len(each.indexes)} indexes" for each in COLLECTIONS]


async def _shape(database: Database, collection: Collection) -> None:
    await database.shape(collection.name, collection.validator())
    if collection.indexes:
        specifications = [index.specification() for index in collection.indexes]
        await database.command({"createIndexes": collection.name, "indexes": specifications})

"""Brings a database to the shape that this version expects.

Running it again changes nothing, and so does running it twice at once.
"""

from __future__ import annotations

from collections.abc import Mapping

from storage.mongo import (
    api_keys,
    catalog,
    claims,
    connections,
    customers,
    inbox,
    incidents,
    instructions,
    journal,
    leases,
    ledger,
    links,
    logbook,
    lookups,
    marks,
    operations,
    orders,
    payments,
    pushes,
    secrets,
    sessions,
    shipments,
    stock,
)
from storage.mongo.collections import Collection
from storage.mongo.driver import Database, Document
from storage.mongo.driver.client import ONE_BATCH
from storage.mongo.driver.shaping import shape
from storage.mongo.outbox import PENDING

COLLECTIONS: tuple[Collection, ...] = (
    *customers.COLLECTIONS,
    *catalog.COLLECTIONS,
    *orders.COLLECTIONS,
    *payments.COLLECTIONS,
    *links.COLLECTIONS,
    *ledger.COLLECTIONS,
    *stock.COLLECTIONS,
    *operations.COLLECTIONS,
    *claims.COLLECTIONS,
    *journal.COLLECTIONS,
    *leases.COLLECTIONS,
    *secrets.COLLECTIONS,
    *lookups.COLLECTIONS,
    *api_keys.COLLECTIONS,
    *sessions.COLLECTIONS,
    *inbox.COLLECTIONS,
    *incidents.COLLECTIONS,
    *instructions.COLLECTIONS,
    *marks.COLLECTIONS,
    *connections.COLLECTIONS,
    *pushes.COLLECTIONS,
    *logbook.COLLECTIONS,
    *shipments.COLLECTIONS,
)

WITH_OUTBOX = tuple(each.name for each in COLLECTIONS if PENDING in each.indexes)
"""What tells of its changes."""


async def migrate(database: Database) -> list[str]:
    """Create what is missing, and bring validators up to date. Says what there is now."""
    known = await validators(database)
    for collection in COLLECTIONS:
        await _shape(database, collection, known.get(collection.name))
    return [f"{each.name}: {len(each.indexes)} indexes" for each in COLLECTIONS]


async def validators(database: Database) -> Mapping[str, Document]:
    """What each collection that is there takes."""
    told = await database.command({"listCollections": 1, "cursor": {"batchSize": ONE_BATCH}})
    found = told["cursor"]["firstBatch"]
    return {each["name"]: each["options"].get("validator", {}) for each in found}


async def _shape(database: Database, collection: Collection, known: Document | None) -> None:
    validator = collection.validator()
    if validator != known:  # changing one waits until nobody writes, and holds up who wants to
        await shape(database, collection.name, validator)
    if collection.indexes:
        specifications = [index.specification() for index in collection.indexes]
        await database.command({"createIndexes": collection.name, "indexes": specifications})

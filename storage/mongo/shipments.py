"""What orders of shops have moved: a row each, written in the transaction that moves the units."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from domain.channels import shipping
from domain.channels.numbered import Shortage
from domain.channels.shipping import Piece, Shelf, Shipment
from domain.ids import OrderId
from domain.incidents import Incident
from domain.ownership import Owners
from domain.ports import Changed
from domain.values import Actor
from storage.mongo import incidents
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter, Taken
from storage.mongo.stock import shipping as shelves
from storage.mongo.stock.levels import LEVELS

SHIPMENTS = Collection(
    "shipments",
    Shipment,
    (Index(by("pieces.sku", "pieces.location_id", "pieces.at"), "what was sent since a count"),),
)
COLLECTIONS = (SHIPMENTS,)


class MongoShipments:
    """`ports.shipping.Shipments`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, id: str) -> Shipment | None:
        rows = await self._database.find(SHIPMENTS.name, {"_id": id})
        return msgspec.convert(rows[0], Shipment) if rows else None

    async def move(
        self,
        before: Shipment | None,
        after: Shipment,
        pieces: Sequence[Piece],
        *,
        order: OrderId,
        owners: Owners,
        by_whom: Actor,
        cause: str,
        told: Callable[[Shortage], Incident],
    ) -> Sequence[Shelf]:
        there = before.pieces if before else ()
        changes = shipping.changes(there, pieces)
        account = before.account if before else after.account
        subjects = (cause, str(order))

        async def body(database: Database) -> Sequence[Shelf]:
            systems = await _counted_by(database, [each.shelf for each in changes])
            rule = owners.of("stock", "on_hand")
            unheard = [each.shelf for each in changes if each.shelf not in systems]
            own = [shelf for shelf, system in systems.items() if rule.owns(account, system)]
            left_out = {*unheard, *own}
            shortages = [
                await shelves.move(database, each, account, by_whom, after.seen.as_of, subjects)
                for each in changes
                if each.shelf not in left_out
            ]
            for each in shortages:
                if each:
                    await incidents.judged(database, each, told(each), cause)
            kept = shipping.moved(there, pieces, left_out)
            await _written(database, before, replace(after, account=account, pieces=kept))
            return unheard

        return await self._database.transaction(body)


async def _counted_by(database: Database, of: Sequence[Shelf]) -> dict[Shelf, str]:
    """Which system counts each shelf; those that nobody does are left out."""
    if not of:
        return {}
    either: list[Filter] = [{"sku": sku, "location_id": location} for sku, location in of]
    fields = ("sku", "location_id", "authority")
    rows = await database.find(LEVELS.name, {"$or": either}, fields=fields)
    return {(row["sku"], row["location_id"]): row["authority"]["system"] for row in rows}


async def _written(database: Database, before: Shipment | None, after: Shipment) -> None:
    """Over the version that was read.

    Raises:
        Changed: it is another one by now.
    """
    over = before.version if before else 0
    document = SHIPMENTS.document(replace(after, version=over + 1))
    if before is None:
        try:
            await database.put(SHIPMENTS.name, document)
        except Taken as error:
            raise Changed from error
        return
    key = document.pop("_id")
    where: Filter = {"_id": key, "version": over}
    if not await database.change(SHIPMENTS.name, where, {"$set": document}):
        raise Changed

"""Links to pay by, in MongoDB: what is read before one changes, and the one guarded write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.ids import OrderId, PaymentLinkId
from domain.journal import Happening
from domain.payments import PaymentLink
from domain.ports import Changed
from storage.mongo import outbox
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter, Taken

LINKS = Collection(
    "payment_links",
    PaymentLink,
    (
        Index(by("order_id", "nth"), "Order.paymentLinks; one made at a time", unique=True),
        outbox.PENDING,
    ),
)
COLLECTIONS = (LINKS,)


class MongoLinks:
    """`ports.instructing.Links`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, id: PaymentLinkId) -> PaymentLink | None:
        rows = await self._database.find(LINKS.name, {"_id": id})
        return msgspec.convert(rows[0], PaymentLink) if rows else None

    async def of_order(self, id: OrderId) -> Sequence[PaymentLink]:
        rows = await self._database.find(LINKS.name, {"order_id": id}, sort=[("nth", 1)])
        return msgspec.convert(rows, list[PaymentLink])


async def record(
    database: Database, link: PaymentLink, over: int, told: Happening, now: datetime
) -> None:
    """Write a link with what it tells; to be called within a transaction.

    Two who make one for the same order at once make the same `nth`, and the second must look again.

    Raises:
        Changed: somebody else was faster.
    """
    document = LINKS.document(link)
    if not over:
        try:
            await database.put(LINKS.name, outbox.telling(document, told))
        except Taken as error:
            raise Changed from error
        return
    key = document.pop("_id")
    update: Filter = {
        "$set": document,
        "$push": {"outbox": outbox.told(told)},
        "$min": {outbox.PENDING_SINCE: now},
    }
    if not await database.change(LINKS.name, {"_id": key, "version": over}, update):
        raise Changed

"""Payments as they are recorded: what is read before, and the one guarded write."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TypeVar
from weakref import WeakValueDictionary

import msgspec
from msgspec import Struct

from domain.ids import ChannelId, OrderId, PaymentId, ReturnId
from domain.journal import Happening
from domain.ledger import Posting
from domain.operations import Channel
from domain.orders import Order, Return
from domain.payments import Payment
from domain.ports import Changed
from storage.mongo import outbox
from storage.mongo.driver import Database, Document, Filter, Taken
from storage.mongo.ledger import POSTINGS
from storage.mongo.operations import CHANNELS
from storage.mongo.orders import ORDERS, RETURNS
from storage.mongo.payments import PAYMENTS, payment_document

T = TypeVar("T", bound=Struct)


class MongoTills:
    """`ports.Tills`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    async def payment(self, id: PaymentId) -> Payment | None:
        return await self._one(PAYMENTS.name, id, Payment)

    async def named(self, refs: Sequence[str]) -> Mapping[str, Payment]:
        where: Filter = {"ref_keys": {"$in": list(refs)}}
        found = await self._database.find(PAYMENTS.name, where) if refs else []
        return {
            ref: msgspec.convert(document, Payment)
            for document in found
            for ref in document["ref_keys"]
        }

    async def order(self, id: OrderId) -> Order | None:
        return await self._one(ORDERS.name, id, Order)

    async def channel(self, id: ChannelId) -> Channel | None:
        return await self._one(CHANNELS.name, id, Channel)

    async def goods_back(self, id: ReturnId) -> Return | None:
        return await self._one(RETURNS.name, id, Return)

    async def _one(self, collection: str, id: str, kind: type[T]) -> T | None:
        rows = await self._database.find(collection, {"_id": id})
        return msgspec.convert(rows[0], kind) if rows else None

    def turn(self, key: str) -> AbstractAsyncContextManager[object]:
        # It only saves conflicts: other processes do not wait for it.
        return self._turns.setdefault(key, Lock())


async def record(
    database: Database,
    payment: Payment,
    over: int,
    told: Happening,
    postings: Sequence[Posting],
    now: datetime,
) -> None:
    """Write a payment with what it tells, and its postings; to be called within a transaction."""
    document = payment_document(payment)
    try:
        if over:
            await _replace(database, document, over, told, now)
        else:
            fresh = {"outbox": [outbox.told(told)], outbox.PENDING_SINCE: now}
            await database.put(PAYMENTS.name, {**document, **fresh})
        for posting in postings:
            await database.put(POSTINGS.name, POSTINGS.document(posting))
    except Taken as error:
        raise Changed from error


async def _replace(
    database: Database, document: Document, over: int, told: Happening, now: datetime
) -> None:
    key = document.pop("_id")
    update: Filter = {
        "$set": document,
        "$push": {"outbox": outbox.told(told)},
        "$min": {outbox.PENDING_SINCE: now},
    }
    if not await database.change(PAYMENTS.name, {"_id": key, "version": over}, update):
        raise Changed

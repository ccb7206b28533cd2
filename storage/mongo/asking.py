"""What channels told, for who asks them again; and a note that they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import msgspec

from domain.channels.asking import Askable
from domain.customers import Customer
from domain.orders import Order
from domain.payments import Payment
from storage.mongo.customers import CUSTOMERS
from storage.mongo.driver import Database
from storage.mongo.orders import ORDERS
from storage.mongo.payments import PAYMENTS

PLACES: Mapping[type[Askable], str] = MappingProxyType(
    {Payment: PAYMENTS.name, Order: ORDERS.name, Customer: CUSTOMERS.name}
)


class MongoKnown:
    """`ports.asking.Known`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def values(self, kind: type[Askable], ids: Sequence[str]) -> Sequence[Askable]:
        rows = await self._database.find(PLACES[kind], {"_id": {"$in": list(ids)}})
        return msgspec.convert(rows, list[kind])

    async def confirm(self, kind: type[Askable], ids: Sequence[str], at: datetime) -> None:
        # No version of its own: nothing changed, so there is nothing for the journal to tell.
        said = {"at": at, "version": "$version"}
        await self._database.change_all(
            PLACES[kind], {"_id": {"$in": list(ids)}}, [{"$set": {"confirmed": said}}]
        )

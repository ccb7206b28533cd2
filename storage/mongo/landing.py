"""What channels tell of, by the names that they have for it; and its one guarded write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from domain.catalog import Location, Product
from domain.customers import Customer, IdentityKind
from domain.ids import CustomerId, LocationId, OrderId, Sku
from domain.journal import Happening
from domain.orders import Order
from domain.payments import Payment
from domain.ports import Changed
from domain.ports.landing import Landed
from domain.stock import StockLevel
from storage.mongo import outbox
from storage.mongo.catalog import LOCATIONS, PRODUCTS, product_document
from storage.mongo.clock import Clock
from storage.mongo.customers import CUSTOMERS, customer_document
from storage.mongo.driver import Database, Document, Filter, Taken
from storage.mongo.orders import ORDERS, order_document
from storage.mongo.payments import PAYMENTS
from storage.mongo.stock.levels import LEVELS
from storage.mongo.stock.opening import level_document

T = TypeVar("T", bound=Struct)

PLACES: Mapping[type[Landed], tuple[str, Callable[[Any], Document]]] = MappingProxyType(
    {
        Customer: (CUSTOMERS.name, customer_document),
        Order: (ORDERS.name, order_document),
        Product: (PRODUCTS.name, product_document),
        StockLevel: (LEVELS.name, level_document),
    }
)


class MongoRecords:
    """`ports.landing.Records`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def people(
        self, accounts: Sequence[str], evidence: Collection[tuple[IdentityKind, str]]
    ) -> Sequence[Customer]:
        shared: list[Filter] = [
            {"identities": {"$elemMatch": {"kind": kind.value, "value": value}}}
            for kind, value in sorted(evidence)
        ]
        named: Filter = {"ref_keys": {"$in": list(accounts)}}
        return await self._all(CUSTOMERS.name, {"$or": [named, *shared]}, Customer)

    async def person(self, id: CustomerId) -> Customer | None:
        return await self._one(CUSTOMERS.name, {"_id": id}, Customer)

    async def paid_by(self, payer_key: str) -> Sequence[Payment]:
        where: Filter = {"payer_key": {"$eq": payer_key, "$type": "string"}, "payer_id": None}
        return await self._all(PAYMENTS.name, where, Payment)

    async def order(self, refs: Sequence[str]) -> Order | None:
        return await self._one(ORDERS.name, {"ref_keys": {"$in": list(refs)}}, Order)

    async def numbered(self, number: str) -> Order | None:
        return await self._one(ORDERS.name, {"number": number}, Order)

    async def payments(self, order: OrderId, refs: Sequence[str]) -> Sequence[Payment]:
        paid = [ref.replace(":payment:", ":", 1) for ref in refs if ":payment:" in ref]
        either: list[Filter] = [
            {"order_id": order},
            {"order_ref": {"$in": list(refs), "$type": "string"}},
            {"ref_keys": {"$in": paid}},
        ]
        return await self._all(PAYMENTS.name, {"$or": either}, Payment)

    async def product(self, sku: Sku) -> Product | None:
        return await self._one(PRODUCTS.name, {"sku": sku}, Product)

    async def place(self, code: str) -> LocationId | None:
        found = await self._one(LOCATIONS.name, {"code": code}, Location)
        return LocationId(found.id) if found else None

    async def level(self, sku: Sku, location: LocationId) -> StockLevel | None:
        return await self._one(LEVELS.name, {"sku": sku, "location_id": location}, StockLevel)

    async def put(self, value: Landed, over: int, told: Happening | None) -> None:
        collection, document_of = PLACES[type(value)]
        document = document_of(value)
        try:
            if over:
                await self._over(collection, document, over, told)
            else:
                whole = outbox.telling(document, told) if told else document
                await self._database.put(collection, whole)
        except Taken as error:
            raise Changed from error

    async def _over(
        self, collection: str, document: Document, over: int, told: Happening | None
    ) -> None:
        key = document.pop("_id")
        update: Filter = {"$set": document}
        if told:
            update["$push"] = {"outbox": outbox.told(told)}
            update["$min"] = {outbox.PENDING_SINCE: await self._clock.now()}
        if not await self._database.change(collection, {"_id": key, "version": over}, update):
            raise Changed

    async def _all(self, collection: str, where: Filter, kind: type[T]) -> list[T]:
        return msgspec.convert(await self._database.find(collection, where), list[kind])

    async def _one(self, collection: str, where: Filter, kind: type[T]) -> T | None:
        rows = await self._database.find(collection, where, limit=1)
        return msgspec.convert(rows[0], kind) if rows else None

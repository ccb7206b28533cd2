"""A whole shop, put into the database at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from domain.ports import ShelfState
from domain.shop import Shop
from storage.mongo import catalog, customers, operations, orders, stock
from storage.mongo.catalog import product_document
from storage.mongo.collections import Collection
from storage.mongo.driver import Database, Document
from storage.mongo.migrate import COLLECTIONS
from storage.mongo.orders import order_document
from storage.mongo.payments import payment_document

MARKS = "marks"
SHOP = "shop"


class MongoShelf:
    """`ports.Shelf`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self) -> ShelfState:
        mark = await self._database.find(MARKS, {"_id": SHOP})
        if mark:
            return ShelfState.STOCKED if mark[0]["is_whole"] else ShelfState.HALF
        return ShelfState.FOREIGN if await self._holds_anything() else ShelfState.EMPTY

    async def _holds_anything(self) -> bool:
        for collection in COLLECTIONS:
            if await self._database.count(collection.name, {}, cap=1):
                return True
        return False

    async def clear(self) -> None:
        await self._mark(is_whole=False)
        for collection in COLLECTIONS:
            await self._database.delete(collection.name, {})
        await self._database.delete(MARKS, {"_id": SHOP})

    async def fill(self, shop: Shop) -> None:
        await self._mark(is_whole=False)
        for name, documents in _documents(shop):
            await self._database.insert(name, documents)
        await self._mark(is_whole=True)

    async def _mark(self, *, is_whole: bool) -> None:
        await self._database.replace(MARKS, {"_id": SHOP, "is_whole": is_whole})


def _documents(shop: Shop) -> Iterator[tuple[str, list[Document]]]:
    for collection, values in _values(shop):
        yield collection.name, [collection.document(value) for value in values]
    yield "products", [product_document(product) for product in shop.products]
    yield "orders", [order_document(order) for order in shop.orders]
    yield "payments", [payment_document(payment) for payment in shop.payments]


def _values(shop: Shop) -> Sequence[tuple[Collection, Sequence[Struct]]]:
    return (
        (operations.CHANNELS, shop.channels),
        (catalog.LOCATIONS, shop.locations),
        (stock.LEVELS, shop.stock_levels),
        (customers.CUSTOMERS, shop.customers),
        (customers.ACCOUNTS, shop.loyalty_accounts),
        (customers.ENTRIES, shop.loyalty_entries),
        (orders.FULFILLMENTS, shop.fulfillments),
        (orders.RETURNS, shop.returns),
    )

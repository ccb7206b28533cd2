"""A whole shop, put into the database at once."""

from __future__ import annotations

from collections.abc import Iterator

from domain.ports import ShelfState
from domain.shop import Shop
from storage.mongo.catalog import product_document
from storage.mongo.collections import encoded
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
    yield "channels", [encoded(channel) for channel in shop.channels]
    yield "locations", [encoded(location) for location in shop.locations]
    yield "products", [product_document(product) for product in shop.products]
    yield "stock_levels", [encoded(level) for level in shop.stock_levels]
    yield "customers", [encoded(customer) for customer in shop.customers]
    yield "loyalty_accounts", [encoded(account) for account in shop.loyalty_accounts]
    yield "loyalty_entries", [encoded(entry) for entry in shop.loyalty_entries]
    yield "orders", [order_document(order) for order in shop.orders]
    yield "fulfillments", [encoded(fulfillment) for fulfillment in shop.fulfillments]
    yield "returns", [encoded(one) for one in shop.returns]
    yield "payments", [payment_document(payment) for payment in shop.payments]

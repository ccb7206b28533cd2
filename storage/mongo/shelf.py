"""A whole shop, put into the database at once."""

from __future__ import annotations

from asyncio import Task, create_task, sleep
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from domain import recorded
from domain.ports import ShelfState
from domain.shop import Shop
from domain.values import SYSTEM_ACTOR
from storage.mongo import catalog, customers, ledger, operations, orders, outbox, stock
from storage.mongo.api_keys import API_KEYS
from storage.mongo.catalog import product_document
from storage.mongo.collections import Collection
from storage.mongo.customers import customer_document
from storage.mongo.driver import Database, Document
from storage.mongo.journal import JOURNAL
from storage.mongo.leases import LEASES
from storage.mongo.migrate import COLLECTIONS
from storage.mongo.orders import order_document
from storage.mongo.payments import payment_document
from storage.mongo.secrets import SECRETS
from storage.mongo.sessions import REVOKED_SESSIONS
from storage.mongo.stock.opening import level_document

MARKS = "marks"
SHOP = "shop"
CHUNK = 2_000
OF_GATEWAYS = (LEASES, SECRETS, API_KEYS, REVOKED_SESSIONS)
"""What gateways need for themselves: it may be there before anything is sold."""


def silent(*_: int) -> None:
    """Nobody listens."""


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
            if collection in OF_GATEWAYS:
                continue
            if await self._database.count(collection.name, {}, cap=1):
                return True
        return False

    async def clear(self) -> None:
        await self._mark(is_whole=False)
        for collection in COLLECTIONS:
            await self._database.delete(collection.name, {})
        await self._database.delete(MARKS, {"_id": SHOP})

    async def fill(self, shop: Shop, told: Callable[[int, int], None] = silent) -> None:
        await self._mark(is_whole=False)
        stories = Stories(await self._database.now())
        of = sum(len(values) for _, values, _ in _values(shop))
        inserting: Task[None] | None = None
        # The server stores a chunk while the next one is made.
        for name, values, documents in _chunks(shop):
            if inserting:
                await inserting
            inserting = create_task(self._put(name, documents, stories.of(values)))
            await sleep(0)
            told(len(documents), of)
        if inserting:
            await inserting
        await self._mark(is_whole=True)

    async def _put(
        self, name: str, documents: Sequence[Document], entries: Sequence[Document]
    ) -> None:
        await self._database.insert(name, documents)
        await self._database.insert(JOURNAL.name, entries)

    async def _mark(self, *, is_whole: bool) -> None:
        await self._database.replace(MARKS, {"_id": SHOP, "is_whole": is_whole})


class Stories:
    """Writes the first words of the journal: everything that is there was found so."""

    def __init__(self, recorded_at: datetime) -> None:
        self._recorded_at = recorded_at
        self._last = 0

    def of(self, values: Sequence[Any]) -> list[Document]:
        """The entries of values of one type, numbered behind those before."""
        if not values or type(values[0]) not in recorded.STORIES:
            return []
        entries = [self._entry(value) for value in values]
        self._last += len(entries)
        return [{"_id": self._last - len(entries) + n, **each} for n, each in enumerate(entries, 1)]

    def _entry(self, value: recorded.Recorded) -> Document:
        told = outbox.told(recorded.opened(value, value.id, SYSTEM_ACTOR))
        return {**outbox.entry(told, value.id), "recorded_at": self._recorded_at}


def _chunks(shop: Shop) -> Iterator[tuple[str, Sequence[Struct], list[Document]]]:
    for name, values, document in _values(shop):
        for start in range(0, len(values), CHUNK):
            some = values[start : start + CHUNK]
            yield name, some, [document(value) for value in some]


def _values(shop: Shop) -> Sequence[tuple[str, Sequence[Struct], Callable[..., Document]]]:
    """What goes where, and what makes a document of it."""
    return (
        _plain(operations.CHANNELS, shop.channels),
        _plain(catalog.LOCATIONS, shop.locations),
        _plain(stock.RESERVATIONS, shop.reservations),
        _plain(stock.TRANSFERS, shop.transfers),
        ("customers", shop.customers, customer_document),
        _plain(customers.ACCOUNTS, shop.loyalty_accounts),
        _plain(customers.ENTRIES, shop.loyalty_entries),
        _plain(orders.FULFILLMENTS, shop.fulfillments),
        _plain(orders.RETURNS, shop.returns),
        _plain(ledger.POSTINGS, shop.postings),
        ("stock_levels", shop.stock_levels, level_document),
        ("products", shop.products, product_document),
        ("orders", shop.orders, order_document),
        ("payments", shop.payments, payment_document),
    )


def _plain(
    collection: Collection, values: Sequence[Struct]
) -> tuple[str, Sequence[Struct], Callable[..., Document]]:
    return collection.name, values, collection.document

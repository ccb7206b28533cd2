"""Goes over the database, strand by strand, and notes what must not be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from domain import integrity
from domain.ids import entry_id
from domain.integrity import (
    Fault,
    IntegrityCheck,
    Level,
    Replay,
    Story,
    Tally,
    Told,
)
from domain.operations import Channel
from domain.payments import Payment
from domain.recorded import LEVEL_NUMBERS
from domain.stock import StockLevel
from storage.mongo.customers import CUSTOMERS
from storage.mongo.driver import Database, Document
from storage.mongo.integrity import reading
from storage.mongo.journal import JOURNAL
from storage.mongo.operations import CHANNELS
from storage.mongo.orders import ORDERS
from storage.mongo.payments import PAYMENTS
from storage.mongo.stock import LEVELS

Strand = Callable[[Any], Awaitable[Any]]
"""Checks the piece behind a place; gives the place to go on from, None at the end."""

CHUNK = 500
NUMBERS = 40
"""So many numbers of the journal are looked at with each thing."""

OF_LEVELS = ("S1", "S2", "S3", "S4", "E1")
OF_PAYMENTS = ("P1", "P2", "P3")
KEYS = "operations.idempotency_key"


class Checker:
    """Checks `size` things at a time; remembers the first `most` that break an invariant."""

    def __init__(self, database: Database, *, most: int, size: int = CHUNK) -> None:
        self._database = database
        self._size = size
        self._tally = Tally(most)
        self.strands: Mapping[str, Strand] = {
            LEVELS.name: self._levels,
            PAYMENTS.name: self._payments,
            ORDERS.name: self._orders,
            CUSTOMERS.name: self._customers,
            JOURNAL.name: self._journal,
        }

    def checks(self) -> list[IntegrityCheck]:
        """What came of it so far."""
        return self._tally.checks()

    async def _levels(self, after: Any) -> Any:
        rows, written = await reading.levels(self._database, after, self._size)
        self._tally.seen(OF_LEVELS, len(rows))
        now = await self._database.now()
        levels = reading.converted(rows, Level, self._torn(OF_LEVELS))
        for level in levels:
            self._tally.add(integrity.level_faults(level))
            self._tally.add(integrity.hold_faults(level, written, now))
        await self._explained(rows)
        replays = await self._stories(levels, Replay, ("changes",))
        for level in levels:
            numbers = {name: getattr(level, name) for name in LEVEL_NUMBERS}
            holds = {key: hold.quantity for key, hold in level.reservations.items()}
            if not replays[level.id].gives(numbers, holds):
                self._tally.broken("S4", level.id)
        return self._place(rows)

    async def _explained(self, rows: Sequence[Document]) -> None:
        found = await self._database.find(CHANNELS.name, {})
        channels = msgspec.convert(found, list[Channel])
        self._tally.seen(("S5",), len(rows))
        for level in reading.converted(rows, StockLevel, self._torn(("S5",))):
            self._tally.add(integrity.explanation_faults(level, channels))

    async def _payments(self, after: Any) -> Any:
        rows = await reading.piece(self._database, PAYMENTS.name, after, self._size)
        self._tally.seen(OF_PAYMENTS, len(rows))
        payments = reading.converted(rows, Payment, self._torn(OF_PAYMENTS))
        for payment in payments:
            self._tally.add(integrity.payment_faults(payment))
        await self._sent_once(payments)
        await self._told(rows)
        return self._place(rows)

    async def _sent_once(self, payments: Sequence[Payment]) -> None:
        """P3, where another payment has the same key."""
        owners = {
            operation.idempotency_key: payment.id
            for payment in payments
            for operation in payment.operations
        }
        where = {KEYS: {"$in": list(owners)}}
        for row in await self._database.find(PAYMENTS.name, where, fields=(KEYS,)):
            keys = {each["idempotency_key"] for each in row["operations"]}
            if any(owners.get(key, row["_id"]) != row["_id"] for key in keys):
                self._tally.broken("P3", row["_id"])

    async def _orders(self, after: Any) -> Any:
        return await self._only_told(ORDERS.name, after)

    async def _customers(self, after: Any) -> Any:
        return await self._only_told(CUSTOMERS.name, after)

    async def _only_told(self, collection: str, after: Any) -> Any:
        fields = ("version", "outbox.seq", "outbox.type")
        rows = await reading.piece(self._database, collection, after, self._size, fields)
        await self._told(rows)
        return self._place(rows)

    async def _told(self, rows: Sequence[Document]) -> None:
        """E1 of things that have a story."""
        self._tally.seen(("E1",), len(rows))
        await self._stories(reading.converted(rows, Told, self._torn(("E1",))), Story, ())

    async def _stories(
        self, things: Sequence[Told], kind: type[reading.S], fields: Sequence[str]
    ) -> Mapping[str, reading.S]:
        """The stories of some things, each of which must lead to its version (E1)."""
        stories = await reading.stories(self._database, things, kind, fields)
        for thing in things:
            if not stories[thing.id].leads_to(thing.version):
                self._tally.broken("E1", thing.id)
        return stories

    async def _journal(self, after: Any) -> Any:
        """E1 of the numbers."""
        last: int = after or 0
        rows = await reading.piece(
            self._database, JOURNAL.name, last, self._size * NUMBERS, ("_id",)
        )
        self._tally.seen(("E1",), len(rows))
        for row in rows:
            if missing := row["_id"] - last - 1:
                self._tally.broken("E1", entry_id(last + 1), missing)
            last = row["_id"]
        return last if rows else None

    def _torn(self, names: Sequence[str]) -> Callable[[str], None]:
        """What lacks a number, or has something else in its place, breaks all of these."""
        return lambda key: self._tally.add(Fault(name, key) for name in names)

    @staticmethod
    def _place(rows: Sequence[Document]) -> Any:
        return rows[-1]["_id"] if rows else None

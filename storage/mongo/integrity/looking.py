"""What is looked at in each collection, and which invariants that can break."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from domain import integrity
from domain.ids import Kind, entry_id
from domain.integrity import FIRST, OPENINGS, Away, Fault, Replay, Shelf, Story, Told
from domain.journal import JournalEntry
from domain.ledger import Posting
from domain.operations import Channel
from domain.payments import Payment
from domain.recorded import LEVEL_NUMBERS
from domain.stock import StockLevel
from storage.mongo.customers import CUSTOMERS
from storage.mongo.driver import Database, Document
from storage.mongo.integrity import reading
from storage.mongo.integrity.reading import Piece, Torn
from storage.mongo.integrity.remembering import Remembered
from storage.mongo.journal import JOURNAL
from storage.mongo.ledger import POSTINGS
from storage.mongo.operations import CHANNELS
from storage.mongo.orders import ORDERS
from storage.mongo.payments import PAYMENTS
from storage.mongo.stock import FAR, LEVELS

Faults = set[Fault]
KEYS = "operations.idempotency_key"
TOLD = ("version", "outbox.seq", "outbox.type")

HOMES: Mapping[str, str] = MappingProxyType(
    {
        Kind.STOCK_LEVEL: LEVELS.name,
        Kind.PAYMENT: PAYMENTS.name,
        Kind.ORDER: ORDERS.name,
        Kind.CUSTOMER: CUSTOMERS.name,
    }
)
"""Where the things are that the journal tells of, by what their ids begin with."""


class Strand(Struct, frozen=True):
    """How one collection is looked at, and for which invariants that counts."""

    collection: str
    names: tuple[str, ...]
    look: Callable[[Piece], Awaitable[Faults]]


def strands(database: Database, remembered: Remembered) -> Sequence[Strand]:
    """All that is looked at."""
    told = Stories(database, remembered)
    stock, books = Stock(database, told), Books(database, told)
    return (
        Strand(CHANNELS.name, (), stock.channels),
        Strand(LEVELS.name, ("S1", "S2", "S3", "S4", "S5", "S6", "E1"), stock.levels),
        Strand(FAR.name, (), stock.away),
        Strand(PAYMENTS.name, ("P1", "P2", "P3", "P4", "E1"), books.payments),
        Strand(POSTINGS.name, ("P4",), books.postings),
        Strand(ORDERS.name, ("E1",), told.orders),
        Strand(CUSTOMERS.name, ("E1",), told.customers),
        Strand(JOURNAL.name, ("E1",), told.numbers),
    )


def torn(faults: Faults, *names: str) -> Torn:
    """What lacks a number, or has something else in its place, breaks all of these."""
    return lambda key: faults.update(Fault(name, str(key), str(key)) for name in names)


class Stories:
    """E1: the journal has all numbers, and all versions of what it tells of."""

    def __init__(self, database: Database, remembered: Remembered) -> None:
        self._database = database
        self._remembered = remembered

    async def orders(self, piece: Piece) -> Faults:
        return await self._only_told(ORDERS.name, piece)

    async def customers(self, piece: Piece) -> Faults:
        return await self._only_told(CUSTOMERS.name, piece)

    async def _only_told(self, collection: str, piece: Piece) -> Faults:
        where = {"_id": {"$in": piece.ids}}
        rows = await reading.found(self._database, collection, where, fields=TOLD)
        return await self.told(collection, rows)

    async def told(self, collection: str, rows: Sequence[Document]) -> Faults:
        """E1 of things that have a story."""
        faults = Faults()
        things = reading.converted(rows, Told, torn(faults, "E1"))
        await self.of(collection, things, Story, (), faults)
        return faults

    async def of(
        self,
        collection: str,
        things: Sequence[Told],
        kind: type[reading.S],
        fields: Sequence[str],
        faults: Faults,
    ) -> Mapping[str, reading.S]:
        """The stories of some things, each of which must lead to its version."""
        stories = await reading.stories(self._database, things, kind, fields, self._remembered)
        broken = {each.id for each in things if not stories[each.id].leads_to(each.version)}
        # What the journal tells of was there before: who is behind it now has forgotten.
        ahead = {key: story.ahead for key, story in stories.items() if story.ahead is not None}
        if ahead:
            now = await reading.versions(self._database, collection, list(ahead))
            broken |= {key for key, seq in ahead.items() if not seq <= now.get(key, 0)}
        faults.update(Fault("E1", key, key) for key in broken)
        self.forget(broken)
        return stories

    def forget(self, ids: Iterable[str]) -> None:
        """Something is wrong with these: the next look is at their whole stories."""
        self._remembered.forget(ids)

    async def numbers(self, piece: Piece) -> Faults:
        """E1 of the numbers, and that what the journal tells of is there."""
        ours = [key for key in piece.ids if isinstance(key, int)]
        faults = {Fault("E1", str(key), str(key)) for key in piece.ids if key not in set(ours)}
        if not ours:
            return faults
        last = piece.after if isinstance(piece.after, int) else 0
        where = {"_id": {"$gt": last, "$lte": ours[-1]}}
        rows = await reading.found(self._database, JOURNAL.name, where)
        for row in rows:
            if between := int(row["_id"]) - last - 1:
                faults.add(Fault("E1", entry_id(last + 1), entry_id(last + 1), max(1, between)))
            last = int(row["_id"])
        entries = reading.converted(rows, JournalEntry, lambda n: faults.add(_entry(n)))
        return faults | await self._lost([each.aggregate for each in entries if _begins(each)])

    async def _lost(self, begun: Sequence[str]) -> Faults:
        """Things that the journal tells of, and that are not there."""
        faults = Faults()
        for kind, collection in HOMES.items():
            keys = [key for key in begun if key.startswith(f"{kind}_")]
            name = "S4" if collection == LEVELS.name else "E1"
            lost = await reading.missing(self._database, collection, keys)
            faults.update(Fault(name, key, key) for key in lost)
        return faults


class Stock:
    """S1 to S6, and E1 of levels."""

    def __init__(self, database: Database, stories: Stories) -> None:
        self._database = database
        self._stories = stories

    async def levels(self, piece: Piece) -> Faults:
        faults = Faults()
        is_torn = torn(faults, "S1", "S2", "S3", "S4", "S5", "S6", "E1")
        rows, shelves, written = await reading.shelves(
            self._database, piece.ids, is_torn, torn(faults, "S2")
        )
        now = await self._database.now()
        for shelf in shelves:
            faults.update(integrity.level_faults(shelf))
            faults.update(integrity.hold_faults(shelf, written, now))
            faults.update(integrity.promise_faults(shelf))
        unsound = {fault.id for fault in faults if fault.name == "S1"}
        await self._explained([row for row in rows if row["_id"] not in unsound], faults)
        await self._replayed(shelves, faults)
        return faults

    async def _explained(self, rows: Sequence[Document], faults: Faults) -> None:
        """S5, of levels whose numbers add up."""
        found = await reading.found(self._database, CHANNELS.name, {})
        channels = reading.converted(found, Channel, torn(Faults()))
        for level in reading.converted(rows, StockLevel, torn(faults, "S5")):
            faults.update(integrity.explanation_faults(level, channels))

    async def _replayed(self, shelves: Sequence[Shelf], faults: Faults) -> None:
        """S3, S4 and E1."""
        levels = [shelf.level for shelf in shelves]
        replays = await self._stories.of(LEVELS.name, levels, Replay, ("changes",), faults)
        for shelf in shelves:
            numbers = {name: getattr(shelf.level, name) for name in LEVEL_NUMBERS}
            wrong = list(replays[shelf.level.id].faults(shelf.level.id, numbers, shelf.units))
            faults.update(wrong)
            self._stories.forget(fault.id for fault in wrong)

    async def away(self, piece: Piece) -> Faults:
        """S2 of holds that are far from their level, which must be there."""
        faults = Faults()
        rows = await reading.found(self._database, FAR.name, {"_id": {"$in": piece.ids}})
        found = reading.converted(rows, Away, torn(faults, "S2"))
        lost = await reading.missing(self._database, LEVELS.name, (each.level_id for each in found))
        faults.update(
            Fault("S2", each.reservation, each.id) for each in found if each.level_id in lost
        )
        return faults

    async def channels(self, piece: Piece) -> Faults:
        """S5: without its channel, no number can be explained."""
        faults = Faults()
        rows = await reading.found(self._database, CHANNELS.name, {"_id": {"$in": piece.ids}})
        reading.converted(rows, Channel, torn(faults, "S5"))
        return faults


class Books:
    """P1 to P4, and E1 of payments."""

    def __init__(self, database: Database, stories: Stories) -> None:
        self._database = database
        self._stories = stories

    async def payments(self, piece: Piece) -> Faults:
        faults = Faults()
        rows, posted = await reading.books(self._database, piece.ids)
        payments = reading.converted(rows, Payment, torn(faults, "P1", "P2", "P3", "P4"))
        for payment in payments:
            faults.update(integrity.payment_faults(payment))
            faults.update(integrity.ledger_faults(payment, posted.get(payment.id, ())))
        faults.update(await self._sent_twice(payments))
        return faults | await self._stories.told(PAYMENTS.name, rows)

    async def _sent_twice(self, payments: Sequence[Payment]) -> Faults:
        """P3, where another payment has the same key."""
        keys = {each.idempotency_key for payment in payments for each in payment.operations}
        owners = await reading.owners(self._database, PAYMENTS.name, KEYS, keys)
        return {
            Fault("P3", payment.id, payment.id)
            for payment in payments
            for each in payment.operations
            if owners.get(each.idempotency_key, set()) - {payment.id}
        }

    async def postings(self, piece: Piece) -> Faults:
        """P4 of each posting, whose payment must be there."""
        faults = Faults()
        rows = await reading.found(self._database, POSTINGS.name, {"_id": {"$in": piece.ids}})
        found = reading.converted(rows, Posting, torn(faults, "P4"))
        for posting in found:
            faults.update(integrity.posting_faults(posting))
        paid = (posting.payment_id for posting in found)
        lost = await reading.missing(self._database, PAYMENTS.name, paid)
        faults.update(Fault("P4", each.id, each.id) for each in found if each.payment_id in lost)
        return faults


def _begins(entry: JournalEntry) -> bool:
    return entry.seq == FIRST or entry.type in OPENINGS


def _entry(n: Any) -> Fault:
    """An entry of the journal that cannot be read."""
    key = entry_id(n) if isinstance(n, int) else str(n)
    return Fault("E1", key, key)

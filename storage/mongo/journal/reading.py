"""Reading the journal: the story of each thing, by pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.ids import JournalEntryId, entry_number
from domain.journal import IN_ORDER, JournalEntry
from domain.pages import Page, PageRequest
from domain.viewer import Subject, Viewer
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database
from storage.mongo.reader import Reader
from storage.mongo.sorting import NumberKey

BY_NUMBER = NumberKey("_id", IN_ORDER)

JOURNAL = Collection(
    "journal",
    JournalEntry,
    (
        Index(by("aggregate", "seq"), "nothing is told twice", unique=True),
        Index(by("about", "_id"), "Order.journal, Customer.journal, StockLevel.journal"),
    ),
)
"""`about` holds the aggregate and the subjects of an entry."""

COLLECTIONS = (JOURNAL,)


class MongoJournal:
    """`ports.Journal`."""

    def __init__(self, database: Database) -> None:
        self._entries = Reader(database, JOURNAL.name, JournalEntry, Subject.JOURNAL)

    async def by_ids(
        self, viewer: Viewer, keys: Sequence[JournalEntryId]
    ) -> Mapping[JournalEntryId, JournalEntry]:
        numbers = [entry_number(key) for key in keys]
        found = await self._entries.all(viewer, {"_id": {"$in": numbers}})
        return {entry.id: entry for entry in found}

    async def pages_about(
        self, viewer: Viewer, keys: Sequence[str], request: PageRequest
    ) -> Mapping[str, Page[JournalEntry]]:
        return await self._entries.pages(viewer, "about", keys, {}, BY_NUMBER, request)

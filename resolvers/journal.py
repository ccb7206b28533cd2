"""The journal: parents and arguments in, domain values out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain import pages
from domain.journal import IN_ORDER, FieldChange, JournalEntry
from domain.pages import Cursor, Page
from resolvers.context import Info

NOTHING: Page[JournalEntry] = Page(())


class Told(Protocol):
    """Anything that the journal tells of."""

    @property
    def id(self) -> str: ...


async def journal(
    parents: Sequence[Told], info: Info, *, first: int | None, after: Cursor | None
) -> Sequence[Page[JournalEntry]]:
    about = info.context.journal.pages_about.asked(pages.forward(first, after))
    return [page or NOTHING for page in await about.many([parent.id for parent in parents])]


def entry_cursor(entry: JournalEntry) -> Cursor:
    return IN_ORDER.cursor(entry)


def entry_changes(entry: JournalEntry) -> Sequence[FieldChange]:
    return entry.field_changes

"""The journal, as the graph shows it."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from domain import journal
from domain.pages import Cursor
from domain.viewer import Subject
from resolvers import journal as resolvers
from schema.fields import attribute, computed, shows
from schema.shared import Actor, Connection, Node


@shows(journal.FieldChange)
class FieldChange:
    """One thing that changed; null where there was, or is, nothing."""

    path: str = attribute("What changed, as the graph calls it.")
    before: str | None = attribute("What it was.")
    after: str | None = attribute("What it became.")


@shows(journal.JournalEntry, keys=["id"], guarded=Subject.JOURNAL)
class JournalEntry(Node):
    """One change, in the order in which it was committed."""

    aggregate: ID = attribute("What changed.")
    seq: int = attribute("Its version after the change; no number is left out.")
    cursor: Cursor = computed(resolvers.entry_cursor, "Its place in all that happened.")
    type: str = attribute("What happened, as a program reads it.")
    at: datetime = attribute("When it happened.")
    recorded_at: datetime = attribute("When the journal got to know of it.")
    actor: Actor = attribute("Who did it.")
    cause: ID = attribute("The request that asked for it.")
    summary: str = attribute("What happened, as a person reads it.")
    changes: list[FieldChange] = computed(resolvers.entry_changes, "What changed by it.")


@strawberry.type(description="A page of the journal, the oldest entry first.")
class JournalConnection(Connection[JournalEntry]):
    """A page of the journal, the oldest entry first."""

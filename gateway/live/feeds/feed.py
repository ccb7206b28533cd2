"""What the hub needs of a kind of subscription."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar, runtime_checkable

from msgspec import Struct

from domain.journal import JournalEntry
from domain.live import Cursors, Event, EventKind
from domain.live.cursors import NOWHERE
from domain.pages import Cursor
from domain.ports import Repositories
from domain.ports.following import Following
from domain.stock import StockQuery
from domain.viewer import Everything, Subject, Viewer, reach
from gateway.live.levels import Change, replayed

E = TypeVar("E", bound=Event)

AT_ONCE = 100
"""So many things one event of a snapshot shows at most."""

MOST_REPLAYED = 10_000
"""So many entries behind may a cursor be; what is older is a gap, and how things are now."""


class Sources(Struct, frozen=True):
    """Where a feed reads, and as whom."""

    repositories: Repositories
    following: Following
    viewer: Viewer
    cursors: Cursors

    async def of_stock(self, query: StockQuery, after: int, upto: int) -> Sequence[Change]:
        """What happened to levels in between, each as it was."""
        levels = await self.following.levels(query, upto)
        about = [level.id for level in levels]
        entries = await self.following.entries(after, upto, about=about, most=MOST_REPLAYED)
        return replayed(levels, entries)

    async def told_of(self, about: Sequence[str] | None, after: int, upto: int) -> Sequence[Change]:
        """What happened in between: about these things, or at all."""
        entries = await self.following.entries(after, upto, about=about, most=MOST_REPLAYED)
        return [Change(entry) for entry in entries]

    def shown(self, *entries: JournalEntry) -> tuple[JournalEntry, ...]:
        """The entries, for who may read the journal."""
        return entries if reach(self.viewer, Subject.JOURNAL) == Everything() else ()


class Head(Struct, frozen=True):
    """What stands at the head of every event."""

    kind: EventKind
    cursor: Cursor
    at: datetime
    entries: tuple[JournalEntry, ...] = ()

    def over(self, event: type[E], **shown: object) -> E:
        """The event that shows this under the head."""
        return event(kind=self.kind, cursor=self.cursor, at=self.at, entries=self.entries, **shown)


class Feed(Protocol):
    """One topic, as one viewer may hear of it."""

    @property
    def keys(self) -> Sequence[str]:
        """What the hub finds it by: a change concerns it only if it has one of these."""
        ...

    def wants(self, change: Change) -> bool:
        """May it have to tell of a change? Decided without reading."""
        ...

    def bare(self, head: Head) -> Event:
        """An event that shows nothing: a heartbeat, or a gap."""
        ...

    async def snapshot(self, at: int, now: datetime) -> Sequence[Event]:
        """How things are at this place of the journal; at least one event."""
        ...

    async def missed(self, after: int, upto: int) -> Sequence[Change]:
        """What happened in between."""
        ...

    async def told(self, change: Change) -> Event | None:
        """What to tell of a change; None if it turns out to be out of reach."""
        ...


@runtime_checkable
class Folding(Protocol):
    """A feed that may tell a slow client of many changes at once."""

    async def folded(self, changes: Sequence[Change], count: int, head: Head) -> Event:
        """The latest change of each thing, in the place of `count` changes."""
        ...


def of_change(sources: Sources, change: Change) -> Head:
    """The head of the event that tells of a change."""
    entry = change.entry
    cursor = sources.cursors.at(entry.n)
    return Head(EventKind.CHANGE, cursor, entry.recorded_at, sources.shown(entry))


def of_parts(sources: Sources, at: int, now: datetime, parts: int) -> Sequence[Head]:
    """The heads of a snapshot in so many parts. Who has not got the last begins anew."""
    cursors = [sources.cursors.at(NOWHERE)] * (parts - 1) + [sources.cursors.at(at)]
    return [Head(EventKind.SNAPSHOT, cursor, now) for cursor in cursors]

"""Stock as it is where the journal has come to, followed from change to change.

What an entry changed is all that has to be known for the next state, so a level is read once.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.ids import Kind, StockLevelId
from domain.journal import JournalEntry
from domain.live import history
from domain.ports.following import Following
from domain.stock import StockLevel

MOST_LEVELS = 20_000


class Change(Struct, frozen=True):
    """An entry of the journal; of stock, the level in front of it and behind it."""

    entry: JournalEntry
    was: StockLevel | None = None
    level: StockLevel | None = None


def is_of_stock(entry: JournalEntry) -> bool:
    """Does an entry tell of a level?"""
    return entry.aggregate.startswith(f"{Kind.STOCK_LEVEL}_")


class Levels:
    """The levels that changed lately."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._known: dict[str, StockLevel] = {}

    async def followed(self, entries: Sequence[JournalEntry]) -> Sequence[Change]:
        """The next entries of the journal, with the levels that they change.

        Raises:
            Unavailable: a level cannot be read now; nothing was followed.
        """
        await self._meet([entry for entry in entries if is_of_stock(entry)])
        return [_stepped(self._known, entry) for entry in entries]

    def forget(self) -> None:
        """Nobody listens: the next entries will not be followed."""
        self._known.clear()

    async def _meet(self, entries: Sequence[JournalEntry]) -> None:
        keys = dict.fromkeys(entry.aggregate for entry in entries)
        met = {key: self._known.pop(key, None) for key in keys}
        self._known |= {key: level for key, level in met.items() if level}
        unknown = [StockLevelId(key) for key, level in met.items() if level is None]
        if unknown:
            found = await self._following.levels_by_ids(unknown, entries[0].n - 1)
            self._known |= {level.id: level for level in found}
        for key in list(self._known)[: max(0, len(self._known) - MOST_LEVELS - len(met))]:
            del self._known[key]


def replayed(levels: Sequence[StockLevel], entries: Sequence[JournalEntry]) -> Sequence[Change]:
    """What happened to levels, that are as they were behind all of these entries."""
    told: dict[str, list[JournalEntry]] = {level.id: [] for level in levels}
    mine = [entry for entry in entries if entry.aggregate in told]
    for entry in reversed(mine):
        told[entry.aggregate].append(entry)
    states = {level.id: history.before(level, told[level.id]) for level in levels}
    return [_stepped(states, entry) for entry in mine]


def _stepped(states: dict[str, StockLevel], entry: JournalEntry) -> Change:
    """Bring the level that an entry changes behind it; what is not among the states is no level."""
    was = states.get(entry.aggregate)
    if was is None:
        return Change(entry)
    level = states[entry.aggregate] = history.after(was, entry)
    return Change(entry, was, level)

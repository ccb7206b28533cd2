"""Entries of the journal that the doorbell brought along: what it tells need not be read."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from domain.journal import JournalEntry

MOST_HELD = 2_000


class Rung:
    """The latest entries that were told of, in the order in which they came."""

    def __init__(self) -> None:
        self._entries = deque[JournalEntry](maxlen=MOST_HELD)

    def add(self, entry: JournalEntry) -> None:
        self._entries.append(entry)

    def behind(self, at: int) -> Sequence[JournalEntry]:
        """The next entries of the journal, once; none where it does not go on from there.

        Numbers have no gaps, so it is known if one was not told of: then the journal must be read.
        """
        found: list[JournalEntry] = []
        while self._entries and self._entries[0].n <= at + len(found) + 1:
            entry = self._entries.popleft()
            if entry.n > at + len(found):
                found.append(entry)
        return found

    def __bool__(self) -> bool:
        """Was there told of entries that do not follow yet?"""
        return bool(self._entries)

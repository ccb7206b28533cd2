"""What must be true of the journal (E1, S3, S4): stories without gaps that lead to what is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Self

import msgspec
from msgspec import Struct

from domain.ids import Kind
from domain.integrity.report import Fault
from domain.recorded import LEVEL_NUMBERS, STORIES

OPENINGS = frozenset(story.opened for story in STORIES.values())
FIRST = 1


class Tale(Struct, frozen=True):
    """What an entry of the journal, or of an outbox, says of one change."""

    seq: int
    type: str
    changes: Mapping[str, tuple[Any, Any]] = {}


class Told(Struct, frozen=True):
    """Anything that has a story: at which version it is, and what it still has to tell."""

    id: str = msgspec.field(name="_id")
    version: int
    outbox: tuple[Tale, ...] = ()

    @property
    def untold(self) -> int:
        """From this version on, the journal need not know of it."""
        return self.outbox[0].seq if self.outbox else self.version + 1


class Story:
    """The tales of one thing, in the order of their versions.

    `last` is the version to which it goes, `ahead` the last one of which the journal tells beyond
    the one at which the thing was read.
    """

    def __init__(self) -> None:
        self.ahead: int | None = None
        self.last: int | None = None
        self._has_gaps = False

    def copy(self) -> Self:
        """As it is now; the two go on without each other."""
        return deepcopy(self)

    def add(self, tale: Tale) -> None:
        if self.last is None:
            self._has_gaps = tale.seq != FIRST and tale.type not in OPENINGS
        elif tale.seq != self.last + 1:
            self._has_gaps = True
        self.last = tale.seq

    def leads_to(self, version: int) -> bool:
        """Does it begin at the beginning, leave nothing out, and end at this version?"""
        return self.last == version and not self._has_gaps


class Replay(Story):
    """The story of a level, followed number by number."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = dict.fromkeys(LEVEL_NUMBERS, 0)
        self._holds: dict[str, int] = {}
        self._is_torn = False
        self._is_oversold = False

    @property
    def _promised(self) -> int:
        return self._numbers["committed"] + self._numbers["reserved"]

    def add(self, tale: Tale) -> None:
        """Follow a change: what it says was before must be what the one before left."""
        super().add(tale)
        promised = self._promised
        for name, (before, after) in tale.changes.items():
            if name in self._numbers:
                self._is_torn |= before != self._numbers[name] or not isinstance(after, int)
                self._numbers[name] = after if isinstance(after, int) else 0
            elif name.startswith(f"{Kind.RESERVATION}_"):
                self._is_torn |= before != self._holds.pop(name, None)
                if after is not None:
                    self._holds[name] = after
        is_promise = promised < self._promised
        self._is_oversold |= is_promise and self._promised > self._numbers["on_hand"]

    def faults(
        self, id: str, numbers: Mapping[str, int], units: Mapping[str, int]
    ) -> Iterator[Fault]:
        """S4: it must lead to these numbers and holds; S3, at each promise that it tells of."""
        leads = self._numbers == numbers and self._holds == units
        if self._is_torn or not leads:
            yield Fault("S4", id, id)
        elif self._is_oversold:
            yield Fault("S3", id, id)

"""What must be true of the journal (E1, S4): stories without gaps, that lead to what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from domain.ids import Kind
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


class Story:
    """The tales of one thing, in the order of their versions."""

    def __init__(self) -> None:
        self.last: int | None = None
        self._has_gaps = False

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
        self._numbers: dict[str, int] = {}
        self._holds: dict[str, int] = {}
        self._is_torn = False

    def add(self, tale: Tale) -> None:
        """Follow a change: what it says was before must be what the one before left."""
        super().add(tale)
        for name, (before, after) in tale.changes.items():
            if name in LEVEL_NUMBERS:
                self._is_torn |= before != self._numbers.get(name, 0)
                self._numbers[name] = after
            elif name.startswith(f"{Kind.RESERVATION}_"):
                self._is_torn |= before != self._holds.pop(name, None)
                if after is not None:
                    self._holds[name] = after

    def gives(self, numbers: Mapping[str, int], holds: Mapping[str, int]) -> bool:
        """Does it lead to these numbers and holds?"""
        ends = {name: self._numbers.get(name, 0) for name in LEVEL_NUMBERS}
        return not self._is_torn and ends == numbers and self._holds == holds

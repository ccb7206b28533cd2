"""What was checked, and what is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

SAYS: Mapping[str, str] = MappingProxyType(
    {
        "S1": "On hand is committed, reserved, unavailable and free; none is below zero.",
        "S2": "Reserved is the sum of the holds; each is written down, and will end.",
        "S3": "No more units are promised than are there.",
        "S4": "The journal, replayed, gives every level as it is.",
        "S5": "What a channel may sell is what its explanation adds up to.",
        "P1": "Not more is captured than authorised, nor refunded than was captured.",
        "P2": "A payment stands where its operations put it, in any order.",
        "P3": "Every operation was sent under one key, and no other under the same.",
        "E1": "The journal leaves no number out, and no story one of its versions.",
    }
)
"""Every invariant that is checked, and what it says."""


class Fault(Struct, frozen=True):
    """An invariant that does not hold, and the id of what breaks it."""

    name: str
    id: str


class IntegrityCheck(Struct, frozen=True):
    """What became of one invariant: how much was checked, and how much of that breaks it.

    `ids` are the first of what does.
    """

    name: str
    says: str
    checked: int
    broken: int
    ids: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.broken


class Tally:
    """Counts what is seen; keeps the ids of the first `most` things that break an invariant."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._checked = Counter[str]()
        self._broken = Counter[str]()
        self._ids: dict[str, list[str]] = {name: [] for name in SAYS}

    def seen(self, names: Sequence[str], count: int) -> None:
        """So many things were checked for these invariants."""
        self._checked.update(dict.fromkeys(names, count))

    def add(self, faults: Iterable[Fault]) -> None:
        """Note what is broken; the same thing counts once for an invariant."""
        for fault in dict.fromkeys((each.name, each.id) for each in faults):
            self.broken(*fault)

    def broken(self, name: str, id: str, times: int = 1) -> None:
        self._broken[name] += times
        if len(self._ids[name]) < self._most:
            self._ids[name].append(id)

    def checks(self) -> list[IntegrityCheck]:
        """What came of all of it."""
        return [
            IntegrityCheck(
                name, says, self._checked[name], self._broken[name], tuple(self._ids[name])
            )
            for name, says in SAYS.items()
        ]

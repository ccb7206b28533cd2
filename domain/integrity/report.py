"""What was checked, and what is broken."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

SAYS: Mapping[str, str] = MappingProxyType(
    {
        "S1": "On hand is committed, reserved, unavailable and free; none is below zero.",
        "S2": "Reserved is the sum of the holds; each is written down, and will end.",
        "S3": "No units were ever promised that were not there.",
        "S4": "The journal, replayed from zero, gives every level as it is.",
        "S5": "What a channel may sell is what its explanation adds up to.",
        "S6": "What orders of shops wait for is promised to them, and is committed.",
        "P1": "Not more is captured than authorised, nor given back than was captured.",
        "P2": "A payment stands where its operations put it, in any order.",
        "P3": "Every operation was sent under one key, and no other under the same.",
        "P4": "Every posting balances, and together they are what the operations moved.",
        "E1": "The journal leaves no number out, and no story one of its versions.",
    }
)
"""Every invariant that is checked, and what it says."""


class Fault(Struct, frozen=True):
    """An invariant that does not hold, and the id of what breaks it.

    `of` is the document in which it was seen: a reservation may be broken at two levels. `times`
    counts what is missing: a gap in the journal is named by its first number.
    """

    name: str
    id: str
    of: str
    times: int = 1


class IntegrityCheck(Struct, frozen=True):
    """What became of one invariant: how much was checked, and how much of that breaks it.

    `ids` are some of what does, the smallest first.
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
    """Counts what is seen; keeps the `most` smallest ids of what breaks an invariant."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._checked = Counter[str]()
        self._broken = Counter[str]()
        self._ids: dict[str, list[str]] = {name: [] for name in SAYS}

    def seen(self, names: Sequence[str], count: int) -> None:
        """So many things were checked for these invariants."""
        self._checked.update(dict.fromkeys(names, count))

    def add(self, faults: Iterable[Fault]) -> None:
        """Note what is broken; each fault comes once."""
        for fault in faults:
            self._broken[fault.name] += fault.times
            ids = self._ids[fault.name]
            if fault.id not in ids:
                insort(ids, fault.id)
                del ids[self._most :]

    def checks(self) -> list[IntegrityCheck]:
        """What came of all of it."""
        return [
            IntegrityCheck(
                name, says, self._checked[name], self._broken[name], tuple(self._ids[name])
            )
            for name, says in SAYS.items()
        ]

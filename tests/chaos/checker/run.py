"""A run, as the checker sees it: what was wished and answered, and what the graph said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from msgspec import Struct, field

from tests.chaos.history import (
    Answered,
    Event,
    Followed,
    Heard,
    Invoked,
    Payload,
    Read,
    Unanswered,
)

NUMBERS = ("onHand", "committed", "reserved", "unavailable", "free", "incoming")
"""The numbers of a stock level, as the journal's paths name them."""
HOLD = "reservations."

Place = tuple[str, str]
"""A sku and the id of a location."""


class Operation(Struct):
    """A wish, and whatever was answered."""

    wish: Invoked
    answers: list[Answered] = field(default_factory=list[Answered])
    silences: list[Unanswered] = field(default_factory=list[Unanswered])

    def __str__(self) -> str:
        return f"operation {self.wish.op} ({self.wish.kind} {dict(self.wish.input)})"

    @property
    def payload(self) -> Payload | None:
        """The first final answer."""
        return self.answers[0].payload if self.answers else None

    @property
    def is_done(self) -> bool:
        """It was acknowledged: whatever it wished is true from then on."""
        return self.payload is not None and not self.payload["userErrors"]

    def made(self, what: str) -> str:
        """The id of what was made, of an operation that is done."""
        assert self.payload
        return self.payload[what]["id"]

    def input(self, name: str) -> Any:
        return self.wish.input[name]


class Change(Struct, frozen=True):
    """One value, before and after; None where there was none."""

    path: str
    before: str | None
    after: str | None

    @property
    def delta(self) -> int:
        return int(self.after or 0) - int(self.before or 0)


class Entry(Struct, frozen=True):
    """One entry of a journal."""

    id: str
    aggregate: str
    seq: int
    cursor: str
    type: str
    changes: tuple[Change, ...]


State = Mapping[str, str]
"""A thing's values by path."""


class Level:
    """A stock level and its journal."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.id: str = value["id"]
        self.version: int = value["version"]
        self.place: Place = value["product"]["sku"], value["location"]["id"]
        self.numbers = {name: int(value[name]) for name in NUMBERS}
        self.journal = [each for each in entries(value) if each.aggregate == self.id]

    def __str__(self) -> str:
        return f"{self.id} ({' at '.join(self.place)})"

    @cached_property
    def states(self) -> Mapping[int, State]:
        """The journal replayed: how the level was at each seq."""
        state: dict[str, str] = {}
        found: dict[int, State] = {}
        for entry in self.journal:
            for change in entry.changes:
                if change.after is None:
                    state.pop(change.path, None)
                else:
                    state[change.path] = change.after
            found[entry.seq] = dict(state)
        return found

    def since(self, version: int) -> Iterable[tuple[Entry, Change]]:
        """What changed after a version."""
        return (
            (each, change) for each in self.journal if each.seq > version for change in each.changes
        )


def entries(value: Mapping[str, Any]) -> Sequence[Entry]:
    """The journal of something that was read: its own entries, and others that concern it."""
    return [
        Entry(
            each["id"],
            each["aggregate"],
            each["seq"],
            each["cursor"],
            each["type"],
            tuple(Change(**change) for change in each["changes"]),
        )
        for each in value["journal"]
    ]


class Run:
    """All of it."""

    def __init__(self, lines: Iterable[Event]) -> None:
        self.operations: dict[int, Operation] = {}
        self.followed: dict[str, list[Followed]] = {}
        self.heard: dict[str, list[Heard]] = {}
        self._values: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for line in lines:
            self._add(line)

    def _add(self, line: Event) -> None:
        match line:
            case Invoked():
                self.operations[line.op] = Operation(line)
            case Answered():
                self.operations[line.op].answers.append(line)
            case Unanswered():
                self.operations[line.op].silences.append(line)
            case Followed():
                self.followed.setdefault(line.follower, []).append(line)
            case Heard():
                self.heard.setdefault(line.listener, []).append(line)
            case Read():
                self._values.setdefault((line.when, line.kind), []).append(line.value)
            case _:
                pass

    def values(self, when: str, kind: str) -> Sequence[Mapping[str, Any]]:
        return self._values.get((when, kind), [])

    @cached_property
    def levels(self) -> Sequence[Level]:
        """The levels after the last wish."""
        return [Level(value) for value in self.values("after", "level")]

    def journal_of(self, orders: Sequence[str]) -> Sequence[tuple[str, int]]:
        """What happened to an order, in order: whose each entry is, and its `seq`."""
        values = [value for value in self.values("after", "order") if value["id"] in orders]
        return [(each.aggregate, each.seq) for value in values for each in entries(value)]

    @cached_property
    def level_by_place(self) -> Mapping[Place, Level]:
        return {level.place: level for level in self.levels}

    @cached_property
    def version_before(self) -> Mapping[str, int]:
        """Versions before the first wish, by id."""
        kinds = ("level", "order", "payment")
        before = chain.from_iterable(self.values("before", kind) for kind in kinds)
        return {value["id"]: value["version"] for value in before}

    def wished(self, *kinds: str) -> Sequence[Operation]:
        return [each for each in self.operations.values() if each.wish.kind in kinds]

    def done(self, *kinds: str) -> Sequence[Operation]:
        return [each for each in self.wished(*kinds) if each.is_done]

    @cached_property
    def granted(self) -> Mapping[str, Operation]:
        """The wishes that were granted, by the id of the reservation."""
        return {each.made("reservation"): each for each in self.done("reserveStock")}

    def open(self, *kinds: str) -> Sequence[Operation]:
        """Those of which nobody knows whether they were done."""
        return [each for each in self.wished(*kinds) if not each.answers]

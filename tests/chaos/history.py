"""What happened, one JSON object a line, in the order in which it was seen.

The checker reads nothing else. Times are seconds since the run began.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct

KEPT = Path(__file__).parents[2] / ".kassa" / "chaos"
Payload = Mapping[str, Any]
"""What a mutation answers: `userErrors`, `replayed`, and what it is about."""


class Line(Struct, tag_field="event", frozen=True, kw_only=True):
    """Something that happened at a time."""

    at: float = 0.0


class Begun(Line, tag="begun", frozen=True, kw_only=True):
    """The run: the seed gives the same faults and the same wishes again."""

    scenario: str
    seed: int
    plan: Sequence[Any]


class Invoked(Line, tag="invoked", frozen=True, kw_only=True):
    """A client wants something done."""

    op: int
    client: str
    kind: str
    key: str
    input: Mapping[str, Any]


class Asked(Line, tag="asked", frozen=True, kw_only=True):
    """It asks a gateway, with the operation's key or, if it must not, with another one."""

    op: int
    gateway: int


class Unanswered(Line, tag="unanswered", frozen=True, kw_only=True):
    """Nobody knows whether it was done; `code` is the gateway's own word for it, if it had one."""

    op: int
    gateway: int
    why: str
    code: str | None = None


class Answered(Line, tag="answered", frozen=True, kw_only=True):
    """A final answer."""

    op: int
    gateway: int
    payload: Payload


class Fault(Line, tag="fault", frozen=True, kw_only=True):
    """Something was broken."""

    name: str
    target: str


class Healed(Line, tag="healed", frozen=True, kw_only=True):
    """It was repaired; whether it works again is another matter."""

    name: str
    target: str


class Read(Line, tag="read", frozen=True, kw_only=True):
    """What the graph says of one thing; `when` is `before` the first or `after` the last wish."""

    when: str
    kind: str
    value: Mapping[str, Any]


class Followed(Line, tag="followed", frozen=True, kw_only=True):
    """Somebody who follows the journal of one thing by its cursors saw more of it."""

    follower: str
    thing: str
    entries: Sequence[tuple[str, int]]
    """Of each entry, whose it is and its `seq`."""


class Told(Struct, frozen=True):
    """One message of a subscription: `entries` by whose they are and their `seq`, levels by id."""

    kind: str
    entries: Sequence[tuple[str, int]] = ()
    versions: Mapping[str, int] = {}
    conflated: int = 0


class Heard(Line, tag="heard", frozen=True, kw_only=True):
    """What somebody was told over one connection, who had asked for it with a cursor or not."""

    listener: str
    gateway: int
    kind: str
    things: Sequence[str]
    """Skus whose levels, or the orders that were listened for."""

    with_cursor: bool
    told: Sequence[Told]
    error: str | None = None
    """The code with which it ended, if it did not just break off."""


Event = Begun | Invoked | Asked | Unanswered | Answered | Fault | Healed | Read | Followed | Heard


class History:
    """A file to which everybody adds; it can be read while it grows, and after a crash."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[Event] = []
        self._began = time.monotonic()
        self._file = path.open("wb", buffering=0)
        self._operations = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def now(self) -> float:
        return round(time.monotonic() - self._began, 4)

    def add(self, line: Event) -> None:
        """Write a line, with the time at which it is added."""
        timed = msgspec.structs.replace(line, at=self.now())
        self.lines.append(timed)
        self._file.write(msgspec.json.encode(timed) + b"\n")

    def invoked(self, client: str, kind: str, key: str, input: Mapping[str, Any]) -> int:
        """Write down a wish; the number of its operation."""
        self._operations += 1
        self.add(Invoked(op=self._operations, client=client, kind=kind, key=key, input=input))
        return self._operations


def read(path: Path) -> Iterator[Event]:
    """The lines of a file."""
    decoder = msgspec.json.Decoder(Event)
    with path.open("rb") as file:
        yield from map(decoder.decode, file)


def keep(path: Path, logs: Path) -> Path:
    """Put a history where it outlives the run that made it, with what the gateways logged."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for log in logs.glob("gateway-*.log"):
        shutil.copy(log, KEPT / f"{path.stem}-{log.name}")
    return Path(shutil.copy(path, KEPT))

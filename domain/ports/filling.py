"""What an import and a demo shop need of a database, and what they are fed from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from domain.ids import Kind
from domain.imports.meeting import Change, Incoming, Known, Outcome
from domain.imports.report import FileTally, Overfull, Sums
from domain.imports.rows import Entity, Group, Placed, RowRefused
from domain.imports.tenders import Owners
from domain.imports.terms import Terms
from domain.shop import Shop


class ShelfState(Enum):
    """What stands in the database: nothing, half of a shop of ours, all of it, or another."""

    EMPTY = auto()
    HALF = auto()
    STOCKED = auto()
    FOREIGN = auto()


class Shelf(Protocol):
    """A whole shop, put into the database or cleared away."""

    async def state(self) -> ShelfState: ...

    async def clear(self) -> None: ...

    async def fill(self, shop: Shop, told: Callable[[int, int], None] = ...) -> None:
        """Put a whole shop into an empty database; a half put one is never called stocked.

        `told` hears after each chunk how many documents it had, and how many there are in all.
        """
        ...


class Feed(Protocol):
    """A retailer's files, read and gathered by natural key."""

    @property
    def terms(self) -> Terms: ...

    @property
    def observed_at(self) -> datetime:
        """How old the files' numbers are, where no column says it."""
        ...

    def channels(self) -> Sequence[str]:
        """The codes of all channels that the files name."""
        ...

    def read(self) -> Iterator[tuple[str, int, int]]:
        """Read all files, telling which, how many bytes further, and of how many."""
        ...

    def count(self, entity: Entity) -> int: ...

    def groups(self, entity: Entity) -> Iterator[Group]: ...

    def refuse(self, rows: Sequence[Placed], refusal: RowRefused) -> None:
        """Put rows into quarantine."""
        ...

    def tallies(self) -> Mapping[str, FileTally]: ...

    def overfull(self, tolerate: float) -> Overfull | None:
        """A file that has more bad rows than are tolerated."""
        ...


class Intake(Protocol):
    """The writing side of an import: one read and one write for a batch of natural keys."""

    async def ids(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, str]: ...

    async def owners(self, numbers: Sequence[str]) -> Mapping[str, Owners]: ...

    async def known(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Known]: ...

    async def there(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Incoming]: ...

    async def put(self, kind: Kind, changes: Sequence[Change]) -> Outcome: ...

    async def sums(self, kind: Kind, keys: Sequence[str]) -> Sums:
        """What the documents of these keys add up to, by the database's own arithmetic."""
        ...

    async def post(self, keys: Sequence[str]) -> None:
        """See that the ledger has what the payments of these keys have moved, no more, no less."""
        ...

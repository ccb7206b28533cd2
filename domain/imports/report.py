"""What came in, what became of it, and the proof that nothing was lost."""

from __future__ import annotations

from collections import Counter

import msgspec
from msgspec import Struct

from domain.errors import DomainError


class FileTally(Struct):
    """Rows of one file: all, and those refused by reason. `repeated` say what others said.

    `masked` are the fields in which a card number was.
    """

    rows: int = 0
    repeated: int = 0
    skipped: int = 0
    masked: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter[str])

    @property
    def bad(self) -> int:
        return self.refused.total()


class EntityTally(Struct):
    """Documents of one kind. A run that changes nothing has only `same` ones."""

    new: int = 0
    changed: int = 0
    same: int = 0

    @property
    def written(self) -> int:
        return self.new + self.changed


class Sums(Struct):
    """What orders and payments add up to; money in minor units by currency."""

    orders: int = 0
    lines: int = 0
    units: int = 0
    ordered: Counter[str] = msgspec.field(default_factory=Counter[str])
    payments: int = 0
    paid: Counter[str] = msgspec.field(default_factory=Counter[str])

    def add(self, other: Sums) -> None:
        self.orders += other.orders
        self.lines += other.lines
        self.units += other.units
        self.payments += other.payments
        # `update` keeps zeros, which `+=` would drop: an order over nothing has a currency too.
        self.ordered.update(other.ordered)
        self.paid.update(other.paid)


class Report(Struct):
    """What an import did. `of_files` is summed up from the rows, `of_database` read back."""

    files: dict[str, FileTally] = msgspec.field(default_factory=dict[str, FileTally])
    entities: dict[str, EntityTally] = msgspec.field(default_factory=dict[str, EntityTally])
    of_files: Sums = msgspec.field(default_factory=Sums)
    of_database: Sums = msgspec.field(default_factory=Sums)
    quarantine: str | None = None
    seconds: float = 0.0

    @property
    def writes(self) -> int:
        return sum(each.written for each in self.entities.values())

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.files.values())

    @property
    def refused(self) -> int:
        return sum(each.bad for each in self.files.values())

    @property
    def masked(self) -> int:
        return sum(each.masked for each in self.files.values())

    @property
    def agrees(self) -> bool:
        return self.of_files == self.of_database

    def entity(self, name: str) -> EntityTally:
        return self.entities.setdefault(name, EntityTally())

    @property
    def written(self) -> str:
        """For a sentence: "14 locations and 504 products"."""
        parts = [
            f"{tally.written:,} {name}" for name, tally in self.entities.items() if tally.written
        ]
        return ", ".join(parts) or "nothing"


class Overfull(Struct, frozen=True):
    """A file with more bad rows than are tolerated."""

    file: str
    bad: int
    rows: int
    reason: str


class ImportStopped(DomainError):
    """Too many rows of a file are bad; most likely the mapping is."""

    def __init__(self, overfull: Overfull, tolerated: float, report: Report) -> None:
        share = 100 * overfull.bad / overfull.rows
        super().__init__(
            f"{overfull.file}: {overfull.bad:,} of {overfull.rows:,} rows ({share:.1f} %) cannot "
            f"come in, most of them for {overfull.reason}; up to {tolerated:g} % are tolerated. "
            f"Written so far: {report.written}. The rows and their reasons are in "
            f"{report.quarantine}."
        )
        self.report = report

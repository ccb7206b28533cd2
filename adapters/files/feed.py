"""All files of a folder, read once and gathered by natural key."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from collections.abc import Mapping as Map
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from adapters.files import notes, reading
from adapters.files.making import GATHERED, HEADS, Maker
from adapters.files.mapping import Mapping, MappingWrong, Table, files_of
from adapters.files.quarantine import Quarantine, as_row
from adapters.files.spill import Spill
from domain.imports.report import FileTally, Overfull
from domain.imports.rows import Entity, Group, OrderRow, Part, Placed, Reason, RowRefused
from domain.imports.terms import Terms

TELL_EVERY = 2_000
MOST_CHANNELS = 200
EARLY = 10_000
"""After so many rows a file may be given up before it is read to its end."""


class FileFeed:
    """`ports.Feed` over a folder."""

    def __init__(self, folder: Path, mapping: Mapping, quarantine: Quarantine) -> None:
        self.terms: Terms = mapping.terms()
        self._quarantine = quarantine
        self._spill = Spill()
        self._tables = [
            (part, table, path)
            for part, table in mapping.tables()
            for path in files_of(folder, table)
        ]
        self._by_part = {part: table for part, table, _ in self._tables}
        self._folder = folder
        self._tallies: dict[str, FileTally] = {}
        self._columns: dict[str, Sequence[str]] = {}
        self._channels: dict[str, None] = {}
        self._refused: set[int] = set()
        self._is_whole: set[str] = set()
        self._short: set[str] = set()

    def close(self) -> None:
        self._spill.close()

    @property
    def observed_at(self) -> datetime:
        """When the stock files were written."""
        times = [path.stat().st_mtime for part, _, path in self._tables if part is Part.STOCK]
        seconds = int(min(times, default=0))
        return datetime.fromtimestamp(seconds, UTC)

    def channels(self) -> Sequence[str]:
        return list(self._channels)

    def tallies(self) -> Map[str, FileTally]:
        return self._tallies

    def read(self) -> Iterator[tuple[str, int, int]]:
        for part, table, path in self._tables:
            yield from self._read(part, table, path)
        self._join()

    def _join(self) -> None:
        """What only the whole can tell: which payment is refunded, which sale came back."""
        lines = self._by_part.get(Part.LINES)
        if lines and lines.returns:
            notes.match(self._spill)
        if Part.REFUNDS in self._by_part:
            self._spill.find_refunded_payments()

    def _name(self, part: Part, path: Path) -> str:
        name = str(path.relative_to(self._folder))
        shared = sum(other == path for _, _, other in self._tables) > 1
        return f"{name} [{part}]" if shared else name

    def _read(self, part: Part, table: Table, path: Path) -> Iterator[tuple[str, int, int]]:
        name, size = self._name(part, path), path.stat().st_size
        tally = self._tallies[name] = FileTally()
        file = self._spill.file(name)
        with reading.opened(path, table) as source:
            if not source.columns and table.header and size == 0:
                self._is_whole.add(name)
                return
            self._columns[name] = source.columns
            maker = Maker(part, table, source.columns, path.name)
            for record in source.records:
                self._keep(maker, file, name, record)
                if tally.rows % TELL_EVERY == 0:
                    yield name, source.position(), size
            yield name, size, size
        self._is_whole.add(name)

    def _keep(self, maker: Maker, file: int, name: str, record: reading.Record) -> None:
        """Put a record down as a row, or aside with the reason."""
        tally = self._tallies[name]
        tally.rows += 1
        try:
            if record.problem:
                raise record.problem
            if maker.is_idle(record.cells):
                tally.skipped += 1
                return
            part, row, masked = maker.row(record.cells)
        except RowRefused as refusal:
            self._put_aside(name, record.line, refusal, record.cells)
            if maker.part is Part.LINES and (order := maker.key_of(record.cells)):
                self._short.add(order)
            return
        tally.masked += masked
        if isinstance(row, OrderRow) and row.channel:
            self._notice(row.channel)
        self._spill.add(part, row, file, record.line, record.cells)

    def _notice(self, channel: str) -> None:
        self._channels[channel] = None
        if len(self._channels) > MOST_CHANNELS:
            raise MappingWrong(
                f"The orders name more than {MOST_CHANNELS} channels; is that the right column?"
            )

    def count(self, entity: Entity) -> int:
        return sum(self._spill.count(entity, part) for part in HEADS if GATHERED[part][0] is entity)

    def groups(self, entity: Entity) -> Iterator[Group]:
        for group in self._spill.groups(entity):
            if entity is Entity.ORDERS and group.key in self._short:
                # What is left of it would look like a smaller sale.
                said = f"A line of the order {group.key!r} cannot come in."
                self.refuse(group.rows, RowRefused(Reason.LINE_REFUSED, said))
            else:
                yield self._once(group) if len(group.rows) > 1 else group

    def _once(self, group: Group) -> Group:
        """With one row that names the whole; the same row again says nothing new."""
        heads = [placed for placed in group.rows if placed.part in HEADS]
        for again in heads[1:]:
            table = self._by_part[again.part]
            if table.repeats == "first" or again.row == heads[0].row:
                self._tallies[again.file].repeated += 1
            else:
                said = f"{group.key!r} stood in line {heads[0].line} already, and differently."
                self.refuse([again], RowRefused(Reason.DUPLICATE, said))
        others = [placed for placed in group.rows if placed.part not in HEADS]
        return Group(group.key, [*heads[:1], *others]) if len(heads) > 1 else group

    def refuse(self, rows: Sequence[Placed], refusal: RowRefused) -> None:
        for placed in rows:
            if placed.id not in self._refused:
                self._refused.add(placed.id)
                self._put_aside(placed.file, placed.line, refusal, self._spill.raw(placed))

    def _put_aside(self, file: str, line: int, refusal: RowRefused, raw: Sequence[str]) -> None:
        self._tallies[file].refused[refusal.reason] += 1
        self._quarantine.add(file, line, refusal, as_row(self._columns.get(file, ()), raw))

    def overfull(self, tolerate: float) -> Overfull | None:
        for name, tally in self._tallies.items():
            judged = name in self._is_whole or tally.rows >= EARLY
            if judged and tally.bad * 100 > tolerate * tally.rows:
                reason, _ = tally.refused.most_common(1)[0]
                return Overfull(name, tally.bad, tally.rows, reason)
        return None


@contextmanager
def opened(folder: Path, mapping: Mapping, quarantine: Quarantine) -> Generator[FileFeed]:
    """A feed whose temporary files go when it is closed."""
    feed = FileFeed(folder, mapping, quarantine)
    try:
        yield feed
    finally:
        feed.close()

"""Rows gathered by natural key, on disk: files need not be sorted, nor fit into memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from adapters.files.making import BESIDE, GATHERED, ROWS
from domain.imports.rows import Entity, Group, Part, Placed, Row

CHUNK = 5_000
PARTS = tuple(Part)
TURN = {part: n for n, part in enumerate(PARTS)}
CACHE_KIB = 16_384
NO_PAYMENT = "\x1f"
"""Before the order's number: the key of a refund of which only the order is known."""


class Spill:
    """A temporary SQLite database without a name; it is gone with the process that made it."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.execute("PRAGMA journal_mode=OFF")
        self._base.execute("PRAGMA synchronous=OFF")
        self._base.execute("PRAGMA temp_store=FILE")
        self._base.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        for entity in Entity:
            self._base.execute(
                f"CREATE TABLE {entity} (id INTEGER PRIMARY KEY, key TEXT, part INTEGER, "
                "file INTEGER, line INTEGER, data BLOB, raw BLOB, beside TEXT)"
            )
        self._files: list[str] = []
        self._waiting: dict[Entity, list[tuple[Any, ...]]] = {entity: [] for entity in Entity}
        self._decoders = {part: msgspec.msgpack.Decoder(kind) for part, kind in ROWS.items()}
        self._id = 0

    def close(self) -> None:
        self._base.close()

    def file(self, name: str) -> int:
        """The number under which rows of a file are kept."""
        self._files.append(name)
        return len(self._files) - 1

    def add(self, part: Part, row: Row, file: int, line: int, raw: Sequence[str]) -> None:
        entity, fields = GATHERED[part]
        key = "\x1f".join(getattr(row, field) or "" for field in fields)
        beside = getattr(row, BESIDE[part]) if part in BESIDE else None
        if part is Part.REFUNDS and not key:
            key = f"{NO_PAYMENT}{beside}"
        self._id += 1
        data, cells = msgspec.msgpack.encode(row), msgspec.json.encode(raw)
        waiting = self._waiting[entity]
        waiting.append((self._id, key, TURN[part], file, line, data, cells, beside))
        if len(waiting) >= CHUNK:
            self.settle(entity)

    def settle(self, entity: Entity) -> None:
        """Put down what is still in hand."""
        rows = self._waiting[entity]
        self._base.execute("BEGIN")
        self._base.executemany(f"INSERT INTO {entity} VALUES (?,?,?,?,?,?,?,?)", rows)  # noqa: S608
        self._base.execute("COMMIT")
        rows.clear()

    def count(self, entity: Entity, part: Part) -> int:
        self.settle(entity)
        asked = f"SELECT count(*) FROM {entity} WHERE part = ?"  # noqa: S608
        return self._base.execute(asked, (TURN[part],)).fetchone()[0]

    def groups(self, entity: Entity) -> Iterator[Group]:
        """All rows under each key, in the order of the keys; what names it comes first."""
        self.settle(entity)
        cursor = self._base.execute(
            "SELECT key, id, part, file, line, data "  # noqa: S608
            f"FROM {entity} ORDER BY key, part, id"
        )
        for key, rows in groupby(cursor, key=itemgetter(0)):
            yield Group(key, [self._placed(row) for row in rows])

    def _placed(self, row: tuple[Any, ...]) -> Placed:
        part = PARTS[int(row[2])]
        data = self._decoders[part].decode(row[5])
        return Placed(row[1], part, self._files[int(row[3])], row[4], data)

    def raw(self, placed: Placed) -> list[str]:
        """The cells of a row as they stood in the file."""
        entity, _ = GATHERED[placed.part]
        asked = f"SELECT raw FROM {entity} WHERE id = ?"  # noqa: S608
        found = self._base.execute(asked, (placed.id,)).fetchone()
        return msgspec.json.decode(found[0], type=list[str])

    def find_refunded_payments(self) -> None:
        """Refunds that name only an order belong to that order's first payment."""
        self.settle(Entity.PAYMENTS)
        self._base.execute("CREATE INDEX by_order ON payments (beside, part)")
        self._base.execute(
            "UPDATE payments SET key = coalesce((SELECT paid.key FROM payments paid WHERE "
            "paid.beside = payments.beside AND paid.part = ? ORDER BY paid.id LIMIT 1), key) "
            "WHERE part = ? AND key LIKE ?",
            (TURN[Part.PAYMENTS], TURN[Part.REFUNDS], f"{NO_PAYMENT}%"),
        )

    def rows(self, part: Part) -> Iterator[tuple[int, Row]]:
        """All rows of one part, with their ids."""
        entity, _ = GATHERED[part]
        self.settle(entity)
        asked = f"SELECT id, data FROM {entity} WHERE part = ?"  # noqa: S608
        for number, data in self._base.execute(asked, (TURN[part],)):
            yield number, self._decoders[part].decode(data)

    @property
    def base(self) -> sqlite3.Connection:
        return self._base

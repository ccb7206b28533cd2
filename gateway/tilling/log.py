"""A till's own log: what happened is on disk before anything else, under a number used once.

SQLite keeps it: each entry is one transaction that reaches the disk (`synchronous = EXTRA`), and
`AUTOINCREMENT` never gives a number twice. A till whose log is lost is another till: its name is
in the log.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from domain.errors import BadInput

SHAPE = """
CREATE TABLE IF NOT EXISTS entries (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  body BLOB NOT NULL,
  is_kept INTEGER NOT NULL DEFAULT 0,
  outcome TEXT,
  why TEXT
);
CREATE TABLE IF NOT EXISTS device (name TEXT NOT NULL);
"""


class Written(Struct, frozen=True):
    """An entry: `is_kept` says that Kassa has it, `outcome` what became of it."""

    sequence: int
    message: Mapping[str, Any]
    is_kept: bool
    outcome: str | None
    why: str | None


class Log:
    """The log of one device. What is written here is there after any crash."""

    def __init__(self, held: sqlite3.Connection) -> None:
        self._held = held

    @property
    def device(self) -> str:
        return str(self._held.execute("SELECT name FROM device").fetchone()[0])

    def write(self, message: Mapping[str, Any]) -> int:
        """Write down what happened; gives its number."""
        with self._held:
            done = self._held.execute(
                "INSERT INTO entries (body) VALUES (?)", (msgspec.json.encode(message),)
            )
        return int(done.lastrowid or 0)

    def unsent(self, most: int) -> Sequence[Written]:
        """What Kassa has not, the oldest first."""
        return self._read("WHERE is_kept = 0 ORDER BY sequence LIMIT ?", most)

    def unjudged(self, most: int) -> Sequence[Written]:
        """Of what Kassa has: what it has not said what became of."""
        return self._read("WHERE is_kept = 1 AND outcome IS NULL ORDER BY sequence LIMIT ?", most)

    def latest(self, most: int) -> Sequence[Written]:
        return self._read("ORDER BY sequence DESC LIMIT ?", most)

    def entry(self, sequence: int) -> Written | None:
        return next(iter(self._read("WHERE sequence = ?", sequence)), None)

    def told(self, sequence: int, outcome: str | None, why: str | None) -> None:
        """Kassa has it, and says what became of it, or not yet."""
        with self._held:
            self._held.execute(
                "UPDATE entries SET is_kept = 1, outcome = ?, why = ? WHERE sequence = ?",
                (outcome, why, sequence),
            )

    def _read(self, where: str, value: int) -> Sequence[Written]:
        wanted = f"SELECT sequence, body, is_kept, outcome, why FROM entries {where}"  # noqa: S608 - ours
        return [
            Written(number, msgspec.json.decode(body), bool(kept), outcome, why)
            for number, body, kept, outcome, why in self._held.execute(wanted, (value,))
        ]


@contextmanager
def opened(path: Path) -> Generator[Log]:
    """The log in a file, which begins if there is none.

    Raises:
        BadInput: it cannot be read or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = sqlite3.connect(path)
    except (OSError, sqlite3.Error) as error:
        raise BadInput(f"The log {path} cannot be opened: {error}.") from error
    try:
        path.chmod(0o600)
        held.execute("PRAGMA synchronous = EXTRA")
        held.executescript(SHAPE)
        with held:
            name = f"till-{secrets.token_hex(4)}"
            held.execute(
                "INSERT INTO device SELECT ? WHERE NOT EXISTS (SELECT 1 FROM device)", (name,)
            )
        yield Log(held)
    except sqlite3.Error as error:
        raise BadInput(f"The log {path} cannot be used: {error}.") from error
    finally:
        held.close()

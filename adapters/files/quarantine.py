"""Rows that cannot come in, kept with the reason, so that they can be mended and sent again.

Card numbers are masked here too: mend those rows in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from domain import cards
from domain.errors import BadInput
from domain.imports.rows import RowRefused


class Quarantine:
    """An NDJSON file: file, line, reason, detail, row. Without a bad row there is no file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    def add(self, file: str, line: int, refusal: RowRefused, row: object) -> None:
        entry = {
            "file": file,
            "line": line,
            "reason": refusal.reason,
            "detail": _printable(refusal.detail),
            "row": row,
        }
        self._opened().write(msgspec.json.encode(entry) + b"\n")

    def _opened(self) -> BinaryIO:
        if self._file is None:
            try:
                self._file = self.path.open("wb")
            except OSError as error:
                raise BadInput(
                    f"{self.path} cannot be written ({error.strerror}). "
                    "Say --quarantine and a file that can."
                ) from error
        return self._file


def as_row(columns: Sequence[str], cells: Sequence[str]) -> object:
    """By the names of the columns, where there are as many as cells."""
    shown = [_printable(cell) for cell in cells]
    named = dict(zip(columns, shown, strict=False))
    return named if len(named) == len(shown) else shown


def _printable(text: str) -> str:
    return cards.masked(text.encode("utf-8", "backslashreplace").decode())

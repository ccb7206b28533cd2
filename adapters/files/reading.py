"""Files to records: CSV of any dialect and NDJSON, one record at a time, whatever is in them."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
from msgspec import Struct

from adapters.files.mapping import MappingWrong, Table
from domain.imports.rows import Reason, RowRefused

LONGEST_LINE = 1_000_000
SHOWN = 200
"""Of a line that is too long, so many characters are kept."""

NDJSON = frozenset({".ndjson", ".jsonl"})


class Record(Struct, frozen=True):
    """Cells of one record, or why there are none. `line` counts from 1, the header included."""

    line: int
    cells: Sequence[str]
    problem: RowRefused | None = None


class Source(Struct, frozen=True):
    """An open file: its columns, its records, and how many bytes of it are read."""

    columns: Sequence[str]
    records: Iterator[Record]
    position: Callable[[], int]


@contextmanager
def opened(path: Path, table: Table) -> Generator[Source]:
    """A file as its table says it is written.

    Raises:
        MappingWrong: it is not written like that at all.
    """
    try:
        with path.open("rb") as file:
            if is_ndjson(path, table):
                yield _ndjson(file, table)
                return
            # Bytes that are no text survive as lone surrogates, so that one bad row stays one.
            with TextIOWrapper(
                file, encoding=table.encoding, errors="surrogateescape", newline=""
            ) as text:
                yield _csv(text, path, table, file.tell)
    except OSError as error:
        raise MappingWrong(f"{path.name} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise MappingWrong(
            f"{path.name} is not written in {table.encoding}; say `encoding = …`."
        ) from error


def is_ndjson(path: Path, table: Table) -> bool:
    return (table.format or ("ndjson" if path.suffix in NDJSON else "csv")) == "ndjson"


class Lines:
    """Lines of a text, of which those that were read too eagerly can be put back."""

    def __init__(self, text: TextIOWrapper, quote: str) -> None:
        self._text, self._quote = text, quote
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self.is_huge = False

    def begin(self) -> int:
        """Begin a record; answers its line."""
        self.taken, self.is_huge = [], False
        return self.number + 1

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE:
            line = self._cut(line)
        self.number += 1
        self.taken.append(line)
        return line

    def _cut(self, line: str) -> str:
        """The beginning of a line that is too long for memory; the rest is passed over."""
        rest = line
        while rest and not rest.endswith("\n"):
            rest = self._text.readline(LONGEST_LINE)
        self.is_huge = True
        beginning = line[:SHOWN]
        return (beginning.replace(self._quote, "") if self._quote else beginning) + "\n"

    def put_back(self) -> str:
        """Keep the first line of the record, and read the others again."""
        first, *others = self.taken or [""]
        self._back.extendleft(reversed(others))
        self.number -= len(others)
        return first


def _csv(text: TextIOWrapper, path: Path, table: Table, position: Callable[[], int]) -> Source:
    lines = Lines(text, table.quote or "")
    quoting = csv.QUOTE_MINIMAL if table.quote else csv.QUOTE_NONE
    rows = csv.reader(
        lines,
        delimiter=table.delimiter or ",",
        quotechar=table.quote or None,
        quoting=quoting,
        strict=True,
    )
    columns = _header(lines, rows, path) if table.header else None
    return Source(columns or (), _records(lines, rows, columns), position)


def _header(lines: Lines, rows: Iterator[list[str]], path: Path) -> list[str]:
    lines.begin()
    try:
        return [name.strip() for name in next(rows)]
    except StopIteration:
        return []
    except csv.Error as error:
        raise MappingWrong(f"The header of {path.name} cannot be read: {error}.") from error


def _records(
    lines: Lines, rows: Iterator[list[str]], columns: Sequence[str] | None
) -> Iterator[Record]:
    width = len(columns) if columns is not None else None
    while True:
        line = lines.begin()
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            # A quote that is never closed swallows what follows; only its own line is bad.
            yield _bad(line, lines.put_back(), Reason.QUOTES, f"The quotes do not close: {error}.")
            continue
        width = width or len(cells)
        if lines.is_huge:
            yield _bad(line, lines.put_back(), Reason.TOO_LONG, "The line is too long.")
        elif len(cells) == width:
            yield Record(line, cells, _wrong_text(cells))
        elif len(lines.taken) > 1:
            yield _bad(line, lines.put_back(), Reason.QUOTES, "The quotes do not close.")
        elif cells:
            said = f"{len(cells)} cells where there are {width} columns."
            yield Record(line, cells, RowRefused(Reason.COLUMNS, said))


def _bad(line: int, text: str, reason: Reason, said: str) -> Record:
    return Record(line, [text.rstrip("\r\n")], RowRefused(reason, said))


def _wrong_text(cells: Sequence[str]) -> RowRefused | None:
    joined = "".join(cells)
    if "\x00" in joined:
        return RowRefused(Reason.NUL, "There is a NUL character in it.")
    if not joined.isascii():
        try:
            joined.encode()
        except UnicodeEncodeError:
            return RowRefused(Reason.ENCODING, "There are bytes in it that are no text.")
    return None


def _ndjson(file: BinaryIO, table: Table) -> Source:
    columns = [str(_name(each)) for each in table.columns.values()]
    return Source(columns, _objects(file, columns), file.tell)


def _name(column: object) -> object:
    return getattr(column, "column", column)


# Amounts keep their digits: a float would round them.
_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=str)


def _objects(file: BinaryIO, columns: Sequence[str]) -> Iterator[Record]:
    line = 0
    while text := file.readline(LONGEST_LINE):
        line += 1
        if len(text) == LONGEST_LINE:
            shown = text[:SHOWN].decode(errors="replace")
            while text and not text.endswith(b"\n"):
                text = file.readline(LONGEST_LINE)
            yield _bad(line, shown, Reason.TOO_LONG, "The line is too long.")
        elif text.strip():
            yield _object(line, text, columns)


def _object(line: int, text: bytes, columns: Sequence[str]) -> Record:
    try:
        found = _decoder.decode(text.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _bad(line, text.decode(errors="replace"), Reason.NOT_JSON, f"{error}.")
    cells = [_text(_at(found, column)) for column in columns]
    return Record(line, cells, _wrong_text(cells))


def _at(found: Mapping[str, Any], path: str) -> Any:
    """The value under a name; "customer.id" is the id in the customer."""
    if path in found:
        return found[path]
    value: Any = found
    for name in path.split("."):
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)

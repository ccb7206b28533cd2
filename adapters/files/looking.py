"""A first look at a file: encoding, delimiter, header, some rows."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import msgspec

from adapters.files.guesses import Look
from adapters.files.mapping import Table
from adapters.files.reading import NDJSON, opened

SUFFIXES = frozenset({".csv", ".tsv", ".txt", *NDJSON})
SAMPLE_BYTES = 262_144
SAMPLE_ROWS = 500
DELIMITERS = (",", ";", "\t", "|")
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def look(folder: Path, path: Path) -> Look | None:
    """What a file is like; None if there is nothing in it."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    if not sample.strip():
        return None
    encoding = _encoding(sample)
    name = str(path.relative_to(folder))
    if path.suffix in NDJSON:
        return _objects(name, sample)
    lines = sample.decode(encoding, errors="replace").splitlines()[:SAMPLE_ROWS]
    delimiter = _delimiter(lines)
    table = Table(
        file=name, columns={}, encoding=encoding, delimiter=delimiter, quote='"', header=False
    )
    with opened(path, table) as source:
        rows = [list(each.cells) for each in islice(source.records, SAMPLE_ROWS)]
    header = bool(rows) and _is_header(rows[0])
    columns = rows[0] if header else [str(n) for n in range(1, len(rows[0]) + 1)]
    columns = [column.strip().lstrip("\ufeff") for column in columns]
    return Look(name, encoding, delimiter, header, False, columns, rows[header:])


def _encoding(sample: bytes) -> str:
    for mark, encoding in BOMS:
        if sample.startswith(mark):
            return encoding
    try:
        # The sample may end within a character.
        sample[: max(1, len(sample) - 4)].decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter(lines: list[str]) -> str:
    """The one that parts all lines into as many cells."""

    def regularity(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual

    try:
        return max(DELIMITERS, key=regularity)
    except csv.Error:
        return ","


def _is_header(cells: list[str]) -> bool:
    """Names are words, each once; a row of data has numbers in it."""
    names = [cell.strip() for cell in cells]
    has_number = any(name.replace(".", "").replace(",", "").isdecimal() for name in names)
    return not has_number and len(set(names)) == len(names) and all(names)


def _objects(name: str, sample: bytes) -> Look | None:
    columns: dict[str, None] = {}
    found: list[dict[str, object]] = []
    for line in sample.splitlines()[:SAMPLE_ROWS]:
        try:
            one = msgspec.json.decode(line, type=dict[str, object])
        except msgspec.DecodeError:
            continue
        found.append(one)
        columns |= dict.fromkeys(one)
    rows = [["" if one.get(c) is None else str(one[c]) for c in columns] for one in found]
    return Look(name, "utf-8", ",", True, True, list(columns), rows) if found else None

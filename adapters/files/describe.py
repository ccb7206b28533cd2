"""Proposes a mapping for a folder of files, as TOML with remarks on what was guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from adapters.files import guesses
from adapters.files.guesses import Look
from adapters.files.looking import SUFFIXES, look
from adapters.files.mapping import MappingWrong
from domain.imports.rows import Part
from domain.imports.terms import channel_kind

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def describe(folder: Path) -> str:
    """A mapping that most likely fits; a person reads it before it is used.

    Raises:
        MappingWrong: there is nothing in the folder that a mapping could be made for.
    """
    if not folder.is_dir():
        raise MappingWrong(f"{folder} is no folder.")
    looks = [found for path in _files(folder) if (found := look(folder, path))]
    parts = _assigned(looks)
    if not parts:
        raise MappingWrong(f"No file in {folder} looks like customers, products, stock or orders.")
    strangers = [each.file for each in looks if each not in parts.values()]
    lines = [*_top(folder, parts), *(f"# Not used: {name}" for name in strangers)]
    for part in Part:
        if part in parts:
            lines += ["", *_table(part, parts[part], parts)]
    return "\n".join(lines) + "\n"


def _files(folder: Path) -> Sequence[Path]:
    return sorted(
        path for path in folder.rglob("*") if path.suffix.casefold() in SUFFIXES and path.is_file()
    )


def _assigned(looks: Sequence[Look]) -> dict[Part, Look]:
    """One file for each part; a flat file of lines is orders, customers and products as well."""
    found: dict[Part, Look] = {}
    for each in looks:
        part = guesses.part_of(each)
        if part and part not in found:
            found[part] = each
    flat = found.get(Part.LINES) or found.get(Part.ORDERS)
    if flat and guesses.fits(Part.LINES, flat.columns) and guesses.fits(Part.ORDERS, flat.columns):
        for part in (Part.ORDERS, Part.LINES):
            found.setdefault(part, flat)
        if found[Part.ORDERS] is found[Part.LINES]:
            for part in (Part.CUSTOMERS, Part.PRODUCTS):
                if part not in found and _could_be(part, flat):
                    found[part] = flat
    if (Part.ORDERS in found) != (Part.LINES in found):
        found.pop(Part.ORDERS, None)
        found.pop(Part.LINES, None)
    return found


def _could_be(part: Part, flat: Look) -> bool:
    needed = ("number",) if part is Part.CUSTOMERS else ("sku",)
    return all(name in guesses.columns_of(part, flat.columns) for name in needed)


def _is_shared(part: Part, parts: Mapping[Part, Look]) -> bool:
    return any(other is not part and parts[other] is parts[part] for other in parts)


def _top(folder: Path, parts: Mapping[Part, Look]) -> Iterator[str]:
    yield "# Proposed by `kassa import --describe`. Read it before you use it."
    name = "".join(c if c in PLAIN else "-" for c in folder.resolve().name)[:40]
    yield f"system = {_quoted(name or 'files')}  # who says these numbers; keep it for ever"
    currency = _only(parts, "currency")
    yield (
        f"currency = {_quoted(currency)}"
        if currency
        else '# currency = "EUR"  # of the rows that name none: say it here'
    )
    yield '# country = "US"  # whose phone numbers need no country code'
    yield 'timezone = "UTC"  # of times that name no zone'
    yield from _taxes(parts)
    yield from _channels(parts)


def _only(parts: Mapping[Part, Look], field: str) -> str | None:
    """What all rows say, if they say one thing."""
    cells = {
        cell
        for part, each in parts.items()
        if (column := guesses.columns_of(part, each.columns).get(field))
        for cell in each.cells(column)
    }
    return cells.pop() if len(cells) == 1 else None


def _taxes(parts: Mapping[Part, Look]) -> Iterator[str]:
    """Net prices show by taxes that are one rate of them."""
    lines = parts.get(Part.LINES)
    columns = guesses.columns_of(Part.LINES, lines.columns) if lines else {}
    if lines is None or not {"tax", "unit_price", "quantity"} <= columns.keys():
        yield '# prices = "net"  # if prices are without tax; then also: tax_rate = "25"'
        return
    rate = _rate(lines, columns)
    yield 'prices = "net"  # the tax stands beside the price: is it to be added?'
    if rate:
        yield f"tax_rate = {_quoted(rate)}  # per cent"


def _rate(lines: Look, columns: Mapping[str, str]) -> str | None:
    tax, price, quantity = (
        [float(cell.replace(",", ".")) for cell in lines.cells(columns[name])]
        if _numeric(lines.cells(columns[name]))
        else []
        for name in ("tax", "unit_price", "quantity")
    )
    net = sum(each * units for each, units in zip(price, quantity, strict=False))
    return f"{round(1000 * sum(tax) / net) / 10:g}" if net and tax else None


def _numeric(cells: Sequence[str]) -> bool:
    return all(cell.replace(",", ".", 1).replace(".", "", 1).isdecimal() for cell in cells)


def _channels(parts: Mapping[Part, Look]) -> Iterator[str]:
    orders = parts.get(Part.ORDERS)
    column = guesses.columns_of(Part.ORDERS, orders.columns).get("channel") if orders else None
    if orders is None or column is None:
        return
    for code in dict.fromkeys(orders.cells(column)):
        yield ""
        yield f"[channels.{_key(code)}]"
        yield f'kind = "{channel_kind(code)}"'
        yield f"name = {_quoted(code)}"


def _table(part: Part, each: Look, parts: Mapping[Part, Look]) -> Iterator[str]:
    name = "price-list" if part is Part.PRICES else part.value
    columns = guesses.columns_of(part, each.columns)
    shared = _is_shared(part, parts)
    if shared and part is Part.LINES:
        head = guesses.columns_of(Part.ORDERS, each.columns)
        columns |= {name: head[name] for name in ("placed_at", "customer") if name in head}
    if shared and part is Part.PRODUCTS:
        columns = {field: columns[field] for field in ("sku", "name") if field in columns}
    yield f"[{name}]"
    yield f"file = {_quoted(each.file)}"
    yield from _dialect(each)
    yield from _units(each, columns)
    if shared and part is not Part.LINES:
        yield 'repeats = "first"  # the file says it on every line'
        if part is Part.CUSTOMERS:
            yield "skip_without_key = true  # guests"
    if part is Part.LINES and (returns := _returns(each, columns)):
        yield f"returns = {returns}"
    yield f"[{name}.columns]"
    for field, column in columns.items():
        yield f"{field} = {_column(each, field, column)}"
    if unused := [column for column in each.columns if column not in columns.values()]:
        yield f"# not used: {', '.join(unused)}"


def _dialect(each: Look) -> Iterator[str]:
    if each.delimiter != ",":
        yield f"delimiter = {_quoted(each.delimiter)}"
    if each.encoding not in {"utf-8-sig", "utf-8"}:
        yield f"encoding = {_quoted(each.encoding)}"
    if not each.header:
        yield "header = false"


def _units(each: Look, columns: Mapping[str, str]) -> Iterator[str]:
    amounts = [column for field, column in columns.items() if field in guesses.MONEY]
    if any(guesses.is_minor(column) for column in amounts):
        yield 'money = "minor"'
    elif amounts:
        cells = [cell for column in amounts for cell in each.cells(column)]
        decimal, thousands = guesses.separators(cells)
        if decimal != ".":
            yield f"decimal = {_quoted(decimal)}"
        if thousands:
            yield f"thousands = {_quoted(thousands)}"
    dates = [column for field, column in columns.items() if field in guesses.DATES]
    forms = [guesses.date_format(each.cells(column)) for column in dates]
    if given := [form for form in dict.fromkeys(forms) if form and form != "iso"]:
        yield f"dates = [{', '.join(_quoted(form) for form in given)}]"
    elif dates and None in forms:
        yield f'# dates = ["…"]  # in which form is {dates[0]}?'


def _returns(each: Look, columns: Mapping[str, str]) -> str | None:
    """Credit notes and negative quantities, where there are some."""
    is_negative = any(cell.startswith("-") for cell in each.cells(columns["quantity"]))
    orders = each.cells(columns["order"])
    has_notes = any(cell.startswith("C") for cell in orders) and not all(
        cell.startswith("C") for cell in orders
    )
    said = ['prefix = "C"'] * has_notes + ["negative = true"] * is_negative
    return f"{{ {', '.join(said)} }}" if said else None


def _column(each: Look, field: str, column: str) -> str:
    if not each.header:
        return column
    cells = each.cells(column)
    if field in {"customer", "number"} and cells and all(cell.endswith(".0") for cell in cells):
        return f"{{ column = {_quoted(column)}, remove = '\\.0$' }}"
    return _quoted(column)


def _key(text: str) -> str:
    return text if text and set(text) <= PLAIN else _quoted(text)


def _quoted(text: str) -> str:
    escapes = {'"': '\\"', "\\": "\\\\", "\t": "\\t"}
    kept = (escapes.get(char, char if char.isprintable() else " ") for char in text)
    return f'"{"".join(kept)}"'

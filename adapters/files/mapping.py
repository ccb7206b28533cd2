"""`kassa.toml`: what the columns of the files mean."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from domain import money
from domain.errors import BadInput
from domain.imports.rows import Part
from domain.imports.terms import ChannelTerms, Terms
from domain.money import Currency

MAPPING_NAME = "kassa.toml"
MOST_BYTES = 1_000_000
One = Annotated[str, Meta(min_length=1, max_length=1)]


class MappingWrong(BadInput):
    """The mapping cannot be used; the message says what to change."""


class Dialect(Struct, kw_only=True, frozen=True):
    """How a file is written. What a table does not say, the top of the mapping says."""

    delimiter: One | None = None
    quote: Annotated[str, Meta(max_length=1)] | None = None
    encoding: str | None = None
    header: bool | None = None
    money: Literal["minor", "decimal"] | None = None
    decimal: One | None = None
    thousands: Annotated[str, Meta(max_length=1)] | None = None
    dates: tuple[str, ...] | None = None
    timezone: str | None = None
    currency: str | None = None


USUAL = Dialect(
    delimiter=",",
    quote='"',
    encoding="utf-8-sig",
    header=True,
    money="decimal",
    decimal=".",
    thousands="",
    dates=("iso",),
    timezone="UTC",
)


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """A column, of which what matches `remove` (a regular expression) does not count."""

    column: str | int
    remove: str = ""


class Credits(Struct, frozen=True, forbid_unknown_fields=True):
    """Which lines are returns: by how the order's number begins, or by a negative quantity."""

    prefix: str | None = None
    negative: bool = False


class Table(Dialect, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of row: in which file, and what its columns are called there."""

    file: str
    columns: dict[str, str | int | Column]
    defaults: dict[str, str | int | bool] = {}
    values: dict[str, dict[str, str]] = {}
    format: Literal["csv", "ndjson"] | None = None
    repeats: Literal["refuse", "first"] = "refuse"
    skip_without_key: bool = False
    not_cards: tuple[str, ...] = ()
    returns: Credits | None = None


class Mapping(Dialect, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of `kassa.toml`."""

    system: Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]{1,40}$")]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | None = None
    prices: Literal["net", "gross"] = "gross"
    tax: Literal["line", "unit"] = "line"
    tax_rate: str | None = None
    tax_code: str = "tax"
    order_state: str = "COMPLETED"
    unknown_customers: Literal["guest", "refuse"] = "guest"
    observations: bool = False
    channels: dict[str, ChannelTerms] = {}
    locations: Table | None = None
    products: Table | None = None
    price_list: Table | None = msgspec.field(default=None, name="price-list")
    customers: Table | None = None
    stock: Table | None = None
    orders: Table | None = None
    lines: Table | None = None
    returns: Table | None = None
    payments: Table | None = None
    refunds: Table | None = None

    def tables(self) -> Iterator[tuple[Part, Table]]:
        """The tables there are, with what they inherit."""
        for part in Part:
            name = "price_list" if part is Part.PRICES else part.value
            table: Table | None = getattr(self, name)
            if table:
                yield part, _inherited(table, self)

    def terms(self) -> Terms:
        """What the rows share, in the domain's words."""
        return Terms(
            system=self.system,
            currency=Currency(self.currency) if self.currency else None,
            country=self.country,
            timezone=self.timezone or "UTC",
            net=self.prices == "net",
            tax_per_unit=self.tax == "unit",
            tax_rate=None if self.tax_rate is None else basis_points(self.tax_rate),
            tax_code=self.tax_code,
            order_state=self.order_state,
            unknown_customers=self.unknown_customers,
            observations=self.observations,
            channels=self.channels,
        )


def basis_points(percent: str) -> int:
    """Per cent as basis points: "25" is 2500, "5.5 %" and "5,5" are 550.

    Raises:
        MappingWrong: it is none of that.
    """
    whole, _, rest = percent.replace("%", "").replace(",", ".").strip().partition(".")
    if not (whole + rest).isdecimal() or rest[2:].strip("0") or len(whole) > 3:
        raise MappingWrong(f"{percent!r} is not a rate of tax; write it in per cent, as in '25'.")
    return int(whole or 0) * 100 + int(rest[:2].ljust(2, "0"))


def _inherited(table: Table, mapping: Mapping) -> Table:
    found: dict[str, object] = {}
    for name in Dialect.__struct_fields__:
        for source in (table, mapping, USUAL):
            if (value := getattr(source, name)) is not None:
                found[name] = value
                break
    return replace(table, **found)


def load(path: Path) -> Mapping:
    """The mapping in a file, checked as far as it can be without the data.

    Raises:
        MappingWrong: it cannot be read, or says something that cannot be.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise MappingWrong(
            f"{path} cannot be read ({error.strerror}). Let `kassa import --describe` propose one."
        ) from error
    if len(raw) > MOST_BYTES:
        raise MappingWrong(f"{path} is too large to be a mapping.")
    try:
        found = msgspec.toml.decode(raw, type=Mapping)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MappingWrong(f"{path} cannot be used: {error}.") from error
    check(found)
    return found


def check(mapping: Mapping) -> None:
    """That encodings, zones and currencies exist, and that the essential tables do.

    Raises:
        MappingWrong: one does not.
    """
    tables = dict(mapping.tables())
    if not tables:
        raise MappingWrong("The mapping names no table, such as [customers] or [orders].")
    if (Part.ORDERS in tables) != (Part.LINES in tables):
        raise MappingWrong("[orders] and [lines] need each other; they may name the same file.")
    if Part.REFUNDS in tables and Part.PAYMENTS not in tables:
        raise MappingWrong("[refunds] need [payments].")
    for said in chain((mapping,), tables.values()):
        _check_dialect(said)
    currencies = [said.currency for said in mapping.channels.values() if said.currency]
    for currency in currencies:
        _check_currency(currency)
    mapping.terms()


def _check_dialect(said: Dialect) -> None:
    if said.currency:
        _check_currency(said.currency)
    if said.encoding:
        try:
            codecs.lookup(said.encoding)
        except LookupError as error:
            raise MappingWrong(f"There is no encoding {said.encoding!r}.") from error
    if said.timezone:
        try:
            ZoneInfo(said.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise MappingWrong(f"There is no time zone {said.timezone!r}.") from error
    if said.thousands and said.thousands == said.decimal:
        raise MappingWrong(f"{said.decimal!r} cannot part decimals and thousands.")


def _check_currency(code: str) -> None:
    if code not in money.known_currencies():
        raise MappingWrong(f"{code!r} is not a currency.")


def files_of(folder: Path, table: Table) -> Sequence[Path]:
    """The files that a table names, by name or pattern.

    Raises:
        MappingWrong: there is none, or it is outside the folder.
    """
    try:
        found = sorted(path for path in folder.glob(table.file) if path.is_file())
    except (ValueError, NotImplementedError) as error:
        raise MappingWrong(f"{table.file!r} cannot name a file: {error}.") from error
    root = folder.resolve()
    if not found or any(not path.resolve().is_relative_to(root) for path in found):
        raise MappingWrong(f"There is no {table.file!r} in {folder}.")
    return found

"""One cell at a time: texts to numbers, money, dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from adapters.files.mapping import Column, Table, basis_points
from domain.errors import BadInput
from domain.imports.rows import Amount, Reason, RowRefused

LONGEST_KEY = 100
LONGEST_TEXT = 2_000
LONGEST_NUMBER = 24
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
WHOLE = re.compile(r"[+-]?\d{1,18}(\.0+)?", re.ASCII)
YES = frozenset({"1", "true", "yes", "y", "ja", "oui", "x"})
NO = frozenset({"0", "false", "no", "n", "nej", "nein", "non"})

Read = Callable[[str], Any]


def key(text: str) -> str:
    """What something is known by."""
    if len(text) > LONGEST_KEY:
        raise RowRefused(Reason.TOO_LONG, f"{text[:30]!r}… is too long to be a key.")
    if not text.isprintable() and CONTROL.search(text):
        raise RowRefused(Reason.CONTROL_CHARACTER, f"{text!r} has a control character.")
    return text


def text(given: str) -> str:
    return given[:LONGEST_TEXT]


def whole(given: str) -> int:
    if not WHOLE.fullmatch(given):
        raise RowRefused(Reason.NOT_A_NUMBER, f"{given[:30]!r} is not a whole number.")
    return int(given.partition(".")[0])


def truth(given: str) -> bool:
    folded = given.casefold()
    if folded not in YES | NO:
        raise RowRefused(Reason.UNKNOWN_VALUE, f"{given[:30]!r} is neither yes nor no.")
    return folded in YES


def rate(given: str) -> int:
    try:
        return basis_points(given)
    except BadInput as error:
        raise RowRefused(Reason.NOT_A_NUMBER, error.message) from error


def whole_with(thousands: str) -> Read:
    """Whole numbers, which may have thousands parted."""
    if not thousands:
        return whole
    return lambda given: whole(given.replace(thousands, ""))


def minor_amount(given: str) -> Amount:
    return Amount(whole(given))


def decimal_amount(decimal: str, thousands: str) -> Read:
    """Exact decimals: "1.234,50" where the comma parts decimals and the point thousands."""
    mark, part = re.escape(decimal), re.escape(thousands)
    integer = rf"\d{{1,3}}(?:{part}\d{{3}})+|\d+" if thousands else r"\d+"
    pattern = re.compile(
        rf"([+-]?)[^\d+\-.,\s]{{0,3}}\s*({integer})?(?:{mark}(\d*))?\s*[^\d.,\s]{{0,3}}", re.ASCII
    )

    def read(given: str) -> Amount:
        found = pattern.fullmatch(given) if len(given) <= LONGEST_NUMBER else None
        if not found or not (found[2] or found[3]):
            raise RowRefused(Reason.NOT_A_NUMBER, f"{given[:30]!r} is not an amount of money.")
        integer, rest = (found[2] or "0").replace(thousands, ""), (found[3] or "").rstrip("0")
        return Amount(int(f"{found[1]}{integer}{rest}"), len(rest))

    return read


def moment(formats: tuple[str, ...], timezone: str) -> Read:
    """A time in UTC; a time without a zone is local to `timezone`."""
    zone = ZoneInfo(timezone)

    # Days repeat: a year of sales has 365 of them.
    @lru_cache(maxsize=4096)
    def read(given: str) -> datetime:
        try:
            found = next(at for at in (_parsed(given, each) for each in formats) if at)
        except StopIteration:
            said = " or ".join(repr(each) for each in formats)
            raise RowRefused(
                Reason.NOT_A_DATE, f"{given[:40]!r} is not a date as in {said}."
            ) from None
        try:
            at = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        except (OverflowError, ValueError):
            at = LATEST
        if not EARLIEST <= at < LATEST:
            raise RowRefused(Reason.DATE_OUT_OF_RANGE, f"{given[:40]!r} is not of our time.")
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    return read


def _parsed(given: str, form: str) -> datetime | None:
    try:
        if form == "iso":
            return datetime.fromisoformat(given)
        if form in {"unix", "unix_ms"}:
            seconds = timedelta(seconds=1) if form == "unix" else timedelta(milliseconds=1)
            return datetime(1970, 1, 1, tzinfo=UTC) + int(given) * seconds
        return datetime.strptime(given, form)  # noqa: DTZ007
    except (ValueError, OverflowError):
        return None


KEYS = frozenset(
    {"code", "sku", "number", "order", "ref", "payment", "location", "customer", "channel"}
)


def reader(field: str, kind: str, table: Table) -> Read:
    """What reads the cells of one field."""
    amounts = (
        minor_amount
        if table.money == "minor"
        else decimal_amount(table.decimal or ".", table.thousands or "")
    )
    readers: Mapping[str, Read] = {
        "Amount": amounts,
        "int": rate if field == "tax_rate" else whole_with(table.thousands or ""),
        "datetime": moment(table.dates or ("iso",), table.timezone or "UTC"),
        "bool": truth,
        "str": key if field in KEYS else text,
    }
    read = readers[kind]
    words = table.values.get(field)
    return read if words is None else lambda given: read(words.get(given, given))


def without(column: Column) -> Read:
    """Takes away what does not count."""
    pattern = re.compile(column.remove)
    return lambda given: pattern.sub("", given)

"""Scalars: how they are written, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from domain.money import Currency
from domain.pages import Cursor
from domain.values import MAX_MINOR

Minor = NewType("Minor", int)
Milliseconds = NewType("Milliseconds", int)
Country = NewType("Country", str)

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def show_exactly(value: int) -> int:
    """Refuse what a JSON client would read as another number."""
    if type(value) is not int or abs(value) > MAX_MINOR:
        raise GraphQLError("A number is out of range.")
    return value


def show_time(value: datetime) -> str:
    """UTC, to the millisecond: `2026-03-01T12:00:00.000Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_exactly(value: object) -> int:
    """A whole number that every JSON client writes exactly."""
    if type(value) is not int or abs(value) > MAX_MINOR:
        raise GraphQLError(f"A Minor is a whole number between -{MAX_MINOR} and {MAX_MINOR}.")
    return value


def read_time(value: object) -> datetime:
    """An instant: a time without an offset is none."""
    if isinstance(value, str) and RFC_3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError("A DateTime is written like '2026-03-01T12:00:00Z', with its offset.")


def read_text(value: object) -> str:
    """A string."""
    if not isinstance(value, str):
        raise GraphQLError("This must be a string.")
    return value


def refused(value: object) -> Any:
    """Shown only; no argument takes it."""
    raise GraphQLError(f"{value!r} cannot be given here.")


def _scalar(name: str, description: str, **functions: Any) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, **functions)


SCALARS: Mapping[object, ScalarDefinition] = {
    Minor: _scalar(
        "Minor",
        "Integer minor units of a currency, as a JSON number; never a float.",
        serialize=show_exactly,
        parse_value=read_exactly,
    ),
    Milliseconds: _scalar(
        "Milliseconds",
        "A length of time, as a JSON number; an `Int` would end after 24 days.",
        serialize=show_exactly,
        parse_value=refused,
    ),
    Currency: _scalar("Currency", "An ISO 4217 currency, such as `SEK`.", parse_value=read_text),
    Country: _scalar("Country", "An ISO 3166-1 country, such as `SE`.", parse_value=refused),
    Cursor: _scalar(
        "Cursor",
        "An opaque place in a list; it fits only the list that it came from.",
        parse_value=read_text,
    ),
    datetime: _scalar(
        "DateTime",
        "An instant in UTC (RFC 3339), to the millisecond.",
        serialize=show_time,
        parse_value=read_time,
    ),
}

"""Card numbers in rows: masked where people write freely, refused where a row is told by it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TypeVar

from msgspec.structs import replace

from domain import cards
from domain.imports.rows import Reason, Row, RowRefused

R = TypeVar("R", bound=Row)

FREE = frozenset({"name", "description", "first_name", "last_name", "street", "city", "reason"})
"""Fields of prose. All others are names of something: masked, they would name something else."""

PHONE, EMAIL = "phone", "email"

MIXED = re.compile(r"[0-9]*[A-Za-z][0-9A-Za-z]*")
"""A word with letters: many a reference or fingerprint has a card number's digits by chance."""


def without_cards(row: R, allowed: Collection[str] = ()) -> tuple[R, int]:
    """The row with its card numbers masked, and in how many fields there were some.

    Those `allowed` hold numbers that only look like cards'.

    Raises:
        RowRefused: one stands in a field that is no prose.
    """
    masked: dict[str, str] = {}
    for name in row.__struct_fields__:
        text = _text(name, getattr(row, name))
        if len(text) < cards.FEWEST_DIGITS or name in allowed or not cards.within(text):
            continue
        if name not in FREE:
            raise RowRefused(Reason.CARD_NUMBER, f"{name} looks like a card number.")
        masked[name] = cards.masked(text)
    return (replace(row, **masked), len(masked)) if masked else (row, 0)


def _text(name: str, value: object) -> str:
    """What is looked at of a field; "" where it is neither text nor a whole number."""
    if name == PHONE and isinstance(value, str):  # of one that cannot be dialled, its digits
        return "".join(filter(str.isdecimal, value))
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        return ""
    return value if name in FREE or name == EMAIL else MIXED.sub("", value)

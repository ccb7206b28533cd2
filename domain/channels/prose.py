"""Card numbers in what people write to a channel: masked before a delivery is kept."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, cast

import msgspec

from domain import cards

COMMON = frozenset(
    {
        *("comment", "comments", "description", "first_name", "last_name", "memo", "message"),
        *("name", "note", "notes", "reason", "text", "title"),
    }
)
"""Keys under which people write, at most channels."""


def without_cards(body: bytes, prose: Collection[str]) -> bytes:
    """A body of JSON, masked in all that stands under the keys of `prose`, at any depth.

    Other text is the channel's own: names of things have a card number's digits by chance, and
    masked, they would name something else. A body without card numbers stays as it came, to the
    byte; one that is no JSON has no keys, and stays as well.
    """
    try:
        if not _holds_one(msgspec.json.decode(body), prose, is_prose=False):
            return body
        return json.dumps(_masked(json.loads(body), prose, is_prose=False)).encode()
    except (ValueError, RecursionError):
        return body


def _holds_one(value: Any, prose: Collection[str], *, is_prose: bool) -> bool:
    match value:
        case str() | int():
            return is_prose and cards.within(str(value))
        case dict():
            parts = cast("dict[str, Any]", value)
            return any(
                _holds_one(each, prose, is_prose=is_prose or key in prose)
                for key, each in parts.items()
            )
        case list():
            several = cast("list[Any]", value)
            return any(_holds_one(each, prose, is_prose=is_prose) for each in several)
        case _:
            return False


def _masked(value: Any, prose: Collection[str], *, is_prose: bool) -> Any:
    match value:
        case str() | int() if is_prose and cards.within(str(value)):
            return cards.masked(str(value))
        case dict():
            return {
                key: _masked(each, prose, is_prose=is_prose or key in prose)
                for key, each in cast("dict[str, Any]", value).items()
            }
        case list():
            several = cast("list[Any]", value)
            return [_masked(each, prose, is_prose=is_prose) for each in several]
        case _:
            return value

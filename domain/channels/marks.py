"""How far a channel was read."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from domain.channels.abilities import Thing

OVERLAP = timedelta(minutes=5)
"""So much is read again each time: clocks differ, and some changes are listed late."""

FIRST_LOOK = timedelta(days=1)
"""So far back is read of a channel that is new."""


def mark_id(line: str, thing: Thing) -> str:
    """Under which the reading of a thing at a channel is found."""
    return f"{line}:{thing}"


class Mark(Struct, frozen=True, kw_only=True):
    """A reading of what changed since a time: at which page it is, or when the next one is due.

    `line` and `thing` say what is read; none in marks of older versions. `begun_at` is when the
    reading began whose page is `page`; None between two readings. `read_at` is when the last whole
    one ended, `failed` why the last try did not succeed.
    """

    id: str = msgspec.field(name="_id")
    line: str | None = None
    thing: Thing | None = None
    since: datetime
    due: datetime
    begun_at: datetime | None = None
    page: str | None = None
    count: int = 0
    read_at: datetime | None = None
    failed: str | None = None

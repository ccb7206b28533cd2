"""How far a channel was read."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

OVERLAP = timedelta(minutes=5)
"""So much is read again each time: clocks differ, and some changes are listed late."""

FIRST_LOOK = timedelta(days=1)
"""So far back is read of a channel that is new."""


class Mark(Struct, frozen=True, kw_only=True):
    """A reading of what changed since a time: at which page it is, or when the next one is due.

    `begun_at` is when the reading began whose page is `page`; None between two readings.
    """

    id: str = msgspec.field(name="_id")
    since: datetime
    due: datetime
    begun_at: datetime | None = None
    page: str | None = None
    count: int = 0

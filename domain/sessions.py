"""Sessions that are over before their tokens are: of a telephone that was lost, of who has left."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct


class RevokedSessions(Struct, frozen=True):
    """What somebody was signed in for by then is over; `subject` is a viewer's."""

    subject: str = msgspec.field(name="_id")
    at: datetime

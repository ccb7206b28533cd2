"""Deliveries that are kept, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

import msgspec
from msgspec import Struct

from domain.channels.inbound import Delivery, News, Unreadable
from domain.values import Count

LEASE = timedelta(seconds=30)
"""So long may a worker take before others think that it died."""

MOST_ATTEMPTS = 10
"""After so many, a person has to look."""

LONGEST_PAUSE = timedelta(minutes=10)
PATIENCE = timedelta(days=3)
"""So long is a channel asked again that cannot be read."""


class DeliveryState(StrEnum):
    """WAITING to be applied, perhaps again; APPLIED; PARKED until a person has looked."""

    WAITING = "WAITING"
    APPLIED = "APPLIED"
    PARKED = "PARKED"


class Backlog(Struct, frozen=True):
    """Deliveries that are still to be applied, the age of the oldest, and what people must see.

    `instructions`: of which nobody knows what came of them, the oldest for `unknown_seconds`.
    `pushes` are numbers that shops do not show yet, `push_seconds` the age of the oldest.
    """

    waiting: Count
    oldest_seconds: float
    parked: Count
    incidents: Count
    instructions: Count
    unknown_seconds: float
    pushes: Count
    push_seconds: float


class Kept(Struct, frozen=True, kw_only=True):
    """A delivery in the inbox. Its body and headers are forgotten after a while, its key never.

    What was `listed` did not come as a delivery: it is news that a reading found and that could not
    be applied at once; then the body is ours (`unpacked`).
    """

    id: str = msgspec.field(name="_id")
    endpoint: str
    key: str
    state: DeliveryState
    received_at: datetime
    due: datetime
    attempts: Count = 0
    headers: Mapping[str, str] | None = None
    body: bytes | None = None
    why: str | None = None
    applied_at: datetime | None = None
    listed: bool = False

    @property
    def delivery(self) -> Delivery | None:
        """As it came, unless it is forgotten."""
        if self.body is None:
            return None
        return Delivery(
            endpoint=self.endpoint,
            headers=self.headers or {},
            body=self.body,
            received_at=self.received_at,
        )


def kept(delivery: Delivery, key: str) -> Kept:
    """A delivery as it goes into the inbox."""
    return Kept(
        id=f"{delivery.endpoint}:{key}",
        endpoint=delivery.endpoint,
        key=key,
        state=DeliveryState.WAITING,
        received_at=delivery.received_at,
        due=delivery.received_at,
        headers=dict(delivery.headers),
        body=delivery.body,
    )


def listed(endpoint: str, begun_at: datetime, news: News, now: datetime) -> Kept:
    """News that a reading found and that must wait; once for each reading, however often read.

    What happens after `begun_at` is listed by the next reading again, under another key.
    """
    body = msgspec.json.encode(news)
    key = f"listed-{begun_at:%Y%m%dT%H%M%S.%f}-{sha256(body).hexdigest()[:32]}"
    return Kept(
        id=f"{endpoint}:{key}",
        endpoint=endpoint,
        key=key,
        state=DeliveryState.WAITING,
        received_at=now,
        due=now,
        body=body,
        listed=True,
    )


def unpacked(body: bytes) -> News:
    """The news in the body of what was `listed`.

    Raises:
        Unreadable: another version put it there in another form.
    """
    try:
        return msgspec.json.decode(body, type=News)
    except msgspec.DecodeError as error:
        raise Unreadable(f"Another version kept it: {error}.") from error


def pause(attempts: int) -> timedelta:
    """How long to wait before the next attempt: twice as long each time."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 20)), LONGEST_PAUSE)

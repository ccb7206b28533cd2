"""The numbers that shops show: what was pushed there, and what is to be done about one.

A shop is told the newest number, never each of those before it. What is on its way is written down
first, so that whoever comes after a worker that died finds out what became of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec import Struct

from domain.channels.answers import Missing, ReadError, Rejected, Unknown
from domain.ids import LocationId, Sku
from domain.operations import Channel
from domain.ownership import ConflictPolicy
from domain.stock import StockLevel
from domain.values import Count

LEASE = timedelta(seconds=60)
"""So long may a worker take before others think that it died."""

AT_LEAST_APART = timedelta(seconds=1)
"""A shop is not told of the same sku more often."""

LONGEST_PAUSE = timedelta(seconds=30)
REFUSED_PAUSE = timedelta(minutes=10)
MOST_ATTEMPTS = 10
"""After so many refusals in a row, a person has to look."""


class StockSet(Struct, frozen=True, kw_only=True):
    """A number that a shop is to show, of a sku at a `place` (its own name for a location).

    `expected` is what it shows now, for those that compare; the same `key` means the same order.
    """

    sku: Sku
    place: str
    quantity: Count
    expected: int | None
    key: str


class Shown(Struct, frozen=True):
    """A shop shows this number now."""

    quantity: int


class Stale(Struct, frozen=True):
    """Nothing was set: it did not show what was expected, or the key is spent. Look again."""

    why: str


StockSeen = Shown | Missing | ReadError
StockWritten = Shown | Stale | Missing | Rejected | Unknown


class Sent(Struct, frozen=True):
    """A number on its way, of which nobody knows yet whether it came."""

    quantity: Count
    expected: int | None
    version: Count
    key: str


class Push(Struct, frozen=True, kw_only=True):
    """What one shop shows of one sku at one place.

    `shown` is the last number that it is known to show, `told` the last of ours that it was told;
    they differ where somebody else's number was left to stand. `due` is None at rest; `since` is
    when the oldest change was noticed that it does not show. `marks` counts why to look at it.
    `unsettled` are the numbers of ours that may still arrive there.
    """

    id: str = msgspec.field(name="_id")
    channel: str
    sku: Sku
    place: str
    location_id: LocationId
    due: datetime | None = None
    since: datetime | None = None
    marks: Count = 0
    attempts: Count = 0
    sends: Count = 0
    is_doubted: bool = False
    is_adrift: bool = False
    shown: int | None = None
    told: Count | None = None
    version: Count = 0
    acknowledged_at: datetime | None = None
    sent: Sent | None = None
    unsettled: tuple[int, ...] = ()
    why: str | None = None
    owner: str | None = None

    @property
    def is_unsure(self) -> bool:
        """Must the shop be asked what it shows, before it is told anything?"""
        return self.shown is None or self.is_doubted or self.sent is not None


class Rest(Struct, frozen=True):
    """Nothing is to be sent. `drift` is somebody else's number that was found, and is left."""

    shown: int | None
    told: Count | None
    version: Count
    drift: int | None = None
    is_adrift: bool = False
    agrees: bool = False
    why: str | None = None


class Send(Struct, frozen=True):
    """Ours is to be sent. `drift` is somebody else's number, which it takes the place of."""

    quantity: Count
    expected: int
    version: Count
    drift: int | None = None


class Wait(Struct, frozen=True):
    """The shop cannot be asked now."""

    error: ReadError


Decision = Rest | Send | Wait

ELSEWHERE = "The channel counts these units itself: it is not told of them."
NOT_SOLD = "The channel has no such product at that place."


def sellable(level: StockLevel, channel: Channel | None) -> int:
    """The units that a channel may sell of a level: those that are free, but its safety stock."""
    return max(0, level.free - (channel.safety_stock if channel else 0))


def decided(
    row: Push, wanted: int, version: int, seen: StockSeen | None, policy: ConflictPolicy
) -> Decision:
    """What is to be done so that the shop shows `wanted`; `seen` is None if it was not asked."""
    match seen:
        case ReadError():
            return Wait(seen)
        case Missing():
            return Rest(None, None, version, why=NOT_SOLD)
        case Shown(quantity):
            return _compared(row, wanted, version, quantity, policy)
        case None:
            return _ours(row, wanted, version, row.shown or 0, None, policy)


def _compared(
    row: Push, wanted: int, version: int, seen: int, policy: ConflictPolicy
) -> Rest | Send:
    if seen == wanted:
        return Rest(wanted, wanted, version, agrees=True)
    if row.shown is None or seen in {row.shown, *row.unsettled}:
        return _ours(row, wanted, version, seen, None, policy)
    drift = None if policy is ConflictPolicy.LAST_WRITE_WINS else seen
    return _ours(row, wanted, version, seen, drift, policy)


def _ours(
    row: Push, wanted: int, version: int, seen: int, drift: int | None, policy: ConflictPolicy
) -> Rest | Send:
    """What others wrote stands until ours moves, unless it is refused."""
    is_left = policy is not ConflictPolicy.REJECT_AND_RECORD and row.shown is not None
    before = seen if seen in row.unsettled else row.told
    if seen == wanted or (is_left and wanted == before):
        is_adrift = seen != wanted and policy is ConflictPolicy.ACCEPT_AND_RECORD
        return Rest(seen, wanted, version, drift, is_adrift=is_adrift)
    return Send(wanted, seen, version, drift)


def order(row: Push, send: Send) -> StockSet:
    """What the shop is told. What was sent before, and may have come, goes under the same key."""
    same = row.sent and (row.sent.quantity, row.sent.expected, row.sent.version) == (
        send.quantity,
        send.expected,
        send.version,
    )
    key = row.sent.key if row.sent and same else _key(row)
    return StockSet(
        sku=row.sku, place=row.place, quantity=send.quantity, expected=send.expected, key=key
    )


def _key(row: Push) -> str:
    """Another for each number that is sent, the same for who writes it down again."""
    return sha256(f"{row.id}\x00{row.sends}".encode()).hexdigest()[:32]


def row_id(channel: str, place: str, sku: str) -> str:
    return f"{channel}:{place}:{sku}"


def pause(attempts: int) -> timedelta:
    """How long to wait for a shop that does not answer: twice as long each time."""
    return min(timedelta(seconds=2 ** min(attempts, 10) / 2), LONGEST_PAUSE)

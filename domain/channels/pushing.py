"""The numbers that shops show: what was pushed there, and what is to be done about one.

A shop is told the newest number, never each of those before it. What is on its way is written down
first, so that whoever comes after a worker that died finds out what became of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec import Struct
from msgspec.structs import replace

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
PATIENCE = timedelta(minutes=2)
"""So long may news of an order take that would explain what a shop shows."""

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


class Gone(Struct, frozen=True):
    """What is known of units that went or came at the shop without us: see `Push`."""

    heard: int = 0
    late: int = 0
    unheard: int = 0
    strange: int | None = None


NOTHING_GONE = Gone()


class Push(Struct, frozen=True, kw_only=True):
    """What one shop shows of one sku at one place.

    `shown` is the last number that it is known to show, `told` the last of ours that it was told;
    they differ where somebody else's number was left to stand. `due` is None at rest; `since` is
    when the oldest change was noticed that it does not show. `marks` counts why to look at it.
    `unsettled` are the numbers of ours that may still arrive there. `heard` is how many units its
    orders had sent when that was settled, as far as was known (`heard_late`: told too late);
    `unheard` how many more are gone there (or, below zero, came), which no order explains yet:
    `strange` is the number that showed it, and since when.
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
    heard: int = 0
    heard_late: int = 0
    unheard: int = 0
    strange: int | None = None
    strange_since: datetime | None = None
    why: str | None = None
    owner: str | None = None

    @property
    def is_unsure(self) -> bool:
        """Must the shop be asked what it shows, before it is told anything?"""
        return self.shown is None or self.is_doubted or self.sent is not None or self.unheard != 0

    @property
    def gone(self) -> Gone:
        return Gone(self.heard, self.heard_late, self.unheard, self.strange)

    def was_waited_for(self, read_at: datetime | None) -> bool:
        """Would it have been explained by now? Of a row that was just taken.

        Not before the shop's orders were read after it; None: they cannot be read.
        """
        if self.strange_since is None or self.due is None:
            return False
        now = self.due - LEASE
        return min(now, read_at or now) - self.strange_since >= PATIENCE


class Rest(Struct, frozen=True):
    """Nothing is to be sent. `drift` is somebody else's number that was found, and is left."""

    shown: int | None
    told: Count | None
    version: Count
    drift: int | None = None
    is_adrift: bool = False
    agrees: bool = False
    why: str | None = None
    gone: Gone = NOTHING_GONE


class Send(Struct, frozen=True):
    """Ours is to be sent. `drift` is somebody else's number, which it takes the place of."""

    quantity: Count
    expected: int
    version: Count
    drift: int | None = None
    gone: Gone = NOTHING_GONE


class Wait(Struct, frozen=True):
    """The shop cannot be asked now."""

    error: ReadError


Decision = Rest | Send | Wait

ELSEWHERE = "The channel counts these units itself: it is not told of them."
NOT_SOLD = "The channel has no such product at that place."
UNEXPLAINED = "It shows another number than it was told, which news of an order may explain."


class Wanted(Struct, frozen=True):
    """What a shop is to show of a level, and how many units its orders have sent from there."""

    units: Count
    version: Count
    heard: int = 0
    late: int = 0
    read_at: datetime | None = None


def wanted(
    level: StockLevel, channel: Channel | None, shop: str, read_at: datetime | None = None
) -> Wanted:
    """The units on hand for a shop: those that it may still sell, and those that it has sold.

    It may sell what is free, but for its safety stock; what is promised to its own orders it takes
    off by itself. Nothing of it is there as far as more was sold than there was. `read_at` is when
    its orders were read last; None: they cannot be.
    """
    own = level.of_shop(shop)
    free = max(0, level.free - (channel.safety_stock if channel else 0))
    units = max(0, own.committed + free - level.oversold)
    return Wanted(units, level.version, own.sent, own.late, read_at)


def decided(row: Push, ours: Wanted, seen: StockSeen | None, policy: ConflictPolicy) -> Decision:
    """What is to be done so that the shop shows `ours`; `seen` is None if it was not asked."""
    match seen:
        case ReadError():
            return Wait(seen)
        case Missing():
            return Rest(None, None, ours.version, why=NOT_SOLD)
        case Shown(quantity):
            return _compared(row, ours, quantity, policy)
        case None:
            return _ours(row, ours, row.shown or 0, _gone(row, ours, row.shown or 0), policy)


def _compared(row: Push, ours: Wanted, seen: int, policy: ConflictPolicy) -> Rest | Send:
    """Units that its orders have sent, or brought back, are not somebody else's number.

    They may be gone before we hear of it: what no order explains yet is waited for.
    """
    is_ours, settled = seen == ours.units, Gone(ours.heard, ours.late)
    is_left_ours = is_ours and policy is not ConflictPolicy.REJECT_AND_RECORD
    gone = settled if row.shown is None or is_left_ours else _gone(row, ours, seen)
    is_over = row.was_waited_for(ours.read_at) and gone.unheard == row.unheard != 0
    found = _ours(row, ours, seen, settled if is_over else gone, policy)
    is_drift = is_over and policy is not ConflictPolicy.LAST_WRITE_WINS
    if is_drift and gone.strange != ours.units:
        return replace(found, drift=gone.strange)
    if isinstance(found, Rest) and is_ours and not found.gone.unheard:
        return replace(found, agrees=True)
    return found


def _gone(row: Push, ours: Wanted, seen: int) -> Gone:
    """What is gone there that no order explains, counted from whichever number explains most."""
    numbers = {row.shown or 0} if seen == row.shown else {row.shown or 0, *row.unsettled}
    left = (_unheard(row, ours, row.unheard + each - seen) for each in sorted(numbers))
    unheard = min(left, key=abs)
    is_known = row.strange is not None and unheard == row.unheard
    strange = row.strange if is_known else seen
    return Gone(ours.heard, ours.late, unheard, strange if unheard else None)


def _unheard(row: Push, ours: Wanted, gone: int) -> int:
    """What of it was not told. What was told late may have been gone before, or not."""
    most = gone - (ours.heard - row.heard)
    least, most = sorted((most, most - (ours.late - row.heard_late)))
    return 0 if least <= 0 <= most else min(least, most, key=abs)


def _ours(row: Push, ours: Wanted, seen: int, gone: Gone, policy: ConflictPolicy) -> Rest | Send:
    """Units that are gone there are not offered. What others wrote stands until ours moves.

    It does not where it is refused.
    """
    units = max(0, ours.units - max(0, gone.unheard))
    is_left = policy is not ConflictPolicy.REJECT_AND_RECORD and row.shown is not None
    before = seen if seen in row.unsettled else row.told
    if seen == units or (is_left and ours.units == before):
        accepts = policy is ConflictPolicy.ACCEPT_AND_RECORD and not gone.unheard
        is_adrift = accepts and seen != ours.units
        why = UNEXPLAINED if gone.unheard else None
        return Rest(seen, ours.units, ours.version, is_adrift=is_adrift, why=why, gone=gone)
    return Send(units, seen, ours.version, gone=gone)


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

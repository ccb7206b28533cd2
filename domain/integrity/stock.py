"""What must be true of units (S1, S2, S3, S5).

Levels are read here with fewer demands than elsewhere, so that a broken one can be named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from domain.integrity.report import Fault
from domain.integrity.stories import Told
from domain.operations import Channel
from domain.stock import MOST_MINUTES, RESERVATION_STEPS, ReservationState, StockLevel, explained

LONGEST = timedelta(minutes=MOST_MINUTES)
LIVE = frozenset({ReservationState.ACTIVE, ReservationState.PINNED})
ENDED = frozenset(state for state, steps in RESERVATION_STEPS.items() if not steps)


class Held(Struct, frozen=True):
    """Units of a level held for a reservation."""

    quantity: int
    state: str
    until: datetime


class Line(Struct, frozen=True):
    """What a reservation says of one level."""

    sku: str
    location_id: str
    quantity: int


class Written(Struct, frozen=True):
    """A reservation as it is written down beside the levels."""

    id: str = msgspec.field(name="_id")
    state: str
    lines: tuple[Line, ...]


class Level(Told, frozen=True, kw_only=True):
    """A level as it stands in the database."""

    sku: str
    location_id: str
    on_hand: int
    committed: int
    reserved: int
    unavailable: int
    free: int
    incoming: int = 0
    reservations: Mapping[str, Held] = {}
    next_expiry: datetime | None = None

    @property
    def promised(self) -> int:
        return self.committed + self.reserved


def level_faults(level: Level) -> Iterator[Fault]:
    """S1 and S3, and of S2 the sum."""
    buckets = (level.committed, level.reserved, level.unavailable, level.free)
    if level.on_hand != sum(buckets) or min(level.on_hand, level.incoming, *buckets) < 0:
        yield Fault("S1", level.id)
    if level.promised > level.on_hand:
        yield Fault("S3", level.id)
    if level.reserved != sum(hold.quantity for hold in level.reservations.values()):
        yield Fault("S2", level.id)


def hold_faults(level: Level, written: Mapping[str, Written], now: datetime) -> Iterator[Fault]:
    """S2 of each hold, by the id of its reservation.

    What runs out by itself may be without a row: its request was cut off, and nobody asked again.
    """
    for key, hold in level.reservations.items():
        if not _ends(level, hold, now) or not _agrees(level, hold, written.get(key), now):
            yield Fault("S2", key)


def _ends(level: Level, hold: Held, now: datetime) -> bool:
    """Is it within its cap, and will somebody look at the level when it runs out?"""
    if hold.quantity < 1 or hold.state not in LIVE or hold.until > now + LONGEST:
        return False
    if hold.state == ReservationState.PINNED:
        return True
    return level.next_expiry is not None and level.next_expiry <= hold.until


def _agrees(level: Level, hold: Held, row: Written | None, now: datetime) -> bool:
    is_over = hold.state == ReservationState.ACTIVE and hold.until <= now
    if row is None:
        return hold.state == ReservationState.ACTIVE
    line = Line(level.sku, level.location_id, hold.quantity)
    return line in row.lines and (is_over or row.state not in ENDED)


def explanation_faults(level: StockLevel, channels: Iterable[Channel]) -> Iterator[Fault]:
    """S5, for each channel that sells from there."""
    for channel in channels:
        if level.location_id in channel.sells_from:
            sellable = max(0, level.free - channel.safety_stock)
            if sum(term.quantity for term in explained(level, channel)) != sellable:
                yield Fault("S5", level.id)

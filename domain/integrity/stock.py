"""What must be true of units (S1, S2, S5, S6).

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

CLOCKS_DIFFER = timedelta(minutes=1)
"""Members of a replica set may differ by less than this about the time."""

LONGEST = timedelta(minutes=MOST_MINUTES) + CLOCKS_DIFFER
SETTLED_AFTER = timedelta(minutes=1)
"""By then a request that was cut off half-way is finished, or undone."""

LIVE = frozenset({ReservationState.ACTIVE, ReservationState.PINNED})
ENDED = frozenset(state for state, steps in RESERVATION_STEPS.items() if not steps)


class Held(Struct, frozen=True):
    """Units of a level held for a reservation."""

    quantity: int
    state: str
    until: datetime


class Away(Struct, frozen=True):
    """A hold for which the level's own document has no room."""

    id: str = msgspec.field(name="_id")
    level_id: str
    reservation: str
    hold: Held


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
    updated_at: datetime


class OfShop(Struct, frozen=True):
    """What a level has promised to the orders of one shop."""

    committed: int = 0


class Level(Told, frozen=True, kw_only=True):
    """A level as it stands in the database; `far` is there as long as holds of it may be away."""

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
    far: str | None = None
    shops: Mapping[str, OfShop] = {}


class Shelf(Struct, frozen=True):
    """A level and its holds, near and away, as they were at one instant.

    `awaited` is how many units the open orders of each shop wait for there.
    """

    level: Level
    away: tuple[Away, ...] = ()
    awaited: Mapping[str, int] = {}

    @property
    def holds(self) -> list[tuple[str, Held]]:
        return [
            *self.level.reservations.items(),
            *((each.reservation, each.hold) for each in self.away),
        ]

    @property
    def units(self) -> Mapping[str, int]:
        """So many units are held for each reservation."""
        return {key: hold.quantity for key, hold in self.holds}


def level_faults(shelf: Shelf) -> Iterator[Fault]:
    """S1, and of S2 the sum."""
    level = shelf.level
    buckets = (level.committed, level.reserved, level.unavailable, level.free)
    if level.on_hand != sum(buckets) or min(level.on_hand, level.incoming, *buckets) < 0:
        yield Fault("S1", level.id, level.id)
    is_unseen = bool(shelf.away) and level.far is None
    if is_unseen or level.reserved != sum(hold.quantity for _, hold in shelf.holds):
        yield Fault("S2", level.id, level.id)


def hold_faults(shelf: Shelf, written: Mapping[str, Written], now: datetime) -> Iterator[Fault]:
    """S2 of each hold, by the id of its reservation.

    What runs out by itself may be without a row: its request was cut off, and nobody asked again.
    """
    level = shelf.level
    unseen = {key for key, hold in level.reservations.items() if not _is_looked_for(level, hold)}
    twice = {each.reservation for each in shelf.away} & level.reservations.keys()
    for key, hold in dict(shelf.holds).items():
        is_well = _ends(hold, now) and _agrees(level, hold, written.get(key), now)
        if not is_well or key in unseen or key in twice:
            yield Fault("S2", key, level.id)


def _ends(hold: Held, now: datetime) -> bool:
    """Is it live, and within its cap?"""
    return hold.quantity > 0 and hold.state in LIVE and hold.until <= now + LONGEST


def _is_looked_for(level: Level, hold: Held) -> bool:
    """Will somebody look at the level when it runs out? What is away is found by itself."""
    if hold.state != ReservationState.ACTIVE:
        return True
    return level.next_expiry is not None and level.next_expiry <= hold.until


def _agrees(level: Level, hold: Held, row: Written | None, now: datetime) -> bool:
    """Does its reservation speak of these units? What the clock ends may outlive its row."""
    if row is None:
        return hold.state == ReservationState.ACTIVE
    if hold.state == ReservationState.ACTIVE and row.state in ENDED:
        return True
    if row.state in ENDED and row.updated_at > now - SETTLED_AFTER:
        return True
    line = Line(level.sku, level.location_id, hold.quantity)
    return line in row.lines and row.state not in ENDED


def promise_faults(shelf: Shelf) -> Iterator[Fault]:
    """S6."""
    level = shelf.level
    promised = {name: each.committed for name, each in level.shops.items() if each.committed}
    if promised != dict(shelf.awaited) or sum(promised.values()) > level.committed:
        yield Fault("S6", level.id, level.id)


def explanation_faults(level: StockLevel, channels: Iterable[Channel]) -> Iterator[Fault]:
    """S5, for the channels that sell from there."""
    selling = [each for each in channels if level.location_id in each.sells_from]
    if not all(_is_explained(level, channel) for channel in selling):
        yield Fault("S5", level.id, level.id)


def _is_explained(level: StockLevel, channel: Channel) -> bool:
    sellable = max(0, level.free - channel.safety_stock)
    return sum(term.quantity for term in explained(level, channel)) == sellable

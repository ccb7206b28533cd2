"""Units at a place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain import freshness
from domain.freshness import Freshness
from domain.ids import LocationId, ReservationId, Sku
from domain.pages import Ordering
from domain.values import Count, Entity

MOST_HOLDS = 50
"""Of a level that are shown; a popular one has thousands."""


class ReservationState(StrEnum):
    """ACTIVE ones expire by the clock; PINNED ones wait for a payment in flight."""

    ACTIVE = "ACTIVE"
    PINNED = "PINNED"
    CONVERTED = "CONVERTED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class Hold(Struct, frozen=True):
    """Units of one level promised for a while; embedded in the level by reservation id."""

    quantity: Count
    state: ReservationState
    until: datetime


class StockHold(Struct, frozen=True):
    """A hold, and whose reservation it is of."""

    reservation: ReservationId
    quantity: Count
    state: ReservationState
    until: datetime


class Authority(Struct, frozen=True):
    """Which system decides a number, and since when. Kassa itself, or one that reports to it."""

    field: str
    system: str
    since: datetime


class ShopUnits(Struct, frozen=True):
    """Units of a level that are a shop's: promised to its open orders, and sent so far.

    What came back to the shelf is taken off what was sent; so that may be below zero. `late` is
    what was told so late that the shop may have been told another number since.
    """

    committed: Count = 0
    sent: int = 0
    late: int = 0


NO_UNITS = ShopUnits()


class StockLevel(Entity, frozen=True, kw_only=True):
    """Units of one sku at one location: `on_hand = committed + reserved + unavailable + free`.

    `low_at` is the number of free units at which to reorder (none: never); `is_low` says it is
    reached. `oversold` units were sold that were not free, or not there: those that come next make
    up for them. `counted_at` is when somebody counted last. `shops` are the accounts, by
    name, whose orders move units here: what is promised to them is part of `committed`.
    """

    sku: Sku
    location_id: LocationId
    on_hand: Count
    committed: Count
    reserved: Count
    unavailable: Count
    free: Count
    incoming: Count = 0
    incoming_at: datetime | None = None
    low_at: Count | None = None
    is_low: bool = False
    oversold: Count = 0
    counted_at: datetime | None = None
    authority: Authority
    observed_at: datetime
    reservations: Mapping[str, Hold] = {}
    shops: Mapping[str, ShopUnits] = {}

    def of_shop(self, name: str) -> ShopUnits:
        """What of it is a shop's."""
        return self.shops.get(name, NO_UNITS)

    def freshness(self, now: datetime) -> Freshness:
        return freshness.graded(self.authority.system, self.observed_at, now)

    def holds(self, now: datetime) -> list[StockHold]:
        """What is held now, the next to run out first; up to `MOST_HOLDS`."""
        held = [
            StockHold(ReservationId(key), hold.quantity, hold.state, hold.until)
            for key, hold in self.reservations.items()
            if hold.state is ReservationState.PINNED or hold.until > now
        ]
        return sorted(held, key=lambda hold: (hold.until, hold.reservation))[:MOST_HOLDS]


class StockQuery(Struct, frozen=True):
    """Which levels a list shows; none given means all."""

    skus: tuple[Sku, ...] | None = None
    locations: tuple[LocationId, ...] | None = None
    low_only: bool = False


BY_SKU = Ordering("stock", ("sku", "id"), (str, str))

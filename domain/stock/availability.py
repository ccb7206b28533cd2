"""What may be promised of units at a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from math import inf

from msgspec import Struct

from domain.catalog import Location, Near, Product, distance_km
from domain.freshness import KASSA, Freshness, FreshnessState
from domain.ids import LocationId
from domain.operations import Channel
from domain.pages import Ordering
from domain.stock.levels import StockLevel


class Promise(StrEnum):
    """What a channel may tell a buyer. UNKNOWN: nobody reported a number, which is not zero."""

    IN_STOCK = "IN_STOCK"
    LOW = "LOW"
    ON_ORDER = "ON_ORDER"
    BACKORDER = "BACKORDER"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"


class AvailabilityTerm(Struct, frozen=True):
    """One step of the arithmetic; the steps sum to `sellable`."""

    label: str
    quantity: int
    source: str
    as_of: datetime


class Availability(Struct, frozen=True, kw_only=True):
    """What one channel may promise of one product from one location, with the arithmetic."""

    location: Location
    promise: Promise
    sellable: int
    exact: bool
    earliest: datetime | None
    freshness: Freshness
    explain: tuple[AvailabilityTerm, ...]
    distance_km: float | None = None
    rank: float

    @property
    def code(self) -> str:
        return self.location.code


BEST_FIRST = Ordering("availability", ("rank", "code"), (float, str))


def explained(level: StockLevel, channel: Channel) -> tuple[AvailabilityTerm, ...]:
    """How many units of `level` the channel may sell, step by step; never below zero."""
    system, at = level.authority.system, level.observed_at
    steps = [
        ("On hand", level.on_hand, system),
        ("Committed to orders", -level.committed, KASSA),
        ("Reserved for carts", -level.reserved, KASSA),
        ("Not for sale (damaged, on display)", -level.unavailable, system),
        (f"Safety stock of {channel.code}", -channel.safety_stock, channel.code),
    ]
    if (rest := sum(quantity for _, quantity, _ in steps)) < 0:
        steps.append(("Not below zero", -rest, KASSA))
    return tuple(
        AvailabilityTerm(label, quantity, source, at)
        for label, quantity, source in steps
        if quantity
    )


def promise_of(product: Product, level: StockLevel, sellable: int, wanted: int) -> Promise:
    """What to tell a buyer who wants `wanted` units."""
    if sellable >= wanted:
        return Promise.LOW if level.is_low else Promise.IN_STOCK
    if level.incoming:
        return Promise.ON_ORDER
    return Promise.BACKORDER if product.allows_backorder else Promise.NONE


def availability(
    product: Product,
    location: Location,
    level: StockLevel | None,
    channel: Channel,
    *,
    wanted: int,
    near: Near | None,
    now: datetime,
) -> Availability:
    """What `channel` may promise of `product` from `location`."""
    away = distance_km(near, location.position) if near and location.position else None
    if level is None:
        return _unknown(location, away, now, near)
    terms = explained(level, channel)
    sellable = sum(term.quantity for term in terms)
    promise = promise_of(product, level, sellable, wanted)
    fresh = level.freshness(now)
    return Availability(
        location=location,
        promise=promise,
        sellable=sellable,
        exact=fresh.state is FreshnessState.LIVE,
        earliest=_earliest(promise, level, now),
        freshness=fresh,
        explain=terms,
        distance_km=_shown(away),
        rank=_rank(-sellable, away, near),
    )


def _shown(away: float | None) -> float | None:
    return None if away is None else round(away, 1)


def _earliest(promise: Promise, level: StockLevel, now: datetime) -> datetime | None:
    if promise in {Promise.IN_STOCK, Promise.LOW}:
        return now
    return level.incoming_at if promise is Promise.ON_ORDER else None


def _rank(units: float, away: float | None, near: Near | None) -> float:
    """Nearest first, a place that is nowhere last; or else what has most units first."""
    if near is None:
        return float(units)
    return inf if away is None else away


def _unknown(
    location: Location, away: float | None, now: datetime, near: Near | None
) -> Availability:
    return Availability(
        location=location,
        promise=Promise.UNKNOWN,
        sellable=0,
        exact=False,
        earliest=None,
        freshness=Freshness(KASSA, now, 0, FreshnessState.UNREACHABLE, "NEVER_REPORTED"),
        explain=(),
        distance_km=_shown(away),
        rank=_rank(inf, away, near),
    )


def offers(
    product: Product,
    levels: Sequence[StockLevel],
    channel: Channel,
    locations: Sequence[Location],
    *,
    wanted: int,
    near: Near | None,
    now: datetime,
) -> list[Availability]:
    """What `channel` may promise of `product` from each of its locations."""
    by_location = {level.location_id: level for level in levels}
    return [
        availability(
            product,
            location,
            by_location.get(LocationId(location.id)),
            channel,
            wanted=wanted,
            near=near,
            now=now,
        )
        for location in within_distance(locations, near)
    ]


def within_distance(locations: Sequence[Location], near: Near | None) -> Sequence[Location]:
    """The locations no further than asked for; all of them where no distance was given."""
    if near is None or near.max_km is None:
        return locations
    limit = near.max_km
    return [at for at in locations if at.position and distance_km(near, at.position) <= limit]

"""Subscriptions: what their arguments listen for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from domain import ids
from domain.ids import ChannelId, CustomerId, Kind, LocationId, OrderId, PaymentId, Sku
from domain.incidents import IncidentKind
from domain.live import (
    AvailabilityTopic,
    IncidentTopic,
    OrderTopic,
    PaymentTopic,
    StockTopic,
    Subscribed,
    Topic,
    checked,
)
from domain.pages import Cursor

T = TypeVar("T")


def stock_changed(
    *, skus: Sequence[str] | None, locations: Sequence[str] | None, after: Cursor | None
) -> Subscribed:
    places = _all(Kind.LOCATION, locations, LocationId)
    return _asked(StockTopic(_skus(skus), places), after)


def availability_changed(*, skus: Sequence[str], channel: str, after: Cursor | None) -> Subscribed:
    sold_in = ChannelId(ids.expect(Kind.CHANNEL, channel))
    return _asked(AvailabilityTopic(_skus(skus) or (), sold_in), after)


def order_updated(
    *,
    orders: Sequence[str] | None,
    customer: str | None,
    location: str | None,
    channel: str | None,
    after: Cursor | None,
) -> Subscribed:
    topic = OrderTopic(
        _all(Kind.ORDER, orders, OrderId),
        _one(Kind.CUSTOMER, customer, CustomerId),
        _one(Kind.LOCATION, location, LocationId),
        _one(Kind.CHANNEL, channel, ChannelId),
    )
    return _asked(topic, after)


def payment_updated(
    *,
    payments: Sequence[str] | None,
    orders: Sequence[str] | None,
    customer: str | None,
    location: str | None,
    after: Cursor | None,
) -> Subscribed:
    topic = PaymentTopic(
        _all(Kind.PAYMENT, payments, PaymentId),
        _all(Kind.ORDER, orders, OrderId),
        _one(Kind.CUSTOMER, customer, CustomerId),
        _one(Kind.LOCATION, location, LocationId),
    )
    return _asked(topic, after)


def incident_opened(*, kinds: Sequence[IncidentKind] | None, after: Cursor | None) -> Subscribed:
    return Subscribed(IncidentTopic(None if kinds is None else tuple(kinds)), after)


def _asked(topic: Topic, after: Cursor | None) -> Subscribed:
    return Subscribed(checked(topic), after)


def _one(kind: Kind, value: str | None, becomes: Callable[[str], T]) -> T | None:
    return None if value is None else becomes(ids.expect(kind, value))


def _all(
    kind: Kind, values: Sequence[str] | None, becomes: Callable[[str], T]
) -> tuple[T, ...] | None:
    found = ids.expect_all(kind, values)
    return None if found is None else tuple(map(becomes, found))


def _skus(values: Sequence[str] | None) -> tuple[Sku, ...] | None:
    return None if values is None else tuple(map(Sku, values))

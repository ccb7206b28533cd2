"""What a subscriber wants to hear of. Several conditions must all hold."""

from __future__ import annotations

from typing import cast

from msgspec import Struct, structs

from domain.errors import BadInput
from domain.ids import ChannelId, CustomerId, LocationId, OrderId, PaymentId, Sku
from domain.incidents import IncidentKind

MOST_KEYS = 200
"""Ids or skus that one subscription may name."""


class StockTopic(Struct, frozen=True):
    """Levels of these skus, at these locations; at least one of the two is given."""

    skus: tuple[Sku, ...] | None = None
    locations: tuple[LocationId, ...] | None = None


class AvailabilityTopic(Struct, frozen=True):
    """What a channel may promise of these skus."""

    skus: tuple[Sku, ...]
    channel: ChannelId


class OrderTopic(Struct, frozen=True):
    """These orders, or a customer's, a location's, a channel's."""

    orders: tuple[OrderId, ...] | None = None
    customer: CustomerId | None = None
    location: LocationId | None = None
    channel: ChannelId | None = None


class PaymentTopic(Struct, frozen=True):
    """These payments, or those of orders, of a customer, at a location."""

    payments: tuple[PaymentId, ...] | None = None
    orders: tuple[OrderId, ...] | None = None
    customer: CustomerId | None = None
    location: LocationId | None = None


class IncidentTopic(Struct, frozen=True):
    """Incidents of these kinds; of all, where none is named."""

    kinds: tuple[IncidentKind, ...] | None = None


Topic = StockTopic | AvailabilityTopic | OrderTopic | PaymentTopic | IncidentTopic


class Subscribed(Struct, frozen=True):
    """A topic, and the cursor behind which to begin; none: with how things are."""

    topic: Topic
    after: str | None = None


def checked(topic: Topic) -> Topic:
    """The topic, if it says what to listen for.

    Raises:
        BadInput: it names nothing, or too much.
    """
    given = {name: each for name, each in structs.asdict(topic).items() if each}
    if not given:
        names = ", ".join(f"`{name}`" for name in topic.__struct_fields__)
        raise BadInput(f"Say what to listen for: at least one of {names}.")
    for name, keys in given.items():
        if isinstance(keys, tuple) and len(cast("tuple[str]", keys)) > MOST_KEYS:
            raise BadInput(f"`{name}` may name at most {MOST_KEYS} at once.")
    return topic

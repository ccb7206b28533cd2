"""Goods on their way to the customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from domain.ids import (
    ChannelId,
    CustomerId,
    LocationId,
    OrderId,
    OrderLineId,
)
from domain.orders.order import DeliveryMode, Order, OrderLine
from domain.values import Actor, Count, Entity
from domain.viewer import SYSTEM, Viewer


class FulfillmentState(StrEnum):
    """Where a parcel or a pick-up is."""

    PLANNED = "PLANNED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    PICKING = "PICKING"
    PACKED = "PACKED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    LOST = "LOST"
    READY = "READY"
    COLLECTED = "COLLECTED"
    UNCOLLECTED = "UNCOLLECTED"
    CANCELLED = "CANCELLED"


_S = FulfillmentState
FULFILLMENT_STEPS: Mapping[FulfillmentState, frozenset[FulfillmentState]] = MappingProxyType(
    {
        _S.PLANNED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.CANCELLED}),
        _S.ACCEPTED: frozenset({_S.PICKING, _S.REJECTED, _S.CANCELLED}),
        _S.PICKING: frozenset({_S.PACKED, _S.READY, _S.REJECTED, _S.CANCELLED}),
        _S.PACKED: frozenset({_S.SHIPPED, _S.CANCELLED}),
        _S.SHIPPED: frozenset({_S.DELIVERED, _S.LOST}),
        _S.READY: frozenset({_S.COLLECTED, _S.UNCOLLECTED, _S.CANCELLED}),
    }
)


HIDDEN_CODE = "••••"


class FulfillmentLine(Struct, frozen=True):
    """Units of an order line in one fulfillment."""

    line_id: OrderLineId
    quantity: Count


class Tracking(Struct, frozen=True):
    """Where to ask the carrier."""

    carrier: str
    code: str
    url: str | None = None


class PickupTicket(Struct, frozen=True):
    """What the customer shows at the counter."""

    code: str
    ready_at: datetime | None = None
    expires_at: datetime | None = None
    checked_by: Actor | None = None

    def code_shown_to(self, viewer: Viewer) -> str:
        """The code, for who may pick up; staff must ask the customer for it."""
        return HIDDEN_CODE if viewer.is_staff and viewer != SYSTEM else self.code


class Fulfillment(Entity, frozen=True, kw_only=True):
    """Goods of one order on their way from one location."""

    order_id: OrderId
    customer_id: CustomerId | None = None
    channel_id: ChannelId
    location_id: LocationId
    location_ids: tuple[LocationId, ...]
    mode: DeliveryMode
    state: FulfillmentState
    lines: tuple[FulfillmentLine, ...]
    tracking: tuple[Tracking, ...] = ()
    pickup: PickupTicket | None = None

    @property
    def allowed(self) -> list[FulfillmentState]:
        """The states that may follow, in the order of life."""
        following = FULFILLMENT_STEPS.get(self.state, frozenset())
        return [state for state in FulfillmentState if state in following]


class PackedLine(Struct, frozen=True):
    """Units of a fulfillment beside the order line that they are of."""

    order_line: OrderLine
    quantity: int


def packed(fulfillment: Fulfillment, order: Order) -> list[PackedLine]:
    """The lines of `fulfillment`, which is one of `order`'s."""
    by_id = {line.id: line for line in order.lines}
    return [PackedLine(by_id[line.line_id], line.quantity) for line in fulfillment.lines]

"""Goods on their way back. A return (goods), a disposition and a refund (money) are three facts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.ids import (
    ChannelId,
    CustomerId,
    LocationId,
    OrderId,
    OrderLineId,
)
from domain.money import Money
from domain.orders.order import Order, OrderLine
from domain.values import Count, Entity


class ReturnState(StrEnum):
    """Where goods on their way back are."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    IN_TRANSIT = "IN_TRANSIT"
    RECEIVED = "RECEIVED"
    INSPECTED = "INSPECTED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


ENDED_RETURNS = frozenset({ReturnState.DECLINED, ReturnState.CLOSED, ReturnState.CANCELLED})


class DispositionKind(StrEnum):
    """Where returned goods went."""

    RESTOCK = "RESTOCK"
    QUARANTINE = "QUARANTINE"
    SCRAP = "SCRAP"
    SEND_ON = "SEND_ON"
    KEEP_BY_CUSTOMER = "KEEP_BY_CUSTOMER"
    MISSING = "MISSING"


class Disposition(Struct, frozen=True):
    """Where returned units went; independent of whether money went back."""

    kind: DispositionKind
    quantity: Count
    location_id: LocationId
    at: datetime


class ReturnLine(Struct, frozen=True):
    """Units of an order line on their way back, and what they are worth."""

    line_id: OrderLineId
    quantity: Count
    reason: str
    creditable: Money
    dispositions: tuple[Disposition, ...] = ()


class Return(Entity, frozen=True, kw_only=True):
    """Goods of one order on their way back."""

    order_id: OrderId
    customer_id: CustomerId | None = None
    channel_id: ChannelId
    location_id: LocationId | None = None
    location_ids: tuple[LocationId, ...] = ()
    state: ReturnState
    lines: tuple[ReturnLine, ...]


class ReturnedLine(Struct, frozen=True):
    """Units of a return beside the order line that they are of."""

    order_line: OrderLine
    line: ReturnLine

    @property
    def quantity(self) -> int:
        return self.line.quantity

    @property
    def reason(self) -> str:
        return self.line.reason

    @property
    def creditable(self) -> Money:
        return self.line.creditable

    @property
    def dispositions(self) -> tuple[Disposition, ...]:
        return self.line.dispositions


def returned(one: Return, order: Order) -> list[ReturnedLine]:
    """The lines of a return, which is one of `order`'s."""
    by_id = {line.id: line for line in order.lines}
    return [ReturnedLine(by_id[line.line_id], line) for line in one.lines]

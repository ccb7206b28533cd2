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
from domain.values import Entity


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
    quantity: int
    location_id: LocationId
    at: datetime


class ReturnLine(Struct, frozen=True):
    """Units of an order line on their way back, and what they are worth."""

    line_id: OrderLineId
    quantity: int
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

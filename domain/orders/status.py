"""Statuses are functions of lines, payments and returns, so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from msgspec import Struct

from domain import payments
from domain.money import Money
from domain.orders.order import Order
from domain.orders.returns import ENDED_RETURNS, Return
from domain.payments import Payment, PaymentState


class PaymentStatus(StrEnum):
    """How far an order is paid; computed from its payments."""

    NONE = "NONE"
    PENDING = "PENDING"
    PARTLY_SECURED = "PARTLY_SECURED"
    SECURED = "SECURED"
    PARTLY_PAID = "PARTLY_PAID"
    PAID = "PAID"
    OVERPAID = "OVERPAID"
    PARTLY_REFUNDED = "PARTLY_REFUNDED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"


class FulfillmentStatus(StrEnum):
    """How far the goods are; computed from the buckets of the lines."""

    UNSOURCED = "UNSOURCED"
    SOURCED = "SOURCED"
    IN_PROGRESS = "IN_PROGRESS"
    PARTIAL = "PARTIAL"
    DONE = "DONE"
    NOT_NEEDED = "NOT_NEEDED"


class ReturnStatus(StrEnum):
    """How much came back; computed from the lines and the open returns."""

    NONE = "NONE"
    OPEN = "OPEN"
    PARTIAL = "PARTIAL"
    FULL = "FULL"


class OrderBalance(Struct, frozen=True):
    """What was promised, paid and given back over all tenders of an order."""

    due: Money
    secured: Money
    captured: Money
    refunded: Money
    refund_pending: Money
    disputed: Money

    @property
    def outstanding(self) -> Money:
        rest = self.due - self.secured
        return rest if rest.minor > 0 else Money(0, rest.currency)

    @property
    def refundable(self) -> Money:
        return self.captured - self.disputed - self.refunded - self.refund_pending


def balance(order: Order, tenders: Iterable[Payment]) -> OrderBalance:
    """Add up the payments of an order."""
    sums = payments.summed(tenders, order.currency)
    return OrderBalance(
        due=order.due,
        secured=sums["authorised"] - sums["cancelled"],
        captured=sums["captured"],
        refunded=sums["refunded"],
        refund_pending=sums["refund_pending"],
        disputed=sums["disputed"],
    )


def payment_status(order: Order, tenders: Collection[Payment]) -> PaymentStatus:
    """How far the order is paid."""
    sums = balance(order, tenders)
    if sums.disputed.minor:
        return PaymentStatus.DISPUTED
    if sums.refunded.minor:
        return _refund_status(sums)
    if sums.captured.minor:
        return _paid_status(sums)
    if sums.secured.minor:
        return PaymentStatus.PARTLY_SECURED if sums.outstanding.minor else PaymentStatus.SECURED
    pending = any(tender.state is PaymentState.PENDING for tender in tenders)
    return PaymentStatus.PENDING if pending else PaymentStatus.NONE


def _refund_status(sums: OrderBalance) -> PaymentStatus:
    return (
        PaymentStatus.REFUNDED if sums.captured <= sums.refunded else PaymentStatus.PARTLY_REFUNDED
    )


def _paid_status(sums: OrderBalance) -> PaymentStatus:
    if sums.captured < sums.due:
        return PaymentStatus.PARTLY_PAID
    return PaymentStatus.OVERPAID if sums.due < sums.captured else PaymentStatus.PAID


def fulfillment_status(order: Order) -> FulfillmentStatus:
    """How far the goods are, over all lines."""
    unsourced = allocated = in_hand = handed_over = 0
    for line in order.lines:
        unsourced += line.unsourced
        allocated += line.allocated
        in_hand += line.in_hand
        handed_over += line.handed_over
    if handed_over:
        rest = unsourced + allocated + in_hand
        return FulfillmentStatus.PARTIAL if rest else FulfillmentStatus.DONE
    if in_hand:
        return FulfillmentStatus.IN_PROGRESS
    if unsourced:
        return FulfillmentStatus.UNSOURCED
    return FulfillmentStatus.SOURCED if allocated else FulfillmentStatus.NOT_NEEDED


def return_status(order: Order, returns: Iterable[Return]) -> ReturnStatus:
    """How much came back, or is about to."""
    if any(one.state not in ENDED_RETURNS for one in returns):
        return ReturnStatus.OPEN
    returned = sum(line.returned for line in order.lines)
    if not returned:
        return ReturnStatus.NONE
    handed_over = sum(line.handed_over for line in order.lines)
    return ReturnStatus.FULL if returned >= handed_over else ReturnStatus.PARTIAL

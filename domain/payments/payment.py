"""A payment, its refunds, and the lists of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain import freshness, money
from domain.freshness import KASSA, Confirmed, Freshness
from domain.ids import (
    ChannelId,
    CustomerId,
    LocationId,
    OrderId,
    PaymentLinkId,
    RefundId,
    refund_of,
)
from domain.money import Currency, Money
from domain.pages import Ordering
from domain.payments.cards import Card
from domain.payments.folding import SUMS, PaymentState, Standing
from domain.payments.operations import OperationKind, PaymentOperation
from domain.values import Entity, ExternalRef, MinorUnits


class TenderKind(StrEnum):
    """With what a customer pays."""

    CARD = "CARD"
    WALLET = "WALLET"
    BANK_REDIRECT = "BANK_REDIRECT"
    DIRECT_DEBIT = "DIRECT_DEBIT"
    INVOICE = "INVOICE"
    CASH = "CASH"
    GIFT_CARD = "GIFT_CARD"
    STORE_CREDIT = "STORE_CREDIT"
    POINTS = "POINTS"


class CardPresence(StrEnum):
    """Was the card at the terminal?"""

    PRESENT = "PRESENT"
    NOT_PRESENT = "NOT_PRESENT"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Payment(Entity, frozen=True, kw_only=True):
    """What a customer owes through one tender, and what became of it.

    `standing` is `fold(operations)`, kept beside them so that it can be searched and guarded.
    `observed_at` says how old what a channel told is, and `confirmed` that it was asked since;
    `order_ref` names the order in its words. `payer_key` is a channel's account of who pays
    (`channel:ref`), `payer_id` whose that is. `link_id` is the link that it came by.
    """

    order_id: OrderId | None = None
    customer_id: CustomerId | None = None
    channel_id: ChannelId
    location_ids: tuple[LocationId, ...] = ()
    created_at: datetime
    tender: TenderKind
    provider: str
    merchant_account: str
    presence: CardPresence
    minor: MinorUnits
    currency: Currency
    operations: tuple[PaymentOperation, ...] = ()
    standing: Standing = Standing()
    refs: tuple[ExternalRef, ...] = ()
    observed_at: datetime | None = None
    order_ref: str | None = None
    payer_key: str | None = None
    payer_id: CustomerId | None = None
    card: Card | None = None
    confirmed: Confirmed | None = None
    link_id: PaymentLinkId | None = None

    @property
    def told_at(self) -> datetime | None:
        """How old what its provider told is; None: nobody told it but Kassa's own clients."""
        return freshness.told_at(self.observed_at, self.confirmed, self.version)

    def freshness(self, now: datetime) -> Freshness:
        return freshness.graded(self.provider if self.told_at else KASSA, self.told_at or now, now)

    def _money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    @property
    def state(self) -> PaymentState:
        return self.standing.state

    @property
    def amount(self) -> Money:
        return self._money(self.minor)

    @property
    def authorised(self) -> Money:
        return self._money(self.standing.authorised)

    @property
    def captured(self) -> Money:
        return self._money(self.standing.captured)

    @property
    def cancelled(self) -> Money:
        return self._money(self.standing.cancelled)

    @property
    def refunded(self) -> Money:
        return self._money(self.standing.refunded)

    @property
    def refund_pending(self) -> Money:
        return self._money(self.standing.refund_pending)

    @property
    def disputed(self) -> Money:
        return self._money(self.standing.disputed)

    @property
    def refundable(self) -> Money:
        return self._money(self.standing.refundable)


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back: one refund operation, seen from the order."""

    id: RefundId
    payment: Payment
    operation: PaymentOperation

    @property
    def amount(self) -> Money:
        return self.operation.amount

    @property
    def reason(self) -> str | None:
        return self.operation.reason

    @property
    def initiated_in_id(self) -> ChannelId:
        """Where it was asked for: often not where the money was taken."""
        return self.operation.requested_by.channel_id or self.payment.channel_id


class PaymentQuery(Struct, frozen=True):
    """Which payments a list shows; none given means all."""

    providers: tuple[str, ...] | None = None
    channels: tuple[ChannelId, ...] | None = None
    states: tuple[PaymentState, ...] | None = None
    since: datetime | None = None
    customer: CustomerId | None = None
    location: LocationId | None = None


NEWEST_FIRST = Ordering("payments", ("created_at", "id"), (datetime, str), descending=True)


def refunds_of(payment: Payment) -> list[Refund]:
    """The payment's refund operations as refunds."""
    return [
        Refund(id=refund_of(operation.id), payment=payment, operation=operation)
        for operation in payment.operations
        if operation.kind is OperationKind.REFUND
    ]


def summed(payments: Iterable[Payment], currency: Currency) -> dict[str, Money]:
    """The derived amounts of several payments of one order, by name."""
    payments = list(payments)
    return {
        name: money.total((getattr(payment, name) for payment in payments), currency)
        for name in SUMS
    }

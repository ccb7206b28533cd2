"""Payments: a fold over what was asked of providers, in any order, any number of times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from domain import money
from domain.ids import (
    ChannelId,
    CustomerId,
    LocationId,
    OperationId,
    OrderId,
    RefundId,
    ReturnId,
    refund_of,
)
from domain.money import Currency, Money
from domain.pages import Ordering
from domain.values import Actor, Entity, ExternalRef, MinorUnits


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


class PaymentState(StrEnum):
    """Where a payment stands; computed from its operations."""

    CREATED = "CREATED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    PENDING = "PENDING"
    AUTHORISED = "AUTHORISED"
    PARTLY_CAPTURED = "PARTLY_CAPTURED"
    CAPTURED = "CAPTURED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    PARTLY_REFUNDED = "PARTLY_REFUNDED"
    REFUNDED = "REFUNDED"
    CHARGED_BACK = "CHARGED_BACK"


class OperationKind(StrEnum):
    """What was asked of the provider."""

    AUTHORISE = "AUTHORISE"
    ADJUST = "ADJUST"
    CAPTURE = "CAPTURE"
    CANCEL = "CANCEL"
    REFUND = "REFUND"
    CHARGEBACK = "CHARGEBACK"
    CHARGEBACK_REVERSAL = "CHARGEBACK_REVERSAL"


class OperationPhase(StrEnum):
    """How far it got; phases only climb. UNKNOWN: the provider did not say; it is asked again."""

    REQUESTED = "REQUESTED"
    UNKNOWN = "UNKNOWN"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"
    REVERSED = "REVERSED"


RANK = MappingProxyType({phase: rank for rank, phase in enumerate(OperationPhase)})
PENDING_PHASES = frozenset({OperationPhase.REQUESTED, OperationPhase.UNKNOWN})


class PaymentOperation(Struct, frozen=True, kw_only=True):
    """One thing asked of a provider, and what became of it."""

    id: OperationId
    kind: OperationKind
    phase: OperationPhase
    minor: MinorUnits
    currency: Currency
    idempotency_key: str
    requested_by: Actor
    occurred_at: datetime
    provider_ref: str | None = None
    original_ref: str | None = None
    source_events: tuple[str, ...] = ()
    settled_at: datetime | None = None
    decline_code: str | None = None
    reason: str | None = None
    return_id: ReturnId | None = None

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)


SUMS = ("authorised", "captured", "cancelled", "refunded", "refund_pending", "disputed")


class Standing(Struct, frozen=True):
    """What the operations add up to, in minor units of the payment's currency."""

    state: PaymentState = PaymentState.CREATED
    authorised: MinorUnits = 0
    captured: MinorUnits = 0
    cancelled: MinorUnits = 0
    refunded: MinorUnits = 0
    refund_pending: MinorUnits = 0
    disputed: MinorUnits = 0

    @property
    def refundable(self) -> int:
        return self.captured - self.disputed - self.refunded - self.refund_pending


class Payment(Entity, frozen=True, kw_only=True):
    """What a customer owes through one tender, and what became of it.

    `standing` is `fold(operations)`, kept beside them so that it can be searched and guarded.
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


NEWEST_FIRST = Ordering("payments", ("created_at", "id"), (datetime, str), descending=True)


def fold(operations: Iterable[PaymentOperation]) -> Standing:
    """What the operations add up to; their order and repetition do not matter."""
    latest: dict[OperationId, PaymentOperation] = {}
    for operation in operations:
        known = latest.get(operation.id)
        if known is None or _progress(operation) > _progress(known):
            latest[operation.id] = operation
    return _standing(list(latest.values()))


def _progress(operation: PaymentOperation) -> tuple[int, datetime, int]:
    # Two reports of the same phase: the later one counts, whichever came first.
    return RANK[operation.phase], operation.occurred_at, operation.minor


def _standing(operations: list[PaymentOperation]) -> Standing:
    def done(*kinds: OperationKind) -> int:
        return _sum(operations, kinds, frozenset({OperationPhase.SUCCEEDED}))

    captured = done(OperationKind.CAPTURE)
    # Cash and single-step sales are captured without a word of authorisation. So are those whose
    # authorisation failed, or is not yet heard of: an attempt never touches another.
    sums = Standing(
        authorised=done(OperationKind.AUTHORISE, OperationKind.ADJUST) or captured,
        captured=captured,
        cancelled=done(OperationKind.CANCEL),
        refunded=done(OperationKind.REFUND),
        refund_pending=_sum(operations, (OperationKind.REFUND,), PENDING_PHASES),
        # A reversal may be heard of before what it reverses.
        disputed=max(0, done(OperationKind.CHARGEBACK) - done(OperationKind.CHARGEBACK_REVERSAL)),
    )
    phases = frozenset(operation.phase for operation in operations)
    return replace(sums, state=_state(sums, phases))


def _sum(
    operations: Iterable[PaymentOperation],
    kinds: tuple[OperationKind, ...],
    phases: frozenset[OperationPhase],
) -> int:
    return sum(o.minor for o in operations if o.kind in kinds and o.phase in phases)


def _state(sums: Standing, phases: frozenset[OperationPhase]) -> PaymentState:
    if sums.captured:
        return _captured_state(sums)
    if sums.authorised:
        return (
            PaymentState.CANCELLED if sums.cancelled >= sums.authorised else PaymentState.AUTHORISED
        )
    if phases & PENDING_PHASES:
        return PaymentState.PENDING
    return PaymentState.DECLINED if OperationPhase.FAILED in phases else PaymentState.CREATED


def _captured_state(sums: Standing) -> PaymentState:
    if sums.disputed >= sums.captured:
        return PaymentState.CHARGED_BACK
    if sums.refunded >= sums.captured:
        return PaymentState.REFUNDED
    if sums.refunded:
        return PaymentState.PARTLY_REFUNDED
    if sums.captured + sums.cancelled < sums.authorised:
        return PaymentState.PARTLY_CAPTURED
    return PaymentState.CAPTURED


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

"""The fold: what operations add up to, in any order, any number of times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.ids import OperationId
from domain.payments.operations import (
    PENDING_PHASES,
    RANK,
    OperationKind,
    OperationPhase,
    PaymentOperation,
)
from domain.values import MinorUnits

MOST_EVENTS = 100


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


def fold(operations: Iterable[PaymentOperation]) -> Standing:
    """What the operations add up to; their order and repetition do not matter."""
    latest: dict[OperationId, PaymentOperation] = {}
    for operation in operations:
        known = latest.get(operation.id)
        if known is None or _progress(operation) > _progress(known):
            latest[operation.id] = operation
    return _standing(list(latest.values()))


def joined(known: PaymentOperation, news: PaymentOperation) -> PaymentOperation:
    """Two reports of one operation as one: who got further counts, whichever came first."""
    further = news if _progress(news) > _progress(known) else known
    events = sorted({*known.source_events, *news.source_events})[:MOST_EVENTS]
    return replace(
        further,
        id=known.id,
        idempotency_key=known.idempotency_key,
        requested_by=known.requested_by,
        provider_ref=known.provider_ref or news.provider_ref,
        original_ref=known.original_ref or news.original_ref,
        source_events=tuple(events),
        reason=known.reason or news.reason,
        return_id=known.return_id or news.return_id,
    )


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

"""What the journal tells of a payment: one entry for each change."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.journal import Happening, Scalar
from domain.payments.folding import SUMS
from domain.payments.operations import OperationKind, OperationPhase, PaymentOperation
from domain.payments.payment import Payment
from domain.payments.recording import Recorded, Report

_K, _P = OperationKind, OperationPhase

TYPES: Mapping[tuple[OperationKind, OperationPhase], str] = MappingProxyType(
    {
        (_K.AUTHORISE, _P.REQUESTED): "AuthorisationRequested",
        (_K.AUTHORISE, _P.SUCCEEDED): "PaymentAuthorised",
        (_K.AUTHORISE, _P.REVERSED): "AuthorisationReversed",
        (_K.ADJUST, _P.REQUESTED): "AdjustmentRequested",
        (_K.ADJUST, _P.SUCCEEDED): "AuthorisationAdjusted",
        (_K.ADJUST, _P.REVERSED): "AdjustmentReversed",
        (_K.CAPTURE, _P.REQUESTED): "CaptureRequested",
        (_K.CAPTURE, _P.SUCCEEDED): "PaymentCaptured",
        (_K.CAPTURE, _P.REVERSED): "CaptureReversed",
        (_K.CANCEL, _P.REQUESTED): "CancellationRequested",
        (_K.CANCEL, _P.SUCCEEDED): "PaymentCancelled",
        (_K.CANCEL, _P.REVERSED): "CancellationReversed",
        (_K.REFUND, _P.REQUESTED): "RefundRequested",
        (_K.REFUND, _P.SUCCEEDED): "PaymentRefunded",
        (_K.REFUND, _P.REVERSED): "RefundReversed",
        (_K.CHARGEBACK, _P.REQUESTED): "ChargebackAnnounced",
        (_K.CHARGEBACK, _P.SUCCEEDED): "PaymentChargedBack",
        (_K.CHARGEBACK, _P.REVERSED): "ChargebackWithdrawn",
        (_K.CHARGEBACK_REVERSAL, _P.REQUESTED): "ChargebackContested",
        (_K.CHARGEBACK_REVERSAL, _P.SUCCEEDED): "ChargebackReversed",
        (_K.CHARGEBACK_REVERSAL, _P.REVERSED): "ChargebackRestored",
        **{(kind, _P.FAILED): "OperationFailed" for kind in OperationKind},
        **{(kind, _P.UNKNOWN): "OperationUnknown" for kind in OperationKind},
    }
)
"""What it is called that an operation of a kind got so far."""

SAME_PHASE = "OperationReported"
"""Something became known of an operation that got no further by it."""


def told(recorded: Recorded, report: Report) -> Happening:
    """What there is to tell of a change."""
    after, operation, known = recorded.after, recorded.operation, recorded.known
    owners = (after.order_id, after.customer_id)
    return Happening(
        seq=after.version,
        type=TYPES[operation.kind, operation.phase] if recorded.has_moved else SAME_PHASE,
        at=operation.occurred_at,
        actor=report.actor,
        cause=report.cause,
        changes={
            **_begun(recorded),
            **_sums(recorded.before, after),
            **_steps(recorded.absorbed, None),
            **_steps(known, operation),
        },
        subjects=(report.cause, *(owner for owner in owners if owner)),
    )


def _begun(recorded: Recorded) -> Mapping[str, tuple[Scalar, Scalar]]:
    if recorded.before.version:
        was, now = recorded.before.minor, recorded.after.minor
        return {"amount": (was, now)} if was != now else {}
    return {
        "amount": (0, recorded.after.minor),
        "currency": (None, recorded.after.currency),
    }


def _sums(before: Payment, after: Payment) -> Mapping[str, tuple[Scalar, Scalar]]:
    """The sums that changed, in minor units, and the state if it did."""
    pairs = {name: (getattr(before.standing, name), getattr(after.standing, name)) for name in SUMS}
    states = {"state": (before.state.value, after.state.value)}
    return {name: (was, now) for name, (was, now) in {**pairs, **states}.items() if was != now}


def _steps(
    known: PaymentOperation | None, operation: PaymentOperation | None
) -> Mapping[str, tuple[Scalar, Scalar]]:
    """What became of an operation, by its id; without one now, it became part of another."""
    either = operation or known
    if either is None:
        return {}
    pairs: Mapping[str, tuple[Scalar, Scalar]] = {
        either.id: (known and known.phase.value, operation and operation.phase.value),
        f"{either.id}_kind": (known and known.kind.value, operation and operation.kind.value),
        f"{either.id}_minor": (known and known.minor, operation and operation.minor),
    }
    return {name: (was, now) for name, (was, now) in pairs.items() if was != now}

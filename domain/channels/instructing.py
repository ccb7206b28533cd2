"""What a provider is told to do with a payment: whether it may be, and what is kept of it.

An instruction is kept before it is sent, and until its outcome is known. It is sent under the id of
its operation, at most for an hour, and always the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec
from msgspec import Struct

from domain import ids, payments
from domain.channels.abilities import Writing
from domain.channels.answers import Instruction
from domain.ids import Kind, OperationId, PaymentId
from domain.incidents import IncidentKind
from domain.money import Money
from domain.payments import (
    OperationKind,
    OperationPhase,
    Payment,
    PaymentOperation,
    PaymentState,
    Recorded,
    Report,
)
from domain.refusals import IllegalTransition, ProviderCannot
from domain.values import Actor, ActorKind, Count

HEAD_START = timedelta(seconds=20)
"""So long may who keeps an instruction send it, before a worker asks what came of it."""

LEASE = timedelta(seconds=30)
"""So long may a worker take before others think that it died."""

PATIENCE = timedelta(hours=1)
"""After that nothing is sent any more, and a person has to look."""

LONGEST_WHY = 300
LONGEST_PAUSE = timedelta(minutes=10)
ACCEPTED_PAUSE = timedelta(hours=1)
"""Before a provider is asked again that has said that it will tell."""

KINDS: Mapping[Writing, OperationKind] = MappingProxyType(
    {
        Writing.CAPTURE: OperationKind.CAPTURE,
        Writing.CANCEL: OperationKind.CANCEL,
        Writing.REFUND: OperationKind.REFUND,
    }
)

_S = PaymentState
PROMISED = frozenset({_S.AUTHORISED, _S.PARTLY_CAPTURED})
TAKEN = frozenset(
    {_S.CAPTURED, _S.PARTLY_CAPTURED, _S.PARTLY_REFUNDED, _S.REFUNDED, _S.CHARGED_BACK}
)
FROM: Mapping[Writing, frozenset[PaymentState]] = MappingProxyType(
    {Writing.CAPTURE: PROMISED, Writing.CANCEL: PROMISED, Writing.REFUND: TAKEN}
)
"""In which states a payment may be told to do what; how much, its sums say."""

TOWARDS: Mapping[Writing, PaymentState] = MappingProxyType(
    {
        Writing.CAPTURE: _S.CAPTURED,
        Writing.CANCEL: _S.CANCELLED,
        Writing.REFUND: _S.REFUNDED,
    }
)

BUILDS_ON: Mapping[Writing, OperationKind] = MappingProxyType(
    {
        Writing.CAPTURE: OperationKind.AUTHORISE,
        Writing.CANCEL: OperationKind.AUTHORISE,
        Writing.REFUND: OperationKind.CAPTURE,
    }
)


CAME_TO_NOTHING = frozenset({OperationPhase.FAILED, OperationPhase.REVERSED})


class InstructionState(StrEnum):
    """OPEN: nobody knows what came of it; ACCEPTED: the provider will tell; CLOSED: it is known."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"


class Instructed(Struct, frozen=True, kw_only=True):
    """An instruction as it is kept. `due`: from then on it is asked what came of it."""

    id: OperationId = msgspec.field(name="_id")
    payment_id: PaymentId
    kind: Writing
    told: Instruction
    asked_at: datetime
    due: datetime | None
    state: InstructionState = InstructionState.OPEN
    attempts: Count = 0
    why: str | None = None


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody wants to have done. Without an amount: all that is still promised."""

    kind: Writing
    payment_id: PaymentId
    amount: Money | None = None
    reason: str | None = None


def operation_id(cause: str) -> OperationId:
    """The operation of a request: the same, however often it is carried out."""
    return OperationId(ids.derived(Kind.OPERATION, cause))


def request(payment: Payment, wanted: Wanted, cause: str, actor: Actor) -> Report:
    """The operation that is asked for, to be recorded before anybody is told.

    Raises:
        IllegalTransition: nothing of the payment can be taken, let go or given back any more, or
            not yet.
        ProviderCannot: its provider's name for it is not known.
    """
    if payment.state not in FROM[wanted.kind] or _is_all_asked_for(payment, wanted):
        raise IllegalTransition(
            path=("payment",),
            from_state=payment.state,
            to_state=TOWARDS[wanted.kind],
        )
    if name_of(payment) is None:
        why = f"It is not known what {payment.provider} calls this payment."
        raise ProviderCannot(path=("payment",), why=why)
    return Report(
        kind=KINDS[wanted.kind],
        phase=OperationPhase.REQUESTED,
        cause=cause,
        actor=actor,
        amount=wanted.amount or payments.still_promised(payment),
        original_ref=_built_upon(payment, wanted.kind),
        reason=wanted.reason,
        key=operation_id(cause),
    )


def _is_all_asked_for(payment: Payment, wanted: Wanted) -> bool:
    return wanted.amount is None and payments.still_promised(payment).minor == 0


def name_of(payment: Payment) -> str | None:
    """The provider's own name for a payment."""
    found = (ref for ref in payment.refs if (ref.system, ref.kind) == (payment.provider, "payment"))
    return next((ref.value for ref in found), None)


def _built_upon(payment: Payment, kind: Writing) -> str | None:
    """The provider's name for the last operation that this one builds upon."""
    done = [
        each.provider_ref
        for each in payment.operations
        if each.kind is BUILDS_ON[kind] and each.phase is OperationPhase.SUCCEEDED
    ]
    return done[-1] if done else None


def kept(payment: Payment, operation: PaymentOperation, kind: Writing, now: datetime) -> Instructed:
    """What is kept of an operation that was asked for, as it will be sent."""
    told = Instruction(
        operation_id=operation.id,
        payment_ref=name_of(payment) or "",
        original_ref=operation.original_ref,
        amount=operation.amount,
        reason=operation.reason,
    )
    return Instructed(
        id=operation.id,
        payment_id=PaymentId(payment.id),
        kind=kind,
        told=told,
        asked_at=now,
        due=now + HEAD_START,
    )


def is_ours(operation: PaymentOperation) -> bool:
    """Did somebody have the provider told? Then it is sent under its own id."""
    is_told = operation.requested_by.kind is ActorKind.ADAPTER
    return operation.idempotency_key == operation.id and not is_told


def is_settled(operation: PaymentOperation) -> bool:
    """Is it known what came of it?"""
    return operation.phase not in payments.PENDING_PHASES


def is_accepted(operation: PaymentOperation) -> bool:
    """Has the provider a name for it? Then it has it, and will tell."""
    return operation.provider_ref is not None


def is_doubtful(operation: PaymentOperation) -> bool:
    """Does nobody know whether the provider does it?"""
    return not is_settled(operation) and not is_accepted(operation)


def state_of(operation: PaymentOperation) -> InstructionState:
    if is_settled(operation):
        return InstructionState.CLOSED
    return InstructionState.ACCEPTED if is_accepted(operation) else InstructionState.OPEN


def is_due(kept: Instructed, now: datetime) -> bool:
    """May a worker be at it?"""
    return kept.due is None or kept.due <= now


def is_stale(kept: Instructed, now: datetime) -> bool:
    """Is it too late to send it?"""
    return now - kept.asked_at > PATIENCE


def alarm(recorded: Recorded) -> IncidentKind | None:
    """What somebody has to look at, if an operation got there without anybody waiting for it."""
    operation = recorded.operation
    if not recorded.has_moved or operation.phase not in CAME_TO_NOTHING:
        return None
    return kind_of(operation)


def kind_of(operation: PaymentOperation) -> IncidentKind | None:
    """As what somebody is told of an operation that came to nothing, if anybody is."""
    if operation.kind is OperationKind.REFUND:
        return IncidentKind.REFUND_FAILED
    return IncidentKind.OPERATION_FAILED if is_ours(operation) else None


def relieved(recorded: Recorded) -> PaymentOperation | None:
    """An operation of which it was said that it came to nothing, and that has not.

    It succeeded after all; or it became part of another, of which the same is said by now.
    """
    if recorded.absorbed and recorded.absorbed.phase in CAME_TO_NOTHING:
        return recorded.absorbed
    known, operation = recorded.known, recorded.operation
    was_nothing = known is not None and known.phase in CAME_TO_NOTHING
    return known if was_nothing and operation.phase not in CAME_TO_NOTHING else None


def pause(attempts: int, state: InstructionState) -> timedelta:
    """How long to wait before it is asked again: twice as long each time."""
    if state is InstructionState.ACCEPTED:
        return ACCEPTED_PAUSE
    return min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_PAUSE)

"""Operations that came to nothing, or of which nobody knows, are incidents: each once."""

from __future__ import annotations

from domain import ids
from domain.channels import instructing
from domain.ids import IncidentId, Kind
from domain.incidents import Incident, IncidentKind
from domain.payments import (
    OperationPhase,
    Payment,
    PaymentLink,
    PaymentOperation,
    Recorded,
    Report,
)
from domain.ports import Stores, Work
from domain.values import SYSTEM_ACTOR, Actor

DOUBT = (
    "For an hour {provider} could not say what came of it. It is asked on; look there, under the "
    "key {key}, and do not ask for it a second time before it is known."
)
CAME_BACK = "It was to be given back, and did not arrive: the money is with us again."
LATE = (
    "{amount} {currency} came by the link {link}, which had ended. The money is taken, and counts "
    "for its order; see whether that was paid twice, and give back what is too much."
)
NOT_DONE = "It was not done, and {provider} was asked for it before somebody was told."
HEARD = "Whoever asked for it was told."
AFTER_ALL = "It was told too early: how it stands by now, the payment says."


async def alarm(work: Work, recorded: Recorded, report: Report) -> None:
    """Have somebody look at an operation that came to nothing, within the same change.

    Nobody has to any more if that was told too early, or of what is part of another operation. So
    what is open says how things stand, whatever was told first.
    """
    payment, operation = recorded.after, recorded.operation
    if gone := instructing.relieved(recorded):
        await _relieve(work, payment, gone, report, AFTER_ALL)
    if kind := instructing.alarm(recorded):
        says = CAME_BACK if kind is IncidentKind.REFUND_FAILED else NOT_DONE
        await work.alarm(_incident(kind, payment, operation, says, report.actor))


async def heard(work: Work, recorded: Recorded, report: Report) -> None:
    """Whoever asked for it waits for this answer: nobody else has to look, within the same change.

    A webhook may have been faster than the answer.
    """
    payment, operation = recorded.after, recorded.operation
    if gone := instructing.relieved(recorded):
        await _relieve(work, payment, gone, report, AFTER_ALL)
    if operation.phase is OperationPhase.FAILED:
        await _relieve(work, payment, operation, report, HEARD)


async def _relieve(
    work: Work, payment: Payment, operation: PaymentOperation, report: Report, why: str
) -> None:
    """Nobody has to look at an operation any more."""
    if kind := instructing.kind_of(operation):
        subject = _subject(payment, operation)
        await work.relieve(kind, subject, report.actor, why, report.cause)


async def doubt(stores: Stores, payment: Payment, operation: PaymentOperation) -> None:
    """Have somebody look at an operation of which nobody knows what came of it."""
    found = _incident(IncidentKind.OUTCOME_UNKNOWN, payment, operation, DOUBT, SYSTEM_ACTOR)
    await stores.transaction(lambda work: work.alarm(found))


async def late(stores: Stores, link: PaymentLink, payment: Payment) -> None:
    """Have somebody look at money that came by a link that had ended; once for each payment."""
    taken = payment.captured
    found = Incident(
        id=IncidentId(ids.derived(Kind.INCIDENT, payment.id, IncidentKind.LATE_PAYMENT)),
        updated_at=payment.updated_at,
        kind=IncidentKind.LATE_PAYMENT,
        subject=f"{link.id}/{payment.id}",
        detail=LATE.format(amount=taken.amount, currency=taken.currency, link=link.id),
        opened_at=payment.updated_at,
        opened_by=SYSTEM_ACTOR,
        channel_id=payment.channel_id,
    )
    await stores.transaction(lambda work: work.alarm(found))


def _subject(payment: Payment, operation: PaymentOperation) -> str:
    return f"{payment.id}/{operation.id}"


def _incident(
    kind: IncidentKind,
    payment: Payment,
    operation: PaymentOperation,
    says: str,
    by_whom: Actor,
) -> Incident:
    amount, code = operation.amount, operation.decline_code
    what = f"{operation.kind} of {amount.amount} {amount.currency}"
    why = f" ({code})" if code else ""
    says = says.format(provider=payment.provider, key=operation.idempotency_key)
    return Incident(
        id=IncidentId(ids.derived(Kind.INCIDENT, operation.id, kind, operation.phase)),
        updated_at=payment.updated_at,
        kind=kind,
        subject=_subject(payment, operation),
        detail=f"{what}{why}: {says}",
        opened_at=payment.updated_at,
        opened_by=by_whom,
        channel_id=payment.channel_id,
    )

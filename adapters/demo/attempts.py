"""Operations: what was asked of a provider for one tender, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from adapters.demo.dice import READABLE, Dice
from adapters.demo.orders import Ticket
from adapters.demo.parcels import staff
from adapters.demo.returns import Credit
from domain.ids import Kind, OperationId
from domain.payments import OperationKind, OperationPhase, PaymentOperation
from domain.values import Actor, ActorKind

_K, _P = OperationKind, OperationPhase

SILENT = frozenset({_P.REQUESTED, _P.UNKNOWN})
MOVES_MONEY = frozenset({_K.CAPTURE, _K.REFUND})
DECLINES = ("insufficient_funds", "do_not_honour", "expired_card", "authentication_failed")
REFUND_REFUSED = "account_closed"
SETTLES_AFTER = timedelta(days=2)


class Step(Struct, frozen=True):
    """What was asked, how far it got, and when, in per cent of the sale."""

    kind: OperationKind
    phase: OperationPhase
    percent: int


class Attempt(Struct, frozen=True):
    """One tender at its provider: `whole` minor units asked for, of which `captured` are taken."""

    ticket: Ticket
    provider: str
    is_at_once: bool
    started_at: datetime
    whole: int
    captured: int
    until: datetime


def operations(
    dice: Dice, attempt: Attempt, steps: Sequence[Step], credits: Sequence[Credit]
) -> Iterator[PaymentOperation]:
    """The steps, then the refunds of what was captured."""
    first: str | None = None
    last: str | None = None
    for turn, step in enumerate(steps):
        made = _step(dice, attempt, step, turn, first if step.kind is _K.CAPTURE else last)
        last = made.provider_ref
        first = first or last
        yield made
    for credit in credits:
        yield _refund(dice, attempt, credit, last)


def _step(
    dice: Dice, attempt: Attempt, step: Step, turn: int, original: str | None
) -> PaymentOperation:
    at = _moment(attempt, step, turn)
    is_capture, is_silent = step.kind is _K.CAPTURE, step.phase in SILENT
    operation_id = OperationId(dice.id(Kind.OPERATION, at))
    return PaymentOperation(
        id=operation_id,
        kind=step.kind,
        phase=step.phase,
        minor=attempt.captured if is_capture else attempt.whole,
        currency=attempt.ticket.order.currency,
        idempotency_key=operation_id,
        requested_by=_asker(attempt, step.kind),
        occurred_at=at,
        provider_ref=None if is_silent else _reference(dice, attempt),
        original_ref=original,
        source_events=() if is_silent else _events(dice, attempt),
        settled_at=_settled(attempt, step, at),
        decline_code=dice.one(DECLINES) if step.phase is _P.FAILED else None,
    )


def _refund(dice: Dice, attempt: Attempt, credit: Credit, original: str | None) -> PaymentOperation:
    step, is_silent = Step(_K.REFUND, credit.phase, 96), credit.phase in SILENT
    operation_id = OperationId(dice.id(Kind.OPERATION, credit.at))
    return PaymentOperation(
        id=operation_id,
        kind=_K.REFUND,
        phase=credit.phase,
        minor=credit.minor,
        currency=attempt.ticket.order.currency,
        idempotency_key=operation_id,
        requested_by=_asker(attempt, _K.REFUND),
        occurred_at=credit.at,
        provider_ref=None if is_silent else _reference(dice, attempt),
        original_ref=original,
        source_events=() if is_silent else _events(dice, attempt),
        settled_at=_settled(attempt, step, credit.at),
        decline_code=REFUND_REFUSED if credit.phase is _P.FAILED else None,
        reason=credit.reason,
        return_id=credit.return_id,
    )


def _moment(attempt: Attempt, step: Step, turn: int) -> datetime:
    """In turn at once, or when the goods were on their way."""
    soon = attempt.started_at + timedelta(seconds=2 * turn)
    return soon if attempt.is_at_once else max(soon, attempt.ticket.sale.at(step.percent))


def _asker(attempt: Attempt, kind: OperationKind) -> Actor:
    sale = attempt.ticket.sale
    if kind is _K.CHARGEBACK:
        return Actor(ActorKind.ADAPTER, attempt.provider)
    if kind is _K.REFUND and attempt.ticket.back_at:
        return staff(sale, attempt.ticket.back_at)
    if sale.is_at_till:
        return staff(sale, sale.store)
    if kind is _K.AUTHORISE:
        buyer = sale.person.id if sale.person else "guest"
        return Actor(ActorKind.SHOPPER, buyer, None, sale.channel_id)
    return Actor(ActorKind.SYSTEM, "kassa", None, sale.channel_id)


def _reference(dice: Dice, attempt: Attempt) -> str:
    return f"{attempt.provider[:2]}_{dice.text(16, READABLE)}"


def _events(dice: Dice, attempt: Attempt) -> tuple[str, ...]:
    return () if attempt.provider == "till" else (f"evt_{dice.text(14, READABLE)}",)


def _settled(attempt: Attempt, step: Step, at: datetime) -> datetime | None:
    paid_out = at + SETTLES_AFTER
    is_due = step.kind in MOVES_MONEY and step.phase is _P.SUCCEEDED and paid_out <= attempt.until
    return paid_out if is_due else None

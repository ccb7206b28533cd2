"""Money that was taken, given back, promised or refused elsewhere is written down here.

A payment is found by its id, or by the provider's names for it: whoever reports the same tender
again, under whatever key, meets what is there. What SYSTEM reports with a provider's event is a
fact, which is recorded even where a rule would forbid it to be asked for; all others ask.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from commands.payments import finding
from commands.payments.finding import Aim
from commands.payments.saving import saved
from commands.running import Call, Command
from domain import ids, payments
from domain.ids import ChannelId, OperationId, OrderId, PaymentId, RefundId, ReturnId
from domain.money import Money
from domain.payments import (
    NewTender,
    OperationKind,
    OperationPhase,
    Payment,
    Recorded,
    Report,
)
from domain.ports import Stores
from domain.refusals import refuse_any
from domain.values import whole_milliseconds
from domain.viewer import Action, Role, Viewer, permitted


class RecordPayment(Struct, frozen=True, kw_only=True):
    """An operation that was reported: of a payment that is known, or of a new one."""

    payment_id: PaymentId | None = None
    order_id: OrderId | None = None
    channel_id: ChannelId | None = None
    tender: NewTender | None = None
    operation: OperationKind = OperationKind.CAPTURE
    operation_id: OperationId | None = None
    phase: OperationPhase = OperationPhase.SUCCEEDED
    amount: Money | None = None
    provider_ref: str | None = None
    original_ref: str | None = None
    source_event: str | None = None
    occurred_at: datetime | None = None
    decline_code: str | None = None

    @property
    def aim(self) -> Aim:
        """Which payment it is about."""
        return Aim(
            self.payment_id,
            self.order_id,
            self.channel_id,
            self.tender,
            self.provider_ref,
            self.original_ref,
        )


class RecordRefund(Struct, frozen=True, kw_only=True):
    """Money that was given back, or is on its way."""

    payment_id: PaymentId
    amount: Money
    provider_ref: str | None = None
    reason: str | None = None
    phase: OperationPhase = OperationPhase.SUCCEEDED
    return_id: ReturnId | None = None
    occurred_at: datetime | None = None


class Refunded(Struct, frozen=True):
    """A payment after a refund, and which of its operations that is."""

    payment: Payment
    refund_id: RefundId


async def _record(stores: Stores, call: Call, asked: RecordPayment) -> Payment:
    now = whole_milliseconds(await stores.now())
    report = _reported(call, asked)
    refuse_any([*asked.aim.wrong(), *payments.wrong_report(report, now)])
    turn = asked.payment_id or (asked.aim.refs or [call.cause])[0]

    async def decide() -> tuple[Recorded, Report]:
        payment = await finding.meant(stores, call, asked.aim, report, now)
        return payments.recorded(payment, report, now), report

    return await saved(stores, call, turn, decide, lambda recorded: recorded.after)


async def _refund(stores: Stores, call: Call, asked: RecordRefund) -> Refunded:
    now = whole_milliseconds(await stores.now())
    report = Report(
        kind=OperationKind.REFUND,
        phase=asked.phase,
        cause=call.cause,
        actor=call.actor,
        at=_when(asked.occurred_at),
        amount=asked.amount,
        provider_ref=asked.provider_ref,
        reason=asked.reason,
        return_id=asked.return_id,
    )
    refuse_any(payments.wrong_report(report, now))
    within = permitted(call.viewer, Action.RECORD_REFUND)

    async def decide() -> tuple[Recorded, Report]:
        payment = await finding.known(stores, within, asked.payment_id)
        await finding.expect_goods(stores, payment, asked.return_id)
        return payments.recorded(payment, report, now), report

    return await saved(stores, call, asked.payment_id, decide, _refunded)


def _refunded(recorded: Recorded) -> Refunded:
    return Refunded(recorded.after, ids.refund_of(recorded.operation.id))


def _reported(call: Call, asked: RecordPayment) -> Report:
    return Report(
        kind=asked.operation,
        phase=asked.phase,
        cause=call.cause,
        actor=call.actor,
        at=_when(asked.occurred_at),
        amount=asked.amount,
        operation_id=asked.operation_id,
        provider_ref=asked.provider_ref,
        original_ref=asked.original_ref,
        source_event=asked.source_event,
        decline_code=asked.decline_code,
        is_fact=call.viewer.role is Role.SYSTEM and asked.source_event is not None,
    )


def _when(occurred_at: datetime | None) -> datetime | None:
    return whole_milliseconds(occurred_at) if occurred_at else None


def _admit_payment(viewer: Viewer, asked: RecordPayment) -> None:
    permitted(viewer, Action.RECORD_PAYMENT)
    if asked.operation is OperationKind.REFUND:
        permitted(viewer, Action.RECORD_REFUND)


def _admit_refund(viewer: Viewer, _: RecordRefund) -> None:
    permitted(viewer, Action.RECORD_REFUND)


RECORD = Command(
    "recordPayment", RecordPayment, Payment, _record, _admit_payment, keeps_answer=True
)
REFUND = Command("recordRefund", RecordRefund, Refunded, _refund, _admit_refund, keeps_answer=True)

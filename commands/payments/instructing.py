"""Providers capture, cancel and refund what somebody here asks for.

The operation and its instruction are recorded first, in one transaction and under every rule; then
the provider is told, under the operation's id; then it is recorded what the provider says. Whatever
ends in between is settled by a worker.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from commands.payments import finding, saving, sending, settling
from commands.payments.settling import Settled
from commands.running import Call, Command, admits
from domain import payments
from domain.channels import instructing
from domain.channels.abilities import Writing
from domain.channels.answers import Rejected, Written
from domain.channels.instructing import LONGEST_WHY, Instructed, Wanted
from domain.ids import OperationId, PaymentId
from domain.money import Money
from domain.payments import Payment
from domain.ports import Stores, Work
from domain.ports.channels import Line, Operates
from domain.refusals import ProviderCannot, ProviderRefused, Refusal, refuse_any
from domain.values import printable, whole_milliseconds
from domain.viewer import Action, Reach, permitted

NOT_CONNECTED = "No account of {provider} through which it was paid is connected here."
CANNOT = "{provider} cannot be told to {kind} a payment."


class CapturePayment(Struct, frozen=True, kw_only=True):
    """Have the provider take what is promised, or some of it."""

    payment_id: PaymentId
    amount: Money


class CancelPayment(Struct, frozen=True, kw_only=True):
    """Have the provider let go all that is promised and not taken."""

    payment_id: PaymentId


class RefundPayment(Struct, frozen=True, kw_only=True):
    """Have the provider give money back."""

    payment_id: PaymentId
    amount: Money
    reason: str


class Operated(Struct, frozen=True):
    """A payment after its provider was told something, and which of its operations that is."""

    payment: Payment
    operation_id: OperationId


async def _capture(stores: Stores, call: Call, asked: CapturePayment) -> Operated:
    wanted = Wanted(kind=Writing.CAPTURE, payment_id=asked.payment_id, amount=asked.amount)
    return await _done(stores, call, wanted, Action.CAPTURE_PAYMENT)


async def _cancel(stores: Stores, call: Call, asked: CancelPayment) -> Operated:
    wanted = Wanted(kind=Writing.CANCEL, payment_id=asked.payment_id)
    return await _done(stores, call, wanted, Action.CANCEL_PAYMENT)


async def _refund(stores: Stores, call: Call, asked: RefundPayment) -> Operated:
    wanted = Wanted(
        kind=Writing.REFUND,
        payment_id=asked.payment_id,
        amount=asked.amount,
        reason=asked.reason,
    )
    return await _done(stores, call, wanted, Action.REFUND_PAYMENT)


class _Begun(Struct, frozen=True):
    """An operation that was asked for; `is_first`: just now, so that nobody was told yet."""

    kept: Instructed
    stands: Settled
    is_first: bool


async def _done(stores: Stores, call: Call, wanted: Wanted, action: Action) -> Operated:
    """What came of it, as far as that is known in time.

    Raises:
        ProviderRefused: nothing, and nothing will.
    """
    refuse_any(_wrong(wanted))
    within = permitted(call.viewer, action)

    async def attempt() -> _Begun:
        return await _begun(stores, call, wanted, within)

    begun = await saving.patiently(stores, wanted.payment_id, attempt)
    line = stores.providers.of(begun.stands.payment)
    if line is None or instructing.is_settled(begun.stands.operation):
        return _answered(begun.stands)
    return await _told(stores, line, begun)


async def _begun(stores: Stores, call: Call, wanted: Wanted, within: Reach) -> _Begun:
    """The operation with its instruction, recorded now or before.

    Raises:
        Refusal: it may not be asked for.
        Changed: somebody else was faster.
    """
    payment = await finding.known(stores, within, wanted.payment_id)
    own = instructing.operation_id(call.cause)
    operation = payments.operation_of(payment, own)
    before = await stores.instructions.find(own) if operation else None
    if operation and before:
        return _Begun(before, Settled(payment, operation), is_first=False)
    _expect_able(stores, payment, wanted.kind)
    now = whole_milliseconds(await stores.now())
    report = instructing.request(payment, wanted, call.cause, call.actor)
    found = payments.recorded(payment, report, now)
    kept = instructing.kept(found.after, found.operation, wanted.kind, now)

    async def body(work: Work) -> None:
        await saving.record(work, found, report)
        await work.instruct(kept)

    await stores.transaction(body)
    return _Begun(kept, Settled(found.after, found.operation), is_first=True)


async def _told(stores: Stores, line: Line, begun: _Begun) -> Operated:
    """Who was held up for so long that a worker may be at it asks first, as it does."""
    now = await stores.now()
    if begun.is_first and not instructing.is_due(begun.kept, now):
        said = await sending.first(line, begun.kept)
    else:
        said = await sending.again(line, begun.kept, now)
    stands = await settling.written(stores, line, begun.kept, said, is_awaited=begun.is_first)
    return _answered(stands, said)


def _answered(stands: Settled, said: Written | None = None) -> Operated:
    payment, operation = stands.payment, stands.operation
    if operation.phase in instructing.CAME_TO_NOTHING:
        why = printable(said.why, LONGEST_WHY) if isinstance(said, Rejected) else None
        raise ProviderRefused(
            path=("payment",),
            operation=operation.id,
            provider=payment.provider,
            decline_code=operation.decline_code,
            why=why,
        )
    return Operated(payment, operation.id)


def _expect_able(stores: Stores, payment: Payment, kind: Writing) -> None:
    """The account through which it was paid can be told to do this.

    Raises:
        ProviderCannot: it cannot.
    """
    line = stores.providers.of(payment)
    if line is None:
        why = NOT_CONNECTED.format(provider=payment.provider)
        raise ProviderCannot(path=("payment",), why=why)
    if not isinstance(line.adapter, Operates) or kind not in line.adapter.capabilities.writes:
        why = CANNOT.format(provider=payment.provider, kind=kind)
        raise ProviderCannot(path=("payment",), why=why)


def _wrong(wanted: Wanted) -> Iterator[Refusal]:
    """What is wrong with it, whatever the payment."""
    if wanted.amount:
        yield from payments.wrong_amount(wanted.amount, ("amount",))
    yield from payments.wrong_texts({"reason": wanted.reason}, ())


CAPTURE = Command(
    "capturePayment", CapturePayment, Operated, _capture, admits(Action.CAPTURE_PAYMENT)
)
CANCEL = Command("cancelPayment", CancelPayment, Operated, _cancel, admits(Action.CANCEL_PAYMENT))
REFUND = Command("refundPayment", RefundPayment, Operated, _refund, admits(Action.REFUND_PAYMENT))

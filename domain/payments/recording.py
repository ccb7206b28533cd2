"""What is reported of a payment becomes part of it, once, if a rule does not forbid it.

Rules are for what somebody asks for: who gives money back may not give more than is left. What a
provider reports has happened already; a *fact* is recorded whether it breaks a rule or not, in
whatever order facts come, so that the payment shows what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from domain import ids
from domain.ids import Kind, OperationId, ReturnId
from domain.money import Money
from domain.payments.folding import SUMS, fold, joined
from domain.payments.operations import (
    PENDING_PHASES,
    OperationKind,
    OperationPhase,
    PaymentOperation,
)
from domain.payments.payment import Payment
from domain.refusals import (
    AmountExceedsAuthorised,
    AmountExceedsRefundable,
    Invalid,
    NotFound,
    OtherCurrency,
    Refusal,
)
from domain.values import MAX_MINOR, Actor

MOST_OPERATIONS = 500
CLAIMS_ROOM = PENDING_PHASES | {OperationPhase.SUCCEEDED}
OUTCOMES = frozenset({OperationPhase.FAILED, OperationPhase.SUCCEEDED, OperationPhase.REVERSED})


class Report(Struct, frozen=True, kw_only=True):
    """What is said of one operation, by whom, and under which request (`cause`).

    Without an amount, the operation's own is meant, or the payment's; without a time, that at
    which it got so far, or now. `is_fact`: it has happened, whatever the rules say. `key` is what a
    new operation is sent under, where that is not the request.
    """

    kind: OperationKind
    phase: OperationPhase
    cause: str
    actor: Actor
    at: datetime | None = None
    amount: Money | None = None
    operation_id: OperationId | None = None
    provider_ref: str | None = None
    original_ref: str | None = None
    source_event: str | None = None
    decline_code: str | None = None
    reason: str | None = None
    return_id: ReturnId | None = None
    raw_status: str | None = None
    key: str | None = None
    is_fact: bool = False


class Recorded(Struct, frozen=True):
    """A payment before and after a report, and the operation that the report is about.

    `absorbed` was told of before anybody knew that it is the same operation, and is gone.
    """

    before: Payment
    after: Payment
    known: PaymentOperation | None
    operation: PaymentOperation
    absorbed: PaymentOperation | None = None

    @property
    def is_new(self) -> bool:
        """Did the report change anything?"""
        return self.after.version > self.before.version

    @property
    def has_moved(self) -> bool:
        """Did the operation get further?"""
        return self.known is None or self.known.phase is not self.operation.phase


def recorded(payment: Payment, report: Report, now: datetime) -> Recorded:
    """The payment with what is reported; news that are known, or came too late, change nothing.

    Raises:
        OtherCurrency: the amount is in another currency than the payment.
        AmountExceedsAuthorised: more would be taken, or let go, than was promised.
        AmountExceedsRefundable: more would be given back than was taken.
        NotFound: there is no such operation.
        Invalid: it cannot be true of this payment.
    """
    known, absorbed = _known(payment, report)
    news = _operation(payment, report, known, now)
    operation = news if known is None else joined(known, news)
    if absorbed:
        operation = joined(operation, absorbed)
    if operation == known and absorbed is None:
        return Recorded(payment, payment, known, operation)
    if not report.is_fact:
        _stay_within(payment, known, operation)
    kept = [each for each in payment.operations if each is not absorbed]
    operations = _in_place(kept, known, operation)
    after = replace(
        payment,
        version=payment.version + 1,
        updated_at=now,
        operations=operations,
        standing=fold(operations),
    )
    _expect_room(after)
    return Recorded(payment, after, known, operation, absorbed)


def _in_place(
    operations: Sequence[PaymentOperation], known: PaymentOperation | None, new: PaymentOperation
) -> tuple[PaymentOperation, ...]:
    if known is None:
        return (*operations, new)
    return tuple(new if each is known else each for each in operations)


def _known(
    payment: Payment, report: Report
) -> tuple[PaymentOperation | None, PaymentOperation | None]:
    """The operation that is meant: by its id, by the provider's name, or by the request.

    And one that is known by the provider's name alone, and turns out to be the same.
    """
    named = _named(payment, report)
    if report.operation_id is None:
        return named or operation_of(payment, operation_id(payment.provider, report)), None
    meant = operation_of(payment, report.operation_id)
    if meant is None or meant.kind is not report.kind:
        raise NotFound(path=("operationId",), what="operation", key=report.operation_id)
    if named is None or named is meant:
        return meant, None
    if report.is_fact and meant.provider_ref is None:
        return meant, named
    why = "The provider's reference names another operation of this payment."
    raise Invalid(path=("providerRef",), why=why)


def _named(payment: Payment, report: Report) -> PaymentOperation | None:
    wanted = (report.provider_ref, report.kind)
    found = (each for each in payment.operations if (each.provider_ref, each.kind) == wanted)
    return next(found, None) if report.provider_ref else None


def operation_of(payment: Payment, key: OperationId) -> PaymentOperation | None:
    """The operation of a payment by its id, if it is one of its own."""
    return next((each for each in payment.operations if each.id == key), None)


def operation_id(provider: str, report: Report) -> OperationId:
    """An operation is known by the provider's name for it, or else by who asked for it."""
    if report.provider_ref:
        return OperationId(ids.derived(Kind.OPERATION, provider, report.provider_ref, report.kind))
    return OperationId(ids.derived(Kind.OPERATION, report.cause))


def _operation(
    payment: Payment, report: Report, known: PaymentOperation | None, now: datetime
) -> PaymentOperation:
    amount = report.amount or (known.amount if known else payment.amount)
    if amount.currency != payment.currency:
        ours, given = payment.currency, amount.currency
        raise OtherCurrency(path=("amount",), expected_currency=ours, given_currency=given)
    at = report.at or (known.occurred_at if known and known.phase is report.phase else now)
    return PaymentOperation(
        id=known.id if known else operation_id(payment.provider, report),
        kind=report.kind,
        phase=report.phase,
        minor=amount.minor,
        currency=amount.currency,
        idempotency_key=report.key or report.cause,
        requested_by=report.actor,
        occurred_at=at,
        provider_ref=report.provider_ref,
        original_ref=report.original_ref,
        source_events=(report.source_event,) if report.source_event else (),
        settled_at=at if report.phase in OUTCOMES else None,
        decline_code=report.decline_code if report.phase is OperationPhase.FAILED else None,
        reason=report.reason,
        return_id=report.return_id,
        raw_status=report.raw_status,
    )


def _stay_within(
    payment: Payment, known: PaymentOperation | None, operation: PaymentOperation
) -> None:
    """P1, for what somebody asks for. What it claimed before, it may go on claiming."""
    if operation.phase not in CLAIMS_ROOM or operation.kind not in ROOM:
        return
    others = [each for each in payment.operations if each is not known]
    had = known.minor if known and known.phase in CLAIMS_ROOM else 0
    room, refusal = ROOM[operation.kind]
    left = max(0, room(payment, others))
    if operation.minor > max(left, had):
        raise refusal(payment, operation.amount, Money(left, payment.currency))


def still_promised(payment: Payment) -> Money:
    """What may still be taken or let go of what is promised."""
    return Money(max(0, _to_take(payment, payment.operations)), payment.currency)


def _to_take(payment: Payment, operations: Sequence[PaymentOperation]) -> int:
    """What is promised, and neither taken nor let go; without a promise, what is owed."""
    promised = _sum(operations, OperationKind.AUTHORISE) + _sum(operations, OperationKind.ADJUST)
    asked = [each for each in operations if each.phase in CLAIMS_ROOM]
    taken = sum(each.minor for each in asked if each.kind in USES_PROMISE)
    return (promised or payment.minor) - taken


def _to_give_back(_: Payment, operations: Sequence[PaymentOperation]) -> int:
    return fold(operations).refundable


def _to_dispute(_: Payment, operations: Sequence[PaymentOperation]) -> int:
    return fold(operations).captured - fold(operations).disputed


def _to_return(_: Payment, operations: Sequence[PaymentOperation]) -> int:
    return fold(operations).disputed


def _sum(operations: Sequence[PaymentOperation], kind: OperationKind) -> int:
    done = [each for each in operations if each.phase is OperationPhase.SUCCEEDED]
    return sum(each.minor for each in done if each.kind is kind)


def _beyond_promise(payment: Payment, wanted: Money, left: Money) -> Refusal:
    return AmountExceedsAuthorised(
        path=("amount",), payment=payment.id, wanted=wanted, authorised=left
    )


def _beyond_refundable(payment: Payment, wanted: Money, left: Money) -> Refusal:
    return AmountExceedsRefundable(
        path=("amount",), payment=payment.id, wanted=wanted, refundable=left
    )


def _beyond_dispute(_: Payment, wanted: Money, left: Money) -> Refusal:
    why = f"{wanted.amount} {wanted.currency} cannot be disputed: at most {left.amount}."
    return Invalid(path=("amount",), why=why)


USES_PROMISE = frozenset({OperationKind.CAPTURE, OperationKind.CANCEL})

Room = Callable[[Payment, Sequence[PaymentOperation]], int]
Beyond = Callable[[Payment, Money, Money], Refusal]

ROOM: Mapping[OperationKind, tuple[Room, Beyond]] = MappingProxyType(
    {
        OperationKind.CAPTURE: (_to_take, _beyond_promise),
        OperationKind.CANCEL: (_to_take, _beyond_promise),
        OperationKind.REFUND: (_to_give_back, _beyond_refundable),
        OperationKind.CHARGEBACK: (_to_dispute, _beyond_dispute),
        OperationKind.CHARGEBACK_REVERSAL: (_to_return, _beyond_dispute),
    }
)
"""How much of each may be asked for beside the other operations, and what says no."""


def _expect_room(after: Payment) -> None:
    """Even facts must fit into the books."""
    if len(after.operations) > MOST_OPERATIONS:
        raise Invalid(why=f"A payment has at most {MOST_OPERATIONS} operations.")
    if any(getattr(after.standing, name) > MAX_MINOR for name in SUMS):
        raise Invalid(path=("amount",), why="The operations would add up to more than fits.")

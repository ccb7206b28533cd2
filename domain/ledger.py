"""The ledger: where the money of payments is, in accounts that always balance.

A posting is one transfer, written once and never changed; what was wrong is corrected by an entry
that reverses it. It has at least two lines in minor units, debits positive and credits negative,
and the lines of each currency add up to zero. Only what has happened is posted: operations that
SUCCEEDED. One that is REVERSED later gets the reversing entry.

The chart of accounts:

- `clearing:<provider>:<merchant account>` holds what a provider (or a till's drawer) has of ours;
- `receivable:<order, or payment without one>` is credited with what a customer paid for it;
- `refunds:<order, or payment without one>` is debited with what they were given back;
- `disputed:<provider>:<merchant account>` holds what banks took back.

    captured     debit clearing     credit receivable
    refunded     debit refunds      credit clearing
    charged back debit disputed     credit clearing
    and won back debit clearing     credit disputed
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import msgspec
from msgspec import Struct

from domain import ids
from domain.ids import Kind, OperationId, PaymentId, PostingId
from domain.money import Currency, Money
from domain.payments import OperationKind, OperationPhase, Payment, PaymentOperation
from domain.values import Signed

_K = OperationKind
FLOWS: Mapping[OperationKind, tuple[str, str]] = MappingProxyType(
    {
        _K.CAPTURE: ("clearing", "receivable"),
        _K.REFUND: ("refunds", "clearing"),
        _K.CHARGEBACK: ("disputed", "clearing"),
        _K.CHARGEBACK_REVERSAL: ("clearing", "disputed"),
    }
)
"""Which account is debited and which credited when an operation succeeds."""

OF_PROVIDER = frozenset({"clearing", "disputed"})


class Line(Struct, frozen=True):
    """One account's part of a transfer: a debit if positive, a credit if negative."""

    account: str
    minor: Signed
    currency: Currency


class Posting(Struct, frozen=True, kw_only=True):
    """One transfer between accounts. `minor` says how much of its operation it moves.

    It is negative where the posting reverses others.
    """

    id: PostingId = msgspec.field(name="_id")
    payment_id: PaymentId
    operation_id: OperationId
    kind: OperationKind
    minor: Signed
    at: datetime
    cause: str
    lines: tuple[Line, ...]


class PostedLine(Struct, frozen=True):
    """A line as it is shown, with what it shares with the others of its posting."""

    posting: Posting
    n: int

    @property
    def id(self) -> str:
        return f"{self.posting.id}.{self.n}"

    @property
    def account(self) -> str:
        return self._line.account

    @property
    def debit(self) -> Money | None:
        line = self._line
        return Money(line.minor, line.currency) if line.minor > 0 else None

    @property
    def credit(self) -> Money | None:
        line = self._line
        return Money(-line.minor, line.currency) if line.minor < 0 else None

    @property
    def at(self) -> datetime:
        return self.posting.at

    @property
    def cause(self) -> str:
        return self.posting.cause

    @property
    def _line(self) -> Line:
        return self.posting.lines[self.n]


def lines(postings: Iterable[Posting]) -> list[PostedLine]:
    """The lines of postings, the oldest first."""
    in_order = sorted(postings, key=lambda each: (each.at, each.id))
    return [PostedLine(posting, n) for posting in in_order for n in range(len(posting.lines))]


def due(operation: PaymentOperation | None) -> int:
    """How much of an operation must be posted, in minor units."""
    moved = operation is not None and operation.phase is OperationPhase.SUCCEEDED
    return operation.minor if operation and moved and operation.kind in FLOWS else 0


def following(
    payment: Payment, operation: PaymentOperation, posted: int, part: str, cause: str, at: datetime
) -> tuple[Posting, ...]:
    """What must be posted of an operation of which `posted` is: nothing, an entry, a correction.

    `part` tells this occasion from others of the same operation; the ids derive from it.
    """
    if posted == (now_due := due(operation)):
        return ()
    amounts = [amount for amount in (-posted, now_due) if amount]
    return tuple(
        _posting(payment, operation, amount, f"{part}:{n}", cause, at)
        for n, amount in enumerate(amounts)
    )


def missing(payment: Payment, posted: Sequence[Posting]) -> Iterator[Posting]:
    """What the ledger lacks of a payment, or has too much, where `posted` is all it has."""
    known = Counter[str]()
    parts = Counter[str]()
    for each in posted:
        known[each.operation_id] += each.minor
        parts[each.operation_id] += 1
    for operation in payment.operations:
        part, at = f"seen:{parts[operation.id]}", operation.occurred_at
        cause = operation.idempotency_key
        yield from following(payment, operation, known[operation.id], part, cause, at)


def balances(postings: Iterable[Posting]) -> Mapping[tuple[str, Currency], int]:
    """What each account holds, in minor units of each currency."""
    found = Counter[tuple[str, Currency]]()
    for line in (line for posting in postings for line in posting.lines):
        found[line.account, line.currency] += line.minor
    return found


def _posting(
    payment: Payment, operation: PaymentOperation, minor: int, part: str, cause: str, at: datetime
) -> Posting:
    debit, credit = (account(name, payment) for name in FLOWS[operation.kind])
    return Posting(
        id=PostingId(ids.derived(Kind.POSTING, operation.id, part)),
        payment_id=PaymentId(payment.id),
        operation_id=operation.id,
        kind=operation.kind,
        minor=minor,
        at=at,
        cause=cause,
        lines=(
            Line(debit, minor, payment.currency),
            Line(credit, -minor, payment.currency),
        ),
    )


def account(name: str, payment: Payment) -> str:
    """The account of that name that a payment moves money through."""
    if name in OF_PROVIDER:
        return f"{name}:{payment.provider}:{payment.merchant_account}"
    return f"{name}:{payment.order_id or payment.id}"

"""What must be true of money (P1, P2, and of P3 what a payment says itself)."""

from __future__ import annotations

from collections.abc import Iterator

from domain.integrity.report import Fault
from domain.payments import Payment, fold


def payment_faults(payment: Payment) -> Iterator[Fault]:
    """What is broken in one payment."""
    sums = payment.standing
    taken_back = sums.refunded + sums.refund_pending
    if sums.captured > sums.authorised or taken_back > sums.captured - sums.disputed:
        yield Fault("P1", payment.id)
    if not _is_folded(payment):
        yield Fault("P2", payment.id)
    if not _is_sent_once(payment):
        yield Fault("P3", payment.id)


def _is_folded(payment: Payment) -> bool:
    """Forwards, backwards and twice over, the operations must add up to the same."""
    operations = payment.operations
    ways = (operations, operations[::-1], (*operations, *operations))
    return all(fold(way) == payment.standing for way in ways)


def _is_sent_once(payment: Payment) -> bool:
    sent = {(operation.id, operation.idempotency_key) for operation in payment.operations}
    names = [f"{n} {name}" for pair in sent for n, name in enumerate(pair)]
    return len(set(names)) == len(names) and all(key for _, key in sent)

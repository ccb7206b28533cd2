"""What must be true of money (P1 to P4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain import ledger
from domain.integrity.report import Fault
from domain.ledger import Posting
from domain.money import Currency
from domain.payments import Payment, fold


def payment_faults(payment: Payment) -> Iterator[Fault]:
    """P1, P2, and of P3 what a payment says itself."""
    sums = payment.standing
    given_back = sums.refunded + sums.refund_pending
    if sums.captured > sums.authorised or given_back > sums.captured - sums.disputed:
        yield Fault("P1", payment.id, payment.id)
    if not _is_folded(payment):
        yield Fault("P2", payment.id, payment.id)
    if not _is_sent_once(payment):
        yield Fault("P3", payment.id, payment.id)


def _is_folded(payment: Payment) -> bool:
    """Forwards, backwards and twice over, the operations must add up to the same."""
    operations = payment.operations
    ways = (operations, operations[::-1], (*operations, *operations))
    return all(fold(way) == payment.standing for way in ways)


def _is_sent_once(payment: Payment) -> bool:
    ids = {operation.id for operation in payment.operations}
    keys = {operation.idempotency_key for operation in payment.operations}
    return len(ids) == len(keys) == len(payment.operations) and "" not in keys


def posting_faults(posting: Posting) -> Iterator[Fault]:
    """P4 of one posting."""
    if not _balances(posting):
        yield Fault("P4", posting.id, posting.id)


def ledger_faults(payment: Payment, posted: Sequence[Posting]) -> Iterator[Fault]:
    """P4 of a payment: all its postings together are what its operations moved.

    Where one does not balance, that one is named, and the accounts are not looked at.
    """
    wanted = list(ledger.missing(payment, ()))
    agrees = _moved(posted) == _moved(wanted)
    if agrees and all(map(_balances, posted)):
        agrees = _held(posted) == _held(wanted)
    if not agrees:
        yield Fault("P4", payment.id, payment.id)


def _balances(posting: Posting) -> bool:
    sums = Counter[Currency]()
    for line in posting.lines:
        sums[line.currency] += line.minor
    return len(posting.lines) > 1 and not any(sums.values())


def _moved(postings: Iterable[Posting]) -> Mapping[str, int]:
    """How much of each operation is posted, in minor units."""
    sums = Counter[str]()
    for posting in postings:
        sums[posting.operation_id] += posting.minor
    return {key: minor for key, minor in sums.items() if minor}


def _held(postings: Iterable[Posting]) -> Mapping[tuple[str, Currency], int]:
    """What is in accounts of each name. Whose they are may have become known since."""
    sums = Counter[tuple[str, Currency]]()
    for (account, currency), minor in ledger.balances(postings).items():
        sums[account.partition(":")[0], currency] += minor
    return {key: minor for key, minor in sums.items() if minor}

"""What must be true of payments and the ledger, whatever happened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from domain import ledger, payments
from domain.ids import OperationId
from domain.ledger import Posting
from domain.payments import SUMS, Payment
from storage.mongo.ledger import POSTINGS
from storage.mongo.payments import PAYMENTS
from tests.trading import Trading

Entry = dict[str, Any]


async def check_books(stall: Trading, *, may_break_rules: bool = False) -> list[dict[str, int]]:
    """P1, P2, P4, and that the journal tells how each payment came to be; gives their sums."""
    entries = await stall.told()
    found = await stall.database.find(PAYMENTS.name, {}, sort=[("_id", 1)])
    assert all(not each.get("outbox") and "pending_since" not in each for each in found), found
    paid = msgspec.convert(found, list[Payment])
    rows = await stall.database.find(POSTINGS.name, {})
    posted = msgspec.convert(rows, list[Posting])
    stories = defaultdict[str, list[Entry]](list)
    for entry in entries:
        stories[entry["aggregate"]].append(entry)
    for payment in paid:
        _replay(payment, stories[payment.id])
        assert payment.standing == payments.fold(payment.operations)
        if not may_break_rules:
            _check_rules(payment)
    check_ledger(paid, posted)
    return [{name: getattr(each.standing, name) for name in SUMS} for each in paid]


def check_ledger(paid: Sequence[Payment], posted: Sequence[Posting]) -> None:
    """Each posting balances, and all of an operation together are what it moved."""
    for each in posted:
        assert len({line.currency for line in each.lines}) == 1
        assert sum(line.minor for line in each.lines) == 0, each
    by_operation = Counter[OperationId]()
    for each in posted:
        by_operation[each.operation_id] += each.minor
    due = {each.id: ledger.due(each) for payment in paid for each in payment.operations}
    assert +by_operation == {key: minor for key, minor in due.items() if minor}
    assert sum(ledger.balances(posted).values()) == 0
    clearing = Counter[str]()
    for (name, _), minor in ledger.balances(posted).items():
        clearing[name.partition(":")[0]] += minor
    standing = Counter[str]()
    for payment in paid:
        gross = [each for each in payment.operations if each.phase == "SUCCEEDED"]
        for each in gross:
            standing[each.kind] += each.minor
    assert -clearing["receivable"] == standing["CAPTURE"]
    assert clearing["refunds"] == standing["REFUND"]
    assert clearing["disputed"] == standing["CHARGEBACK"] - standing["CHARGEBACK_REVERSAL"]


def _check_rules(payment: Payment) -> None:
    standing = payment.standing
    assert standing.captured <= max(standing.authorised, payment.minor), payment
    assert standing.refundable >= 0, payment


def _replay(payment: Payment, story: Sequence[Entry]) -> None:
    """Let a story happen again: each entry must find what it says was before it."""
    sums, phases = dict.fromkeys(SUMS, 0), dict[str, Any]()
    here: dict[str, Any] = {**sums, "state": "CREATED", "amount": 0, "currency": None}
    for version, entry in enumerate(story, 1):
        assert entry["seq"] == version, (entry, version)
        for name, (before, after) in entry["changes"].items():
            known = phases if name.startswith("pop_") else here
            assert known.get(name) == before, (entry, known)
            known[name] = after
    phases = {name: known for name, known in phases.items() if known is not None}
    assert len(story) == payment.version
    now = {name: getattr(payment.standing, name) for name in SUMS}
    whole = {"amount": payment.minor, "currency": payment.currency}
    assert here == {**now, "state": payment.state, **whole}
    assert phases == {
        name: value
        for each in payment.operations
        for name, value in (
            (each.id, each.phase),
            (f"{each.id}_kind", each.kind),
            (f"{each.id}_minor", each.minor),
        )
    }

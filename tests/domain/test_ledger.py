"""The ledger: every transfer balances, and together they are what operations moved."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from msgspec.structs import replace

from domain import ledger, payments
from domain.ledger import Posting
from domain.payments import Payment, Report
from tests.domain.test_recording import LATER, facts
from tests.making import NOW, a_payment, an_operation

PAYMENT = a_payment()
CLEARING, RECEIVABLE = "clearing:stripe:test", f"receivable:{PAYMENT.order_id}"
REFUNDS, DISPUTED = f"refunds:{PAYMENT.order_id}", "disputed:stripe:test"


def posted(payment: Payment, reports: list[Report]) -> tuple[Payment, list[Posting]]:
    """What is posted as reports come in, one by one."""
    postings: list[Posting] = []
    for report in reports:
        done = payments.recorded(payment, report, LATER)
        if done.is_new:
            part = f"{done.after.version}"
            before = ledger.due(done.known)
            postings += ledger.following(
                done.after, done.operation, before, part, report.cause, LATER
            )
        payment = done.after
    return payment, postings


@pytest.mark.parametrize(
    ("kind", "debit", "credit"),
    [
        ("CAPTURE", CLEARING, RECEIVABLE),
        ("REFUND", REFUNDS, CLEARING),
        ("CHARGEBACK", DISPUTED, CLEARING),
        ("CHARGEBACK_REVERSAL", CLEARING, DISPUTED),
    ],
)
def test_money_moves_from_one_account_to_another(kind: str, debit: str, credit: str):
    [posting] = ledger.missing(a_payment(an_operation(kind, "SUCCEEDED", 70)), ())

    lines = ledger.lines([posting])
    assert [(each.account, each.debit, each.credit) for each in lines] == [
        (debit, lines[0].debit, None),
        (credit, None, lines[0].debit),
    ]
    assert lines[0].debit
    assert lines[0].debit.minor == 70


@pytest.mark.parametrize("kind", ["AUTHORISE", "ADJUST", "CANCEL"])
def test_promises_move_nothing(kind: str):
    assert list(ledger.missing(a_payment(an_operation(kind, "SUCCEEDED")), ())) == []


@pytest.mark.parametrize("phase", ["REQUESTED", "UNKNOWN", "FAILED", "REVERSED"])
def test_what_has_not_happened_is_not_posted(phase: str):
    assert list(ledger.missing(a_payment(an_operation("CAPTURE", phase)), ())) == []


def test_a_mistake_is_corrected_by_an_entry_that_reverses_it():
    taken = a_payment(an_operation("CAPTURE", "SUCCEEDED", 100))
    first = list(ledger.missing(taken, ()))
    part = a_payment(an_operation("CAPTURE", "SUCCEEDED", 90))
    undone = a_payment(an_operation("CAPTURE", "REVERSED", 90))

    then = list(ledger.missing(part, first))
    last = list(ledger.missing(undone, [*first, *then]))

    assert [each.minor for each in (*first, *then, *last)] == [100, -100, 90, -90]
    assert len({each.id for each in (*first, *then, *last)}) == 4
    assert set(ledger.balances([*first, *then, *last]).values()) == {0}


def test_without_an_order_the_payment_is_what_is_owed():
    alone = replace(a_payment(an_operation("CAPTURE", "SUCCEEDED")), order_id=None)

    [posting] = ledger.missing(alone, ())

    assert posting.lines[1].account == f"receivable:{alone.id}"


@given(heard=facts())
def test_whatever_is_reported_the_ledger_is_what_the_operations_moved(heard: list[Report]):
    payment, postings = posted(a_payment(), heard)

    moved = Counter[str]()
    for each in postings:
        assert sum(line.minor for line in each.lines) == 0
        moved[each.operation_id] += each.minor
    assert len({each.id for each in postings}) == len(postings)
    assert {key: minor for key, minor in moved.items() if minor} == {
        each.id: ledger.due(each) for each in payment.operations if ledger.due(each)
    }
    assert sum(ledger.balances(postings).values()) == 0
    assert list(ledger.missing(payment, postings)) == []


@given(heard=facts())
def test_a_ledger_that_forgot_catches_up_to_the_same_balances(heard: list[Report]):
    payment, postings = posted(a_payment(), heard)

    caught_up = list(ledger.missing(payment, postings[:1]))

    balances = ledger.balances([*postings[:1], *caught_up])
    assert {k: v for k, v in balances.items() if v} == {
        k: v for k, v in ledger.balances(postings).items() if v
    }


def test_an_entry_happened_when_its_operation_did():
    [posting] = ledger.missing(a_payment(an_operation("CAPTURE", "SUCCEEDED")), ())

    assert posting.at == NOW

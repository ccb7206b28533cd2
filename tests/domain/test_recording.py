"""What is reported of a payment: what may be asked for, what is true anyway, and what is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import payments
from domain.money import Currency, Money
from domain.payments import (
    OperationKind,
    OperationPhase,
    Payment,
    Recorded,
    Report,
    Standing,
    wrong_report,
)
from domain.payments.recording import MOST_OPERATIONS
from domain.payments.telling import TYPES
from domain.refusals import (
    AmountExceedsAuthorised,
    AmountExceedsRefundable,
    Invalid,
    NotFound,
    OtherCurrency,
    Refusal,
)
from domain.sentences import SENTENCES
from domain.values import MAX_MINOR, SYSTEM_ACTOR
from tests.making import NOW, SEK, a_payment, an_operation

LATER = NOW + timedelta(hours=1)


def a_report(kind: str = "CAPTURE", phase: str = "SUCCEEDED", minor: int = 0, **fields) -> Report:
    """What is said; a cause of its own for each amount and name."""
    given = {
        "kind": OperationKind(kind),
        "phase": OperationPhase(phase),
        "cause": f"{kind}-{minor}-{fields.get('provider_ref')}",
        "actor": SYSTEM_ACTOR,
        "amount": Money(minor, SEK) if minor else None,
    }
    return Report(**{**given, **fields})


def after(payment: Payment, *reports: Report) -> Payment:
    for report in reports:
        payment = payments.recorded(payment, report, LATER).after
    return payment


CAPTURED = a_payment(an_operation("CAPTURE", "SUCCEEDED", 100))
PROMISED = a_payment(an_operation("AUTHORISE", "SUCCEEDED", 80))


def test_news_raise_the_version_by_one():
    done = payments.recorded(CAPTURED, a_report("REFUND", minor=30), LATER)

    assert done.is_new
    assert (done.before.version, done.after.version) == (1, 2)
    assert done.after.updated_at == LATER
    assert done.after.standing.refundable == 70


def test_what_is_known_changes_nothing():
    report = a_report("REFUND", minor=30, provider_ref="re", source_event="evt")
    once = after(CAPTURED, report)

    again = payments.recorded(once, report, LATER + timedelta(days=1))

    assert not again.is_new
    assert again.after == once


@pytest.mark.parametrize(
    ("payment", "report", "refusal"),
    [
        (CAPTURED, a_report("REFUND", minor=101), AmountExceedsRefundable),
        (CAPTURED, a_report("REFUND", "REQUESTED", 101), AmountExceedsRefundable),
        (CAPTURED, a_report("REFUND", "UNKNOWN", 101), AmountExceedsRefundable),
        (CAPTURED, a_report("CAPTURE", minor=1), AmountExceedsAuthorised),
        (PROMISED, a_report("CAPTURE", minor=81), AmountExceedsAuthorised),
        (PROMISED, a_report("CANCEL", minor=81), AmountExceedsAuthorised),
        (PROMISED, a_report("REFUND", minor=1), AmountExceedsRefundable),
        (CAPTURED, a_report("CHARGEBACK", minor=101), Invalid),
        (CAPTURED, a_report("CHARGEBACK_REVERSAL", minor=1), Invalid),
    ],
)
def test_too_much_is_refused_but_a_fact_is_a_fact(
    payment: Payment, report: Report, refusal: type[Refusal]
):
    with pytest.raises(refusal):
        payments.recorded(payment, report, LATER)

    assert payments.recorded(payment, replace(report, is_fact=True), LATER).is_new


@pytest.mark.parametrize(
    ("payment", "report"),
    [
        (CAPTURED, a_report("REFUND", minor=100)),
        (CAPTURED, a_report("REFUND", "FAILED", 101)),
        (CAPTURED, a_report("REFUND", "REVERSED", 101)),
        (CAPTURED, a_report("CHARGEBACK", minor=100)),
        (PROMISED, a_report("CAPTURE", minor=80)),
        (PROMISED, a_report("CANCEL", minor=80)),
        (PROMISED, a_report("ADJUST", minor=500)),
        (a_payment(), a_report("CAPTURE", minor=100)),
        (a_payment(an_operation("AUTHORISE", "FAILED")), a_report("CAPTURE", minor=100)),
    ],
)
def test_what_fits_is_recorded(payment: Payment, report: Report):
    assert payments.recorded(payment, report, LATER).is_new


def test_what_it_claimed_before_an_operation_may_go_on_claiming():
    asked = a_report("REFUND", "REQUESTED", 60, provider_ref="re")
    disputed = a_report("CHARGEBACK", minor=100, is_fact=True)

    done = after(CAPTURED, asked, disputed, replace(asked, phase=OperationPhase.SUCCEEDED))

    assert done.standing.refunded == 60
    assert done.standing.refundable == -60


def test_what_is_on_its_way_claims_its_part():
    waiting = after(CAPTURED, a_report("REFUND", "REQUESTED", 60))

    with pytest.raises(AmountExceedsRefundable) as refused:
        payments.recorded(waiting, a_report("REFUND", minor=41), LATER)

    assert refused.value.wanted == Money(41, SEK)
    assert refused.value.refundable == Money(40, SEK)


def test_nothing_said_of_the_amount_means_what_is_known_of_it():
    part = after(PROMISED, a_report("CAPTURE", "UNKNOWN", 30, provider_ref="cap"))
    done = after(part, a_report("CAPTURE", provider_ref="cap"))
    whole = after(a_payment(), a_report("CAPTURE"))

    assert done.standing.captured == 30
    assert whole.standing.captured == 100


def test_another_currency_is_refused_even_as_a_fact():
    report = a_report("REFUND", amount=Money(1, Currency("EUR")), is_fact=True)

    with pytest.raises(OtherCurrency):
        payments.recorded(CAPTURED, report, LATER)


def test_sums_that_fit_nowhere_are_refused_even_as_facts():
    most = a_report("ADJUST", minor=MAX_MINOR, is_fact=True)

    with pytest.raises(Invalid):
        after(PROMISED, most)


def test_a_payment_has_only_so_many_operations():
    full = a_payment(*(an_operation("CAPTURE", "FAILED", 1, n) for n in range(MOST_OPERATIONS)))

    with pytest.raises(Invalid, match="500 operations"):
        payments.recorded(full, a_report(), LATER)


def test_an_operation_is_found_by_id_and_gets_its_name():
    asked = after(CAPTURED, a_report("REFUND", "REQUESTED", 30))
    operation = asked.operations[-1].id
    answer = a_report("REFUND", provider_ref="re", operation_id=operation)

    done = after(asked, answer, a_report("REFUND", provider_ref="re", source_event="evt"))

    assert len(done.operations) == 2
    assert done.operations[-1].provider_ref == "re"
    assert done.standing.refunded == 30


@pytest.mark.parametrize(
    ("kind", "ref", "refusal"),
    [("REFUND", "other", Invalid), ("CAPTURE", None, NotFound)],
)
def test_an_operation_that_is_not_meant_is_left_alone(
    kind: str, ref: str | None, refusal: type[Refusal]
):
    two = after(
        CAPTURED,
        a_report("REFUND", "REQUESTED", 30),
        a_report("REFUND", minor=10, provider_ref="other"),
    )
    answer = a_report(kind, provider_ref=ref, operation_id=two.operations[1].id)

    with pytest.raises(refusal):
        payments.recorded(two, answer, LATER)


def asked_for() -> Payment:
    """A payment of which 30 are to be given back; nobody knows yet what came of it."""
    return after(CAPTURED, a_report("REFUND", "REQUESTED", 30, key="ours"))


def test_what_was_told_by_its_name_alone_turns_out_to_be_the_operation_that_was_asked_for():
    asked = asked_for()
    ours = asked.operations[-1]
    told = a_report("REFUND", minor=30, provider_ref="re", is_fact=True)
    doubled = payments.recorded(asked, told, LATER)
    both = doubled.after

    done = payments.recorded(both, replace(told, operation_id=ours.id), LATER)

    assert len(both.operations) == len(done.after.operations) + 1
    [refund] = [each for each in done.after.operations if each.kind is OperationKind.REFUND]
    assert (refund.id, refund.idempotency_key, refund.provider_ref) == (ours.id, "ours", "re")
    assert refund.phase is OperationPhase.SUCCEEDED
    assert (done.after.standing.refunded, done.after.standing.refund_pending) == (30, 0)
    assert done.absorbed == doubled.operation
    changes = payments.told(done, told).changes
    assert changes[doubled.operation.id] == ("SUCCEEDED", None)
    assert not payments.recorded(done.after, told, LATER).is_new


def test_two_operations_that_have_names_of_their_own_never_become_one():
    asked = asked_for()
    named = a_report("REFUND", minor=30, provider_ref="re", is_fact=True)
    ours = replace(named, operation_id=asked.operations[-1].id)
    both = after(asked, ours, replace(named, provider_ref="other"))

    with pytest.raises(Invalid):
        payments.recorded(both, replace(ours, provider_ref="other"), LATER)


@given(data=st.data())
def test_who_tells_of_our_operation_by_id_or_name_in_any_order_tells_of_one(data: st.DataObject):
    asked = asked_for()
    ours = asked.operations[-1].id
    phases = st.sampled_from(["REQUESTED", "FAILED", "SUCCEEDED", "REVERSED"])
    heard = [
        a_report(
            "REFUND",
            phase,
            30,
            provider_ref="re",
            operation_id=ours if n == 0 or data.draw(st.booleans()) else None,
            at=NOW + timedelta(seconds=n),
            is_fact=True,
        )
        for n, phase in enumerate(data.draw(st.lists(phases, min_size=1, max_size=5)))
    ]
    again = data.draw(st.permutations([*heard, *heard[:2]]))

    one, other = after(asked, *heard), after(asked, *again)

    assert shape(one) == shape(other)
    assert [each.id for each in one.operations if each.kind is OperationKind.REFUND] == [ours]


@st.composite
def facts(draw: st.DrawFn) -> list[Report]:
    """What providers report of some operations; each says when."""
    heard = st.tuples(
        st.sampled_from(OperationKind),
        st.sampled_from("abc"),
        st.sampled_from(OperationPhase),
        st.integers(1, 300),
        st.integers(0, 3),
        st.integers(0, 4),
    )
    return [
        a_report(
            kind,
            phase,
            minor,
            provider_ref=name,
            at=NOW + timedelta(seconds=second),
            source_event=f"evt_{event}",
            is_fact=True,
        )
        for kind, name, phase, minor, second, event in draw(st.lists(heard, max_size=12))
    ]


def shape(payment: Payment) -> tuple[Standing, set[object]]:
    """What must not depend on the order in which facts came."""
    operations = {
        (each.id, each.phase, each.minor, each.occurred_at, each.source_events)
        for each in payment.operations
    }
    return payment.standing, operations


@given(heard=facts(), data=st.data())
def test_facts_come_to_the_same_in_any_order_and_number(heard: list[Report], data: st.DataObject):
    again = data.draw(st.permutations([*heard, *heard[:4]]))

    assert shape(after(a_payment(), *heard)) == shape(after(a_payment(), *again))


@given(heard=facts())
def test_the_story_told_from_the_beginning_gives_the_payment(heard: list[Report]):
    payment = replace(a_payment(), version=0)
    here: dict[str, object] = {"state": "CREATED", **dict.fromkeys(payments.SUMS, 0)}

    for report in heard:
        done = payments.recorded(payment, report, LATER)
        if done.is_new:
            told = payments.told(done, report)
            assert told.seq == done.after.version == payment.version + 1
            assert told.type in SENTENCES
            for name, (before, now) in told.changes.items():
                assert here.get(name, 0 if name == "amount" else None) == before
                here[name] = now
        payment = done.after

    assert {name: here[name] for name in payments.SUMS} == {
        name: getattr(payment.standing, name) for name in payments.SUMS
    }
    assert here["state"] == payment.state
    assert {each.id: here[each.id] for each in payment.operations} == {
        each.id: each.phase for each in payment.operations
    }


def test_every_step_of_every_operation_has_a_name_and_a_sentence():
    steps = {(kind, phase) for kind in OperationKind for phase in OperationPhase}

    assert TYPES.keys() == steps
    assert set(TYPES.values()) <= SENTENCES.keys()


def test_what_more_is_known_of_an_operation_is_told_as_that():
    once = after(CAPTURED, a_report("REFUND", minor=1, provider_ref="re"))
    more = a_report("REFUND", minor=1, provider_ref="re", source_event="evt")

    done: Recorded = payments.recorded(once, more, LATER)

    assert payments.told(done, more).type == "OperationReported"


@pytest.mark.parametrize("minor", [-1, MAX_MINOR + 1])
def test_what_is_no_amount_is_refused(minor: int):
    [refusal] = wrong_report(a_report(minor=minor), NOW)

    assert refusal.path == ("amount", "minor")

"""A payment is a fold over what was asked of the provider, in any order, any number of times."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import ChannelId
from domain.money import Currency, CurrencyMismatch
from domain.payments import (
    RANK,
    SUMS,
    OperationKind,
    OperationPhase,
    PaymentOperation,
    PaymentState,
    Refund,
    fold,
    refunds_of,
    summed,
)
from domain.values import Actor, ActorKind
from tests.making import NOW, SEK, a_payment, an_operation


@st.composite
def reports(draw: st.DrawFn) -> list[PaymentOperation]:
    """What was heard of some operations; an operation is of one kind, whatever is said of it."""
    kinds = draw(st.lists(st.sampled_from(OperationKind), min_size=1, max_size=5))
    heard = st.tuples(
        st.integers(0, len(kinds) - 1),
        st.sampled_from(OperationPhase),
        st.integers(0, 300),
        st.integers(0, 3),
    )
    return [
        an_operation(kinds[n], phase, minor, n, occurred_at=NOW + timedelta(seconds=seconds))
        for n, phase, minor, seconds in draw(st.lists(heard, min_size=1, max_size=12))
    ]


@given(heard=reports(), data=st.data())
def test_the_fold_is_free_of_order(heard: list[PaymentOperation], data: st.DataObject):
    shuffled = data.draw(st.permutations(heard))

    assert fold(shuffled) == fold(heard)


@given(heard=reports(), data=st.data())
def test_the_fold_is_free_of_repetition(heard: list[PaymentOperation], data: st.DataObject):
    again = data.draw(st.lists(st.sampled_from(heard), max_size=8))

    assert fold([*heard, *again]) == fold(heard)


@given(heard=reports())
def test_no_sum_is_ever_negative(heard: list[PaymentOperation]):
    standing = fold(heard)

    assert all(getattr(standing, name) >= 0 for name in SUMS)


def test_phases_climb_in_the_order_of_the_table():
    climb = ["REQUESTED", "UNKNOWN", "FAILED", "SUCCEEDED", "REVERSED"]

    assert sorted(RANK, key=RANK.__getitem__) == climb


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(OperationPhase)))
def test_a_phase_never_falls_back(lower: OperationPhase, higher: OperationPhase):
    reached = an_operation("CAPTURE", higher)
    late = an_operation("CAPTURE", lower, occurred_at=NOW + timedelta(days=1))

    assert fold([reached, late]) == fold([late, reached]) == fold([reached])


def test_of_two_reports_of_one_phase_the_later_one_counts():
    first = an_operation("CAPTURE", "SUCCEEDED", 90)
    corrected = an_operation("CAPTURE", "SUCCEEDED", 80, occurred_at=NOW + timedelta(seconds=1))

    assert fold([first, corrected]).captured == fold([corrected, first]).captured == 80


AUTHORISED = ("AUTHORISE", "SUCCEEDED", 100)
CAPTURED = ("CAPTURE", "SUCCEEDED", 100)

HISTORIES = [
    ([], "CREATED", {}),
    ([("AUTHORISE", "REQUESTED", 100)], "PENDING", {}),
    ([("AUTHORISE", "UNKNOWN", 100)], "PENDING", {}),
    ([("AUTHORISE", "FAILED", 100)], "DECLINED", {}),
    ([("AUTHORISE", "FAILED", 100), ("AUTHORISE", "REQUESTED", 100)], "PENDING", {}),
    ([AUTHORISED], "AUTHORISED", {"authorised": 100}),
    ([("AUTHORISE", "FAILED", 100), AUTHORISED], "AUTHORISED", {"authorised": 100}),
    ([AUTHORISED, ("ADJUST", "SUCCEEDED", 20)], "AUTHORISED", {"authorised": 120}),
    (
        [AUTHORISED, ("CANCEL", "SUCCEEDED", 100)],
        "CANCELLED",
        {"authorised": 100, "cancelled": 100},
    ),
    (
        [AUTHORISED, ("CANCEL", "SUCCEEDED", 40)],
        "AUTHORISED",
        {"authorised": 100, "cancelled": 40},
    ),
    ([AUTHORISED, ("CANCEL", "REQUESTED", 100)], "AUTHORISED", {"authorised": 100}),
    (
        [AUTHORISED, ("CAPTURE", "SUCCEEDED", 60)],
        "PARTLY_CAPTURED",
        {"authorised": 100, "captured": 60},
    ),
    (
        [AUTHORISED, ("CAPTURE", "SUCCEEDED", 60), ("CANCEL", "SUCCEEDED", 40)],
        "CAPTURED",
        {"authorised": 100, "captured": 60, "cancelled": 40},
    ),
    ([AUTHORISED, ("CAPTURE", "UNKNOWN", 100)], "AUTHORISED", {"authorised": 100}),
    ([AUTHORISED, ("CAPTURE", "FAILED", 100)], "AUTHORISED", {"authorised": 100}),
    ([AUTHORISED, ("CAPTURE", "REVERSED", 100)], "AUTHORISED", {"authorised": 100}),
    ([AUTHORISED, CAPTURED], "CAPTURED", {"authorised": 100, "captured": 100}),
    ([CAPTURED], "CAPTURED", {"authorised": 100, "captured": 100}),
    (
        [("AUTHORISE", "FAILED", 100), CAPTURED],
        "CAPTURED",
        {"authorised": 100, "captured": 100},
    ),
    (
        [CAPTURED, ("REFUND", "REQUESTED", 30)],
        "CAPTURED",
        {"authorised": 100, "captured": 100, "refund_pending": 30},
    ),
    (
        [CAPTURED, ("REFUND", "FAILED", 30)],
        "CAPTURED",
        {"authorised": 100, "captured": 100},
    ),
    (
        [CAPTURED, ("REFUND", "SUCCEEDED", 30), ("REFUND", "UNKNOWN", 10)],
        "PARTLY_REFUNDED",
        {"authorised": 100, "captured": 100, "refunded": 30, "refund_pending": 10},
    ),
    (
        [CAPTURED, ("REFUND", "SUCCEEDED", 30), ("REFUND", "SUCCEEDED", 70)],
        "REFUNDED",
        {"authorised": 100, "captured": 100, "refunded": 100},
    ),
    (
        [CAPTURED, ("CHARGEBACK", "SUCCEEDED", 40)],
        "CAPTURED",
        {"authorised": 100, "captured": 100, "disputed": 40},
    ),
    (
        [CAPTURED, ("CHARGEBACK", "SUCCEEDED", 100)],
        "CHARGED_BACK",
        {"authorised": 100, "captured": 100, "disputed": 100},
    ),
    (
        [
            CAPTURED,
            ("CHARGEBACK", "SUCCEEDED", 100),
            ("CHARGEBACK_REVERSAL", "SUCCEEDED", 100),
        ],
        "CAPTURED",
        {"authorised": 100, "captured": 100},
    ),
    (
        [CAPTURED, ("CHARGEBACK_REVERSAL", "SUCCEEDED", 100)],
        "CAPTURED",
        {"authorised": 100, "captured": 100},
    ),
]


@pytest.mark.parametrize(("history", "state", "sums"), HISTORIES)
def test_a_history_adds_up_to_a_state_and_sums(
    history: list[tuple[str, str, int]], state: str, sums: dict[str, int]
):
    operations = [an_operation(*each, n=n) for n, each in enumerate(history)]

    standing = fold(operations)

    assert standing.state == PaymentState(state)
    assert {name: getattr(standing, name) for name in SUMS} == dict.fromkeys(SUMS, 0) | sums


@pytest.mark.parametrize(
    ("later", "refundable"),
    [
        ([], 100),
        ([("REFUND", "SUCCEEDED", 30)], 70),
        ([("REFUND", "REQUESTED", 30)], 70),
        ([("REFUND", "UNKNOWN", 30)], 70),
        ([("REFUND", "FAILED", 30)], 100),
        ([("REFUND", "REVERSED", 30)], 100),
        ([("CHARGEBACK", "SUCCEEDED", 60), ("REFUND", "SUCCEEDED", 30)], 10),
        ([("REFUND", "SUCCEEDED", 100)], 0),
    ],
)
def test_what_may_still_be_refunded(later: list[tuple[str, str, int]], refundable: int):
    history = [CAPTURED, *later]

    payment = a_payment(*(an_operation(*each, n=n) for n, each in enumerate(history)))

    assert payment.refundable.minor == refundable
    assert payment.refundable.currency == SEK


def test_a_refund_is_shown_where_it_was_asked_for():
    till = ChannelId("chn_till")
    asked_at_till = Actor(ActorKind.STAFF, "anna", channel_id=till)
    payment = a_payment(
        an_operation(*CAPTURED),
        an_operation("REFUND", "SUCCEEDED", 30, n=1, requested_by=asked_at_till, reason="LATE"),
        an_operation("REFUND", "REQUESTED", 20, n=2),
    )

    first, second = refunds_of(payment)

    assert (first.amount.minor, first.reason, first.initiated_in_id) == (30, "LATE", till)
    assert second.initiated_in_id == payment.channel_id
    assert isinstance(first, Refund)
    assert first.id != second.id


def test_the_tenders_of_an_order_are_summed_by_name():
    cash, card = a_payment(an_operation(*CAPTURED)), a_payment(an_operation(*AUTHORISED))

    sums = summed([cash, card], SEK)

    assert {name: amount.minor for name, amount in sums.items()} == {
        **dict.fromkeys(SUMS, 0),
        "authorised": 200,
        "captured": 100,
    }


def test_tenders_in_another_currency_are_not_summed():
    with pytest.raises(CurrencyMismatch):
        summed([a_payment(an_operation(*CAPTURED), currency=Currency("EUR"))], SEK)

"""Totals add up to the minor unit; statuses follow from lines, payments and returns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.money import Currency, CurrencyMismatch, TaxedMoney
from domain.orders import (
    ENDED_RETURNS,
    FULFILLMENT_STEPS,
    VOID,
    DeliveryMode,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    OrderState,
    PickupTicket,
    ReturnState,
    balance,
    fulfillment_status,
    packed,
    payment_status,
    return_status,
    returned,
    totals,
)
from domain.viewer import ANONYMOUS, SYSTEM, Role, Viewer
from tests.making import (
    NOW,
    SEK,
    a_line,
    a_payment,
    a_return,
    a_return_line,
    an_operation,
    an_order,
    at_location,
)

FREE = TaxedMoney(SEK, 0)

rates = st.sampled_from([0, 600, 1200, 2500])


@given(
    prices=st.lists(st.tuples(st.integers(0, 10**7), rates), min_size=1, max_size=6),
    discount=st.integers(0, 10**7),
    delivery=st.tuples(st.integers(0, 10**4), rates),
)
def test_lines_less_discounts_and_delivery_are_the_total(
    prices: list[tuple[int, int]], discount: int, delivery: tuple[int, int]
):
    lines = [a_line(gross, rate) for gross, rate in prices]
    sent = a_line(*delivery).line_total
    discounts = min(discount, sum(gross for gross, _ in prices))

    sums = totals(lines, discounts, sent, SEK)

    assert sums.grand.gross == sums.goods.gross - sums.discounts + sent.gross
    assert sums.grand.net + sums.grand.tax == sums.grand.gross
    assert sums.goods.net + sums.goods.tax == sums.goods.gross
    assert all(line.base + line.amount for line in sums.grand.tax_lines if line.rate_bps)
    assert all(share.amount >= 0 for share in sums.grand.taxes)


@pytest.mark.parametrize(
    ("prices", "discount", "grand", "tax"),
    [
        ([(125_00, 2500)], 0, 125_00, 25_00),
        ([(125_00, 2500)], 25_00, 100_00, 20_00),
        ([(125_00, 2500)], 125_00, 0, 0),
        ([(100_00, 0)], 10_00, 90_00, 0),
        ([(125_00, 2500), (100_00, 0)], 0, 225_00, 25_00),
        ([(125_00, 2500), (125_00, 0)], 50_00, 200_00, 20_00),
        ([(100_00, 2500), (112_00, 1200)], 53_00, 159_00, 15_00 + 9_00),
        ([(1, 2500), (1, 2500), (1, 2500)], 1, 2, 0),
    ],
)
def test_a_discount_takes_its_tax_along(
    prices: list[tuple[int, int]], discount: int, grand: int, tax: int
):
    sums = totals([a_line(*each) for each in prices], discount, FREE, SEK)

    assert (sums.grand.gross_minor, sums.grand.tax.minor) == (grand, tax)


def test_a_discount_on_a_line_of_two_rates_is_taken_off_both():
    both = TaxedMoney.sum([a_line(125_00, 2500).line_total, a_line(112_00, 1200).line_total], SEK)
    menu = replace(a_line(237_00), line_total=both)

    sums = totals([menu], 23_70, FREE, SEK)

    assert [(share.rate_bps, share.base + share.amount) for share in sums.grand.taxes] == [
        (2500, 112_50),
        (1200, 100_80),
    ]
    assert sums.grand.tax.minor == 22_50 + 10_80


def test_lines_in_another_currency_are_not_summed():
    with pytest.raises(CurrencyMismatch):
        totals([a_line(1)], 0, TaxedMoney(Currency("EUR"), 0), Currency("EUR"))


@pytest.mark.parametrize("state", OrderState)
def test_nothing_is_due_for_a_void_order(state: OrderState):
    order = an_order(a_line(100), state=state)

    assert order.due.minor == (0 if state in VOID else 100)
    assert {OrderState.CANCELLED, OrderState.EXPIRED} == VOID


AUTHORISED = ("AUTHORISE", "SUCCEEDED", 100)
CAPTURED = ("CAPTURE", "SUCCEEDED", 100)
GIVEN_BACK = ("REFUND", "SUCCEEDED", 100)
Told = list[list[tuple[str, str, int]]]

PAID: list[tuple[str, Told, str]] = [
    ("CONFIRMED", [], "NONE"),
    ("CONFIRMED", [[("AUTHORISE", "FAILED", 100)]], "NONE"),
    ("CONFIRMED", [[("AUTHORISE", "UNKNOWN", 100)]], "PENDING"),
    ("CONFIRMED", [[("AUTHORISE", "FAILED", 100)], [AUTHORISED]], "SECURED"),
    ("CONFIRMED", [[("AUTHORISE", "SUCCEEDED", 60)]], "PARTLY_SECURED"),
    ("CONFIRMED", [[AUTHORISED, ("CANCEL", "SUCCEEDED", 40)]], "PARTLY_SECURED"),
    ("CONFIRMED", [[AUTHORISED, ("CANCEL", "SUCCEEDED", 100)]], "NONE"),
    ("CONFIRMED", [[AUTHORISED, ("CAPTURE", "SUCCEEDED", 60)]], "PARTLY_PAID"),
    ("CONFIRMED", [[("CAPTURE", "SUCCEEDED", 40)], [("CAPTURE", "SUCCEEDED", 60)]], "PAID"),
    ("CONFIRMED", [[CAPTURED]], "PAID"),
    ("CONFIRMED", [[CAPTURED], [CAPTURED]], "OVERPAID"),
    ("CONFIRMED", [[CAPTURED, ("REFUND", "REQUESTED", 100)]], "PAID"),
    ("CONFIRMED", [[CAPTURED, ("REFUND", "SUCCEEDED", 1)]], "PARTLY_REFUNDED"),
    ("CONFIRMED", [[CAPTURED, GIVEN_BACK], [CAPTURED]], "PARTLY_REFUNDED"),
    ("CONFIRMED", [[CAPTURED, GIVEN_BACK]], "REFUNDED"),
    ("CONFIRMED", [[CAPTURED, ("CHARGEBACK", "SUCCEEDED", 1), GIVEN_BACK]], "DISPUTED"),
    ("CANCELLED", [[CAPTURED]], "OVERPAID"),
    ("CANCELLED", [[CAPTURED, GIVEN_BACK]], "REFUNDED"),
    ("CANCELLED", [[AUTHORISED, ("CANCEL", "SUCCEEDED", 100)]], "NONE"),
    ("EXPIRED", [], "NONE"),
]


@pytest.mark.parametrize(("state", "tenders", "status"), PAID)
def test_how_far_an_order_is_paid(state: str, tenders: Told, status: str):
    order = an_order(a_line(100), state=OrderState(state))
    payments = [
        a_payment(*(an_operation(*told, n=n) for n, told in enumerate(tender)))
        for tender in tenders
    ]

    assert payment_status(order, payments) == status
    assert payment_status(order, payments[::-1]) == status


@pytest.mark.parametrize(
    ("tenders", "outstanding", "refundable"),
    [
        ([], 100, 0),
        ([[AUTHORISED]], 0, 0),
        ([[("AUTHORISE", "SUCCEEDED", 60)]], 40, 0),
        ([[CAPTURED]], 0, 100),
        ([[CAPTURED], [CAPTURED]], 0, 200),
        ([[CAPTURED, ("REFUND", "SUCCEEDED", 30), ("REFUND", "UNKNOWN", 20)]], 0, 50),
        ([[CAPTURED, ("CHARGEBACK", "SUCCEEDED", 70)]], 0, 30),
    ],
)
def test_the_balance_says_what_is_missing_and_what_may_go_back(
    tenders: Told, outstanding: int, refundable: int
):
    payments = [
        a_payment(*(an_operation(*told, n=n) for n, told in enumerate(tender)))
        for tender in tenders
    ]

    sums = balance(an_order(a_line(100)), payments)

    assert (sums.outstanding.minor, sums.refundable.minor) == (outstanding, refundable)


@pytest.mark.parametrize(
    ("buckets", "status"),
    [
        ([], "NOT_NEEDED"),
        ([{"cancelled": 1}], "NOT_NEEDED"),
        ([{"unsourced": 1}], "UNSOURCED"),
        ([{"allocated": 1}], "SOURCED"),
        ([{"allocated": 1}, {"unsourced": 1}], "UNSOURCED"),
        ([{"allocated": 1, "cancelled": 1}], "SOURCED"),
        ([{"in_hand": 1}, {"unsourced": 1}], "IN_PROGRESS"),
        ([{"handed_over": 1}], "DONE"),
        ([{"handed_over": 1}, {"cancelled": 1}], "DONE"),
        ([{"handed_over": 1}, {"in_hand": 1}], "PARTIAL"),
        ([{"handed_over": 1}, {"allocated": 1}], "PARTIAL"),
        ([{"handed_over": 1}, {"unsourced": 1}], "PARTIAL"),
    ],
)
def test_how_far_the_goods_are(buckets: list[dict[str, int]], status: str):
    lines = [a_line(100, ordered=sum(each.values()), **each) for each in buckets]

    assert fulfillment_status(an_order(a_line(1), lines=tuple(lines))) == status


@pytest.mark.parametrize(
    ("units", "states", "status"),
    [
        ([(2, 0)], [], "NONE"),
        ([(2, 0)], ["REQUESTED"], "OPEN"),
        ([(2, 0)], ["DECLINED"], "NONE"),
        ([(2, 0)], ["CANCELLED"], "NONE"),
        ([(2, 1)], ["CLOSED"], "PARTIAL"),
        ([(2, 2)], ["CLOSED"], "FULL"),
        ([(2, 2), (1, 0)], ["CLOSED"], "PARTIAL"),
        ([(2, 2)], ["CLOSED", "RECEIVED"], "OPEN"),
        ([(0, 0)], [], "NONE"),
    ],
)
def test_how_much_came_back(units: list[tuple[int, int]], states: list[str], status: str):
    lines = [a_line(100, handed_over=over, returned=back) for over, back in units]
    returns = [a_return(ReturnState(state), n) for n, state in enumerate(states)]

    assert return_status(an_order(*lines), returns) == status


@pytest.mark.parametrize("state", ReturnState)
def test_a_return_is_open_until_it_has_ended(state: ReturnState):
    order = an_order(a_line(100, handed_over=1))

    is_open = return_status(order, [a_return(state)]) == "OPEN"

    assert is_open == (state not in ENDED_RETURNS)


def a_fulfillment(state: FulfillmentState, *lines: FulfillmentLine) -> Fulfillment:
    order = an_order()
    return Fulfillment(
        id="ful_1",
        updated_at=NOW,
        order_id=order.id,
        channel_id=order.channel_id,
        location_id=at_location(0),
        location_ids=(at_location(0),),
        mode=DeliveryMode.PICK_UP,
        state=state,
        lines=lines,
    )


@pytest.mark.parametrize(
    ("state", "following"),
    [
        ("PLANNED", "ACCEPTED REJECTED CANCELLED"),
        ("ACCEPTED", "REJECTED PICKING CANCELLED"),
        ("PICKING", "REJECTED PACKED READY CANCELLED"),
        ("PACKED", "SHIPPED CANCELLED"),
        ("SHIPPED", "DELIVERED LOST"),
        ("READY", "COLLECTED UNCOLLECTED CANCELLED"),
        *((ended, "") for ended in ("REJECTED", "DELIVERED", "LOST", "COLLECTED")),
        *((ended, "") for ended in ("UNCOLLECTED", "CANCELLED")),
    ],
)
def test_a_fulfillment_goes_on_as_the_table_says(state: str, following: str):
    assert a_fulfillment(FulfillmentState(state)).allowed == following.split()


def test_every_state_but_the_first_can_be_reached():
    reached = frozenset[FulfillmentState]().union(*FULFILLMENT_STEPS.values())

    assert set(FulfillmentState) - reached == {FulfillmentState.PLANNED}


def test_lines_are_shown_beside_the_order_lines_that_they_are_of():
    cup, bean = a_line(100, n=1, name="Cup"), a_line(200, n=2, name="Bean")
    order = an_order(cup, bean)
    sent = a_fulfillment(FulfillmentState.PLANNED, FulfillmentLine(bean.id, 3))
    back = a_return(ReturnState.REQUESTED, lines=(a_return_line(cup, 1),))

    assert [(line.order_line, line.quantity) for line in packed(sent, order)] == [(bean, 3)]
    assert [(line.order_line, line.quantity) for line in returned(back, order)] == [(cup, 1)]


@pytest.mark.parametrize("role", Role)
def test_staff_must_ask_the_customer_for_the_code(role: Role):
    shown = PickupTicket("4711").code_shown_to(Viewer(role))

    hidden = role in {Role.CLERK, Role.SUPPORT, Role.FINANCE}
    assert shown == ("••••" if hidden else "4711")
    assert PickupTicket("4711").code_shown_to(SYSTEM) == "4711"
    assert PickupTicket("4711").code_shown_to(ANONYMOUS) == "4711"

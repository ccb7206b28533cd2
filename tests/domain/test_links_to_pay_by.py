"""Where a link to pay by stands is a function of its payments, its life and the time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.channels import links
from domain.channels.abilities import Lifetimes
from domain.channels.answers import Closed, Opened, Rejected, Unknown
from domain.channels.links import Asked, Maker
from domain.money import Currency, Money
from domain.orders import OrderState
from domain.payments import LinkLife, LinkState, Payment, claimed, is_late, state_of
from domain.payments.links import MOST_IN_A_CODE
from domain.refusals import IllegalTransition
from domain.values import SYSTEM_ACTOR
from tests.making import NOW, SEK, a_link, a_payment, an_operation, an_order

LATER = NOW + timedelta(hours=2)
LIFETIMES = Lifetimes(timedelta(minutes=30), timedelta(hours=24))
MAKER = Maker(provider="stripe", merchant_account="acct", lifetimes=LIFETIMES)
L, S = LinkLife, LinkState


def taken(minor: int, phase: str = "SUCCEEDED", link: Any = None) -> Payment:
    operation = an_operation("CAPTURE", phase, minor)
    return a_payment(operation, minor=minor, link_id=link or a_link().id)


@pytest.mark.parametrize(
    ("life", "payments", "at", "state"),
    [
        (L.REQUESTED, [], NOW, S.REQUESTED),
        (L.REQUESTED, [], LATER, S.EXPIRED),
        (L.OPEN, [], NOW, S.OPEN),
        (L.OPEN, [], LATER, S.EXPIRED),
        (L.OPEN, [taken(100)], NOW, S.PAID),
        (L.OPEN, [taken(100)], LATER, S.PAID),
        (L.CANCELLED, [taken(100)], NOW, S.PAID),
        (L.OPEN, [taken(60)], NOW, S.PARTLY_PAID),
        (L.OPEN, [taken(100, "REQUESTED")], LATER, S.PENDING),
        (L.OPEN, [taken(100, "FAILED")], NOW, S.OPEN),
        (L.OPEN, [taken(100, link="lnk_other")], NOW, S.OPEN),
        (L.CANCELLING, [], NOW, S.CANCELLING),
        (L.CANCELLED, [], LATER, S.CANCELLED),
        (L.REFUSED, [], LATER, S.REFUSED),
    ],
)
def test_where_it_stands(life, payments, at, state):
    assert state_of(a_link(life=life), payments, at) is state


@pytest.mark.parametrize(
    ("life", "payments", "at", "minor"),
    [
        (L.REQUESTED, [], NOW, 100),
        (L.CANCELLING, [], NOW, 100),
        (L.OPEN, [taken(60)], NOW, 40),
        (L.OPEN, [taken(100)], NOW, 0),
        (L.OPEN, [taken(100, "REQUESTED")], LATER, 100),
        (L.OPEN, [], LATER, 0),
        (L.CANCELLED, [], NOW, 0),
        (L.REFUSED, [], NOW, 0),
    ],
)
def test_only_what_may_still_come_is_asked_for(life, payments, at, minor):
    assert claimed(a_link(life=life), payments, at) == Money(minor, SEK)


@pytest.mark.parametrize(
    ("length", "fits"), [(200, True), (MOST_IN_A_CODE, True), (MOST_IN_A_CODE + 1, False)]
)
def test_a_code_holds_the_address_that_is_paid_at_if_it_fits(length, fits):
    link = a_link(url="https://pay.example/".ljust(length, "x"))

    assert link.qr_payload == (link.url if fits else None)


def test_before_there_is_an_address_there_is_no_code():
    assert a_link(url=None).qr_payload is None


def refused(asked: Asked, *there: Any, order: Any = None, payments: Any = ()) -> list[str]:
    """The names of the rules that say no."""
    found = links.wrong(order or an_order(), asked, LIFETIMES, payments, there, NOW)
    return [type(each).__name__ for each in found]


def test_all_that_is_due_may_be_asked_for_and_no_more():
    assert refused(Asked(amount=Money(100_00, SEK))) == []
    assert refused(Asked(amount=Money(100_01, SEK))) == ["AmountExceedsDue"]


def test_what_other_links_ask_for_is_not_asked_for_twice():
    there = a_link(minor=70_00)

    assert refused(Asked(amount=Money(30_00, SEK)), there) == []
    assert refused(Asked(amount=Money(30_01, SEK)), there) == ["AmountExceedsDue"]
    assert refused(Asked(amount=Money(100_00, SEK)), replace(there, life=L.CANCELLED)) == []


def test_nothing_is_asked_for_an_order_that_is_void():
    order = an_order(state=OrderState.CANCELLED)

    assert refused(Asked(amount=Money(1, SEK)), order=order) == ["Invalid"]


def test_it_is_asked_for_in_the_currency_of_the_order():
    assert refused(Asked(amount=Money(1, Currency("EUR")))) == ["OtherCurrency"]


@pytest.mark.parametrize(
    ("after", "is_wrong"),
    [
        (timedelta(minutes=29), True),
        (timedelta(minutes=30), False),
        (timedelta(hours=24), False),
        (timedelta(hours=24, seconds=1), True),
        (timedelta(hours=-1), True),
    ],
)
def test_it_lives_as_long_as_its_provider_lets_it(after, is_wrong):
    asked = Asked(amount=Money(1, SEK), expires_at=NOW + after)

    assert refused(asked) == (["Invalid"] if is_wrong else [])


def test_without_an_end_it_lives_as_long_as_it_may():
    link = links.begun(an_order(), 3, Asked(amount=Money(5, SEK)), MAKER, "cause", NOW)

    assert link.expires_at == NOW + timedelta(hours=24)
    assert (link.nth, link.life, link.provider) == (3, L.REQUESTED, "stripe")


@pytest.mark.parametrize(
    ("said", "life"),
    [
        (Opened("cs_1", "https://pay.example"), L.OPEN),
        (Closed(), L.CANCELLED),
        (Rejected("bad", "It is bad."), L.REFUSED),
        (Unknown("Nobody knows."), L.REQUESTED),
    ],
)
def test_what_the_answer_makes_of_it(said, life):
    link = a_link(life=L.REQUESTED, ref=None, url=None)
    errand = links.opening(link, "Order 1", "cause", SYSTEM_ACTOR, NOW)

    after = links.answered(link, errand, said, NOW)

    assert after.life is life
    assert after.version == link.version + (life is not L.REQUESTED)
    assert links.is_waiting(after, errand) is (life is L.REQUESTED)


def test_what_is_not_ended_can_be_paid_again():
    link, errand = links.ending(a_link(), (), "cause", SYSTEM_ACTOR, NOW)

    left = links.answered(link, errand, Rejected("session_complete", "Paid."), NOW)

    assert link.life is L.CANCELLING
    assert left.life is L.OPEN
    assert left.decline_code == "session_complete"
    assert links.is_refused(left, errand)


@pytest.mark.parametrize("life", [L.REQUESTED, L.CANCELLING, L.CANCELLED, L.REFUSED])
def test_only_what_is_open_can_be_ended(life):
    with pytest.raises(IllegalTransition):
        links.ending(a_link(life=life), (), "cause", SYSTEM_ACTOR, NOW)


def test_what_is_paid_cannot_be_ended():
    with pytest.raises(IllegalTransition):
        links.ending(a_link(), [taken(100)], "cause", SYSTEM_ACTOR, NOW)


@pytest.mark.parametrize(
    ("life", "begun", "phase", "late"),
    [
        (L.OPEN, NOW, "SUCCEEDED", False),
        (L.OPEN, LATER, "SUCCEEDED", True),
        (L.OPEN, LATER, "FAILED", False),
        (L.CANCELLED, NOW, "SUCCEEDED", True),
        (L.CANCELLED, NOW, "REQUESTED", False),
    ],
)
def test_what_was_begun_after_the_end_is_late(life, begun, phase, late):
    payment = replace(taken(100, phase), created_at=begun)

    assert is_late(a_link(life=life), payment) is late

"""What orders of shops move depends on the newest telling, not on what came before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.channels import shipping
from domain.channels.shipping import Change, Piece, Shipment
from domain.channels.told import GoodsTold, LineTold, OrderTold, Parcel
from domain.ids import LocationId, Sku
from domain.money import Currency
from domain.orders import OrderState
from domain.values import Seen
from tests.making import NOW

MUG = Sku("MUG")
HERE, THERE = LocationId("loc_1"), LocationId("loc_2")
LATER = NOW + timedelta(hours=1)

pieces = some.lists(
    some.builds(
        Piece,
        some.just(MUG),
        some.sampled_from((HERE, THERE)),
        some.integers(-3, 9).filter(bool),
        some.sampled_from((None, NOW, LATER)),
    ),
    max_size=5,
).map(tuple)


def told(goods: GoodsTold, state: OrderState = OrderState.CONFIRMED) -> OrderTold:
    line = LineTold(ref="1", sku=MUG, name="Mug", ordered=3, unit_minor=1, total_minor=3)
    return OrderTold(
        ref="9001",
        number="#1001",
        state=state,
        raw_status="paid",
        placed_at=NOW,
        as_of=NOW,
        currency=Currency("EUR"),
        lines=(line,),
        total_minor=3,
        goods=goods,
    )


def units(of: Sequence[Piece]) -> Counter[object]:
    """How many units are where, by when they got there."""
    found = Counter[object]()
    for each in of:
        found[each.shelf, each.at] += each.units
    return Counter({key: n for key, n in found.items() if n})


def done(some_changes: Sequence[Change]) -> Counter[object]:
    found = Counter[object]()
    for each in some_changes:
        found[each.shelf, None] += each.open
        for at, n in each.sent:
            found[each.shelf, at] += n
    return found


@given(some.lists(pieces, min_size=1, max_size=6))
def test_the_differences_add_up_to_the_last_telling(tellings):
    moved, before = Counter[object](), ()
    for after in tellings:
        for key, n in done(shipping.changes(before, after)).items():
            moved[key] += n
        before = after

    assert {key: n for key, n in moved.items() if n} == dict(units(tellings[-1]))


@given(pieces)
def test_the_same_once_more_moves_nothing(telling):
    assert shipping.changes(telling, telling) == []


@given(pieces, pieces)
def test_a_shelf_that_is_left_out_is_moved_later(before, after):
    left = {(MUG, HERE)}
    first = [each for each in shipping.changes(before, after) if each.shelf not in left]
    kept = shipping.moved(before, after, left)

    second = shipping.changes(kept, after)

    both = done(first) + Counter()
    both.update({key: n for key, n in done(first).items() if n < 0})
    for key, n in done(second).items():
        both[key] += n
    assert {k: n for k, n in both.items() if n} == {
        k: n for k, n in done(shipping.changes(before, after)).items() if n
    }
    assert all(each.shelf in left for each in second)


def test_what_is_nowhere_of_ours_is_left_out():
    goods = GoodsTold(open=(Parcel(MUG, 1, "77"), Parcel(MUG, 2, "99")))

    found = shipping.pieces(told(goods), goods, {"77": HERE}, None)

    assert found == (Piece(MUG, HERE, 1),)


def test_what_is_not_said_stays_where_it_was_to_be_sent_from():
    goods = GoodsTold(open=(Parcel(MUG, 2),))
    before = Shipment(
        id="shop:order:1", account="shop", seen=Seen(NOW, ""), pieces=(Piece(MUG, THERE, 3),)
    )

    places = {None: HERE}
    assert shipping.pieces(told(goods), goods, places, before) == (Piece(MUG, THERE, 2),)
    assert shipping.pieces(told(goods), goods, places, None) == (Piece(MUG, HERE, 2),)


@pytest.mark.parametrize("state", [OrderState.CANCELLED, OrderState.EXPIRED, OrderState.DRAFT])
def test_an_order_that_is_void_promises_nothing_and_keeps_what_it_sent(state):
    goods = GoodsTold(open=(Parcel(MUG, 1, "77"),), sent=(Parcel(MUG, 2, "77", NOW),))

    found = shipping.pieces(told(goods, state), goods, {"77": HERE}, None)

    assert found == (Piece(MUG, HERE, 2, NOW),)


def test_what_came_back_makes_up_for_what_was_sent():
    sent, back = (Parcel(MUG, 2, "77", NOW),), (Parcel(MUG, 1, "78", LATER),)
    goods = GoodsTold(sent=sent, back=back)

    found = shipping.pieces(told(goods), goods, {"77": HERE, "78": THERE}, None)

    assert found == (Piece(MUG, HERE, 2, NOW), Piece(MUG, THERE, -1, LATER))


def test_of_two_tellings_of_one_second_the_one_that_says_where_counts():
    vague, clear = (
        shipping.begun(told(goods), goods, "shopify", "shop")
        for goods in (
            GoodsTold(open=(Parcel(MUG, 1),)),
            GoodsTold((Parcel(MUG, 1),), is_placed=True),
        )
    )

    assert clear.seen > vague.seen
    assert (vague.is_placed, clear.is_placed) == (False, True)

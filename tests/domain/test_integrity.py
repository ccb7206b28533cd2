"""What is broken is named, and what is not is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import integrity, ledger
from domain.ids import LocationId
from domain.integrity import Away, Fault, Level, Replay, Shelf, Story, Tale, Tally, Written
from domain.integrity.stock import Held, Line, OfShop
from domain.recorded import LEVEL_NUMBERS
from tests.making import NOW, a_channel, a_level, a_payment, an_operation

SOON = NOW + timedelta(minutes=15)
HELD = Held(2, "ACTIVE", SOON)
PINNED = Held(2, "PINNED", SOON)
LEVEL = Level(
    id="stk_1",
    version=1,
    sku="MUG",
    location_id="loc_1",
    on_hand=10,
    committed=1,
    reserved=2,
    unavailable=3,
    free=4,
    reservations={"res_1": HELD},
    next_expiry=SOON,
)
ROW = Written(id="res_1", state="ACTIVE", lines=(Line("MUG", "loc_1", 2),), updated_at=NOW)


def of_level(level: Level, *away: Away) -> list[tuple[str, str]]:
    return [(each.name, each.id) for each in integrity.level_faults(Shelf(level, away))]


def of_hold(hold: Held, *rows: Written, **fields: object) -> list[str]:
    level = replace(LEVEL, reservations={"res_1": hold}, **fields)
    faults = integrity.hold_faults(Shelf(level), {row.id: row for row in rows}, NOW)
    return [each.id for each in faults]


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({}, []),
        ({"free": 5}, ["S1"]),
        ({"on_hand": 5, "free": -1}, ["S1"]),
        ({"incoming": -1}, ["S1"]),
        ({"reserved": 3, "free": 3}, ["S2"]),
    ],
)
def test_numbers_that_do_not_add_up(fields, broken):
    assert of_level(replace(LEVEL, **fields)) == [(name, "stk_1") for name in broken]


def test_units_held_far_away_are_reserved_too():
    away = Away(id="d/res_2", level_id="stk_1", reservation="res_2", hold=Held(3, "ACTIVE", SOON))
    crowded = replace(LEVEL, on_hand=13, reserved=5, far="d")

    assert of_level(crowded, away) == []
    assert of_level(crowded) == [("S2", "stk_1")]
    assert of_level(replace(crowded, far=None), away) == [("S2", "stk_1")]


@pytest.mark.parametrize(
    ("shops", "awaited", "is_well"),
    [
        ({}, {}, True),
        ({"kitchen": OfShop(1)}, {"kitchen": 1}, True),
        ({"kitchen": OfShop(1), "bath": OfShop(0)}, {"kitchen": 1}, True),
        ({"kitchen": OfShop(1)}, {}, False),
        ({}, {"kitchen": 1}, False),
        ({"kitchen": OfShop(1)}, {"bath": 1}, False),
        ({"kitchen": OfShop(2)}, {"kitchen": 2}, False),
    ],
)
def test_what_is_promised_to_shops_is_what_their_orders_wait_for(shops, awaited, is_well):
    shelf = Shelf(replace(LEVEL, shops=shops), (), awaited)

    assert list(integrity.promise_faults(shelf)) == (
        [] if is_well else [Fault("S6", *["stk_1"] * 2)]
    )


@pytest.mark.parametrize(
    ("hold", "rows", "fields"),
    [
        (HELD, [ROW], {}),
        (HELD, [], {}),
        (replace(HELD, until=NOW), [ROW], {"next_expiry": NOW}),
        (HELD, [replace(ROW, state="EXPIRED", updated_at=NOW - timedelta(days=1))], {}),
        (PINNED, [ROW], {"next_expiry": None}),
        (PINNED, [replace(ROW, state="RELEASED")], {}),
    ],
)
def test_a_hold_that_is_well(hold, rows, fields):
    assert of_hold(hold, *rows, **fields) == []


@pytest.mark.parametrize(
    ("hold", "rows", "fields"),
    [
        (replace(HELD, quantity=0), [ROW], {}),
        (replace(HELD, quantity=3), [ROW], {}),
        (replace(HELD, state="EXPIRED"), [ROW], {}),
        (replace(HELD, until=NOW + timedelta(days=2)), [ROW], {}),
        (HELD, [ROW], {"next_expiry": None}),
        (HELD, [ROW], {"next_expiry": SOON + timedelta(seconds=1)}),
        (PINNED, [], {}),
        (PINNED, [replace(ROW, state="RELEASED", updated_at=NOW - timedelta(days=1))], {}),
    ],
)
def test_a_hold_that_is_not(hold, rows, fields):
    assert of_hold(hold, *rows, **fields) == ["res_1"]


@given(free=st.integers(0, 9), committed=st.integers(0, 9), safety=st.integers(0, 9))
def test_every_explanation_sums_to_its_number(free, committed, safety):
    level = a_level(free, committed=committed)
    channel = a_channel(sells_from=(LocationId(level.location_id),), safety_stock=safety)

    assert list(integrity.explanation_faults(level, [channel])) == []


def replayed(*tales: Tale, units=None, **numbers: int) -> list[str]:
    replay = Replay()
    for tale in tales:
        replay.add(tale)
    level = {**dict.fromkeys(LEVEL_NUMBERS, 0), **numbers}
    return [each.name for each in replay.faults("stk_1", level, units or {})]


OPENED = Tale(1, "StockOpened", {"on_hand": (0, 5), "free": (0, 5)})
RESERVED = Tale(2, "StockReserved", {"free": (5, 3), "reserved": (0, 2), "res_1": (None, 2)})
RELEASED = Tale(3, "ReservationReleased", {"free": (3, 5), "reserved": (2, 0), "res_1": (2, None)})


def test_a_story_leads_to_the_numbers_and_holds():
    assert replayed(OPENED, RESERVED, on_hand=5, free=3, reserved=2, units={"res_1": 2}) == []
    assert replayed(OPENED, RESERVED, on_hand=5, free=3, reserved=2) == ["S4"]
    assert replayed(OPENED, RESERVED, RELEASED, on_hand=5, free=5) == []
    assert replayed(OPENED, RELEASED, on_hand=5, free=5) == ["S4"]


def test_what_was_promised_without_being_there_is_never_forgotten():
    most = Tale(2, "StockReserved", {"free": (5, -1), "reserved": (0, 6), "res_1": (None, 6)})
    back = Tale(3, "ReservationReleased", {"free": (-1, 5), "reserved": (6, 0), "res_1": (6, None)})

    assert replayed(OPENED, most, back, on_hand=5, free=5) == ["S3"]


def test_units_lost_after_they_were_promised_break_no_promise():
    lost = Tale(3, "StockReported", {"on_hand": (5, 1), "free": (3, -1)})
    held = {"units": {"res_1": 2}, "reserved": 2}

    assert replayed(OPENED, RESERVED, lost, on_hand=1, free=-1, **held) == []


@pytest.mark.parametrize(
    ("numbers", "first", "leads"),
    [
        ([1, 2, 3], "StockAdjusted", True),
        ([3], "StockOpened", True),
        ([2, 3], "StockAdjusted", False),
        ([1, 3], "StockOpened", False),
        ([1, 2], "StockOpened", False),
        ([], "", False),
    ],
)
def test_a_story_begins_at_the_beginning_and_leaves_nothing_out(numbers, first, leads):
    story = Story()
    for n, seq in enumerate(numbers):
        story.add(Tale(seq, "StockAdjusted" if n else first))

    assert story.leads_to(3) is leads


CAPTURED = an_operation("CAPTURE", "SUCCEEDED", 100, n=1)
REFUNDED = an_operation("REFUND", "SUCCEEDED", 30, n=2)
PAID = a_payment(CAPTURED, REFUNDED)


@pytest.mark.parametrize(
    ("payment", "broken"),
    [
        (PAID, []),
        (a_payment(CAPTURED, replace(REFUNDED, minor=101)), ["P1"]),
        (a_payment(CAPTURED, an_operation("AUTHORISE", "SUCCEEDED", 50, n=3)), ["P1"]),
        (replace(PAID, standing=replace(PAID.standing, authorised=101)), ["P2"]),
        (a_payment(CAPTURED, replace(REFUNDED, idempotency_key="key-1")), ["P3"]),
        (a_payment(replace(CAPTURED, idempotency_key="")), ["P3"]),
    ],
)
def test_payments_that_break_a_rule(payment, broken):
    assert [each.name for each in integrity.payment_faults(payment)] == broken


def test_the_ledger_is_what_the_operations_moved():
    posted = list(ledger.missing(PAID, ()))
    late = replace(PAID, order_id=None)
    uneven = replace(posted[0], lines=(replace(posted[0].lines[0], minor=1), posted[0].lines[1]))

    assert list(integrity.ledger_faults(PAID, posted)) == []
    assert list(integrity.ledger_faults(late, posted)) == []
    assert [each.id for each in integrity.ledger_faults(PAID, posted[1:])] == [PAID.id]
    assert [each.id for each in integrity.ledger_faults(PAID, [*posted, posted[0]])] == [PAID.id]
    assert [each.id for each in integrity.posting_faults(uneven)] == [uneven.id]
    assert list(integrity.ledger_faults(PAID, [uneven, posted[1]])) == []


def test_a_tally_counts_all_and_keeps_the_smallest_ids():
    tally = Tally(2)
    tally.seen(("S1", "E1"), 7)
    tally.add([Fault("S1", key, key) for key in ("c", "a", "b")])
    tally.add([Fault("E1", "jrn_4", "jrn_4", times=9), Fault("S1", "a", "elsewhere")])

    found = {each.name: each for each in tally.checks()}
    assert (found["S1"].checked, found["S1"].broken, found["S1"].ids) == (7, 4, ("a", "b"))
    assert (found["E1"].broken, found["E1"].ids) == (9, ("jrn_4",))
    assert found["P1"].holds

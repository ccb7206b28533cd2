"""A buyer holds mugs, and buys them or not."""

from __future__ import annotations

import asyncio

import pytest

from tests.trading import (
    CLERKS,
    FINANCE,
    MUG,
    NO_QUESTION,
    NOBODY,
    ORDERS,
    PARTNER,
    PLATE,
    SHOPPERS,
    SUPPORT,
    mugs,
    place,
)

WORSE = [-1, 1.5, 2**31, "1", None]


async def test_units_that_are_free_are_held(stall):
    done = await stall.do("reserveStock", lines=[mugs(3)])

    assert done["userErrors"] == []
    assert done["reservation"]["state"] == "ACTIVE"
    level = await stall.level()
    assert (level["free"], level["reserved"], level["version"]) == (7, 3, 2)


async def test_committed_units_wait_for_an_order(stall):
    held = await stall.reserved(mugs(3))

    done = await stall.do("commitReservation", reservation=held, order=ORDERS[0])

    assert done["reservation"]["state"] == "CONVERTED"
    assert await stall.numbers() == (7, 0, 3)
    reserved, committed = await stall.told()
    assert (reserved["type"], committed["type"]) == ("StockReserved", "ReservationConverted")
    assert committed["about"] == [committed["aggregate"], held, ORDERS[0]]


async def test_units_let_go_are_free_at_once(stall):
    held = await stall.reserved(mugs(10))

    done = await stall.do("releaseReservation", reservation=held)

    assert done["reservation"]["state"] == "RELEASED"
    assert await stall.numbers() == (10, 0, 0)
    assert await stall.reserved(mugs(10))


async def test_extending_never_cuts_short(stall):
    first = await stall.do("reserveStock", lines=[mugs(1), mugs(1, at=1)], minutes=60)
    held = first["reservation"]["id"]

    shorter = await stall.do("extendReservation", reservation=held, minutes=1)
    longer = await stall.do("extendReservation", reservation=held, minutes=120)

    assert shorter["reservation"]["expiresAt"] == first["reservation"]["expiresAt"]
    assert longer["reservation"]["expiresAt"] > first["reservation"]["expiresAt"]
    text = "query ($id: ID!) { node(id: $id) { ... on Reservation { expiresAt } } }"
    node = (await stall.kassa.ask(text, SUPPORT, id=held))["node"]
    assert node["expiresAt"] == longer["reservation"]["expiresAt"]


async def test_lines_of_one_product_are_summed_first(stall):
    refusals = await stall.refused("reserveStock", lines=[mugs(6), mugs(6)])

    assert [(each["asked"], each["sellable"]) for each in refusals] == [(12, 10)]


async def test_a_refusal_says_what_there_is_and_where_else_the_most_first(stall):
    await stall.reserved(mugs(3))

    (refusal,) = await stall.refused("reserveStock", lines=[mugs(8)])

    assert refusal == {
        "__typename": "InsufficientStock",
        "code": "INSUFFICIENT_STOCK",
        "message": "8 of SKU-0 were asked for, 7 can be promised here.",
        "path": ["lines"],
        "retryable": False,
        "asked": 8,
        "sellable": 7,
        "product": {"sku": MUG},
        "location": {"code": "L0"},
        "elsewhere": [
            {"sellable": 100, "location": {"code": "L2"}},
            {"sellable": 4, "location": {"code": "L1"}},
        ],
    }


async def test_all_lines_are_held_or_none(stall):
    done = await stall.do("reserveStock", lines=[mugs(3), mugs(5, at=1), mugs(101, at=2)])

    short = [(each["location"]["code"], each["sellable"]) for each in done["userErrors"]]
    assert short == [("L1", 4), ("L2", 100)]
    assert [await stall.numbers(n) for n in range(3)] == [(10, 0, 0), (4, 0, 0), (100, 0, 0)]
    assert (await stall.level())["reservations"] == {}
    told = [each["type"] for each in await stall.told()]
    assert told == ["StockReserved", "ReservationReleased"]


@pytest.mark.parametrize("line", [{"sku": "no such"}, {"location": place(9)}, {"sku": PLATE}])
async def test_what_nobody_ever_counted_cannot_be_promised(stall, line):
    (refusal,) = await stall.refused("reserveStock", lines=[mugs(1, **line)])

    assert (refusal["code"], refusal["sellable"]) == ("INSUFFICIENT_STOCK", 0)


async def test_wrong_quantities_and_durations_are_refused(stall):
    (refusal,) = await stall.refused("reserveStock", lines=[mugs(1), mugs(0)])
    assert (refusal["code"], refusal["path"]) == ("INVALID", ["lines", "1", "quantity"])
    for lines in ([], [mugs(1)] * 101, [mugs(2**31 - 1)] * 2):
        (refusal,) = await stall.refused("reserveStock", lines=lines)
        assert (refusal["code"], refusal["path"]) == ("INVALID", ["lines"])
    for minutes in (0, -1, 1441):
        (refusal,) = await stall.refused("reserveStock", lines=[mugs(1)], minutes=minutes)
        assert (refusal["code"], refusal["path"]) == ("INVALID", ["minutes"])


async def test_what_is_no_number_of_units_is_not_even_a_question(stall):
    for quantity in WORSE:
        assert await stall.error("reserveStock", lines=[mugs(quantity)]) in NO_QUESTION
    for minutes in (1.5, "15"):
        given = {"lines": [mugs(1)], "minutes": minutes}
        assert await stall.error("reserveStock", **given) in NO_QUESTION


async def test_wrong_durations_of_an_extension_are_refused(stall):
    held = await stall.reserved()

    for minutes in (0, -1, 1441):
        given = {"reservation": held, "minutes": minutes}
        (refusal,) = await stall.refused("extendReservation", **given)
        assert (refusal["code"], refusal["path"]) == ("INVALID", ["minutes"])


ON_ONE = {
    "extendReservation": {"minutes": 5},
    "releaseReservation": {},
    "commitReservation": {},
}


@pytest.mark.parametrize("mutation", ON_ONE)
async def test_a_reservation_of_others_is_none_at_all(stall, mutation):
    held = await stall.reserved(token=SHOPPERS[0])

    answers = [
        await stall.refused(mutation, token=token, reservation=key, **ON_ONE[mutation])
        for token in (SHOPPERS[1], PARTNER)
        for key in (held, "res_01ARZ3NDEKTSV4RRFFQ69G5FAV", "$free", "")
    ]

    for (refusal,) in answers:
        assert (refusal["code"], refusal["path"]) == ("NOT_FOUND", ["reservation"])
    assert len({refusal["message"].partition("reservation")[0] for (refusal,) in answers}) == 1


@pytest.mark.parametrize("mutation", ON_ONE)
async def test_staff_act_on_reservations_of_others(stall, mutation):
    held = await stall.reserved(token=SHOPPERS[0])

    given = {"reservation": held, **ON_ONE[mutation]}
    done = await stall.do(mutation, token=CLERKS[1], **given)

    assert done["userErrors"] == []


async def test_who_may_not_reserve_is_told_so_at_the_top(stall):
    assert await stall.error("reserveStock", token=NOBODY, lines=[mugs(1)]) == "FORBIDDEN"
    for mutation, given in ON_ONE.items():
        given = {"reservation": "x", **given}
        assert await stall.error(mutation, token=FINANCE, **given) == "FORBIDDEN"


async def test_what_has_ended_stays_ended(stall):
    ended = await stall.reserved()
    await stall.do("releaseReservation", reservation=ended)
    sold = await stall.reserved()
    await stall.do("commitReservation", reservation=sold, order=ORDERS[0])

    tries = [
        ("extendReservation", {"reservation": ended, "minutes": 5}),
        ("commitReservation", {"reservation": ended}),
        ("extendReservation", {"reservation": sold, "minutes": 5}),
        ("releaseReservation", {"reservation": sold}),
        ("commitReservation", {"reservation": sold, "order": ORDERS[1]}),
    ]

    for mutation, given in tries:
        (refusal,) = await stall.refused(mutation, **given)
        assert (refusal["code"], refusal["allowed"]) == ("ILLEGAL_TRANSITION", [])


async def test_to_end_it_again_in_the_same_way_changes_nothing(stall):
    ended, sold = await stall.reserved(), await stall.reserved()
    await stall.do("releaseReservation", reservation=ended)
    await stall.do("commitReservation", reservation=sold, order=ORDERS[0])
    before = await stall.picture()

    again = [
        await stall.do("releaseReservation", reservation=ended),
        await stall.do("commitReservation", reservation=sold, order=ORDERS[0]),
    ]

    assert [each["reservation"]["state"] for each in again] == ["RELEASED", "CONVERTED"]
    assert await stall.picture() == before


@pytest.mark.parametrize("order", ["$free", "$$ROOT", "ord_", "", MUG, place(0)])
async def test_an_order_is_named_by_the_id_of_an_order(stall, order):
    held = await stall.reserved()

    (refusal,) = await stall.refused("commitReservation", reservation=held, order=order)

    assert (refusal["code"], refusal["path"]) == ("INVALID", ["order"])


async def test_two_orders_that_want_the_same_units_get_them_once(stall):
    for _ in range(5):
        held = await stall.reserved(mugs(1), mugs(1, at=2))
        wanted = [ORDERS[0], ORDERS[1]] * 2

        done = await asyncio.gather(
            *(
                stall.do("commitReservation", n % 3, reservation=held, order=order)
                for n, order in enumerate(wanted)
            )
        )

        sold = {o for o, each in zip(wanted, done, strict=True) if not each["userErrors"]}
        assert len(sold) == 1
        stories = [entry["about"][2:] for entry in await stall.told() if held in entry["about"]]
        assert [story for story in stories if story] == [[*sold], [*sold]]
    assert (await stall.numbers(0))[1:] == (0, 5)
    assert (await stall.numbers(2))[1:] == (0, 5)

"""Promises run out, by the database's clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.stock import ReservationLine, Step, StepKind
from domain.values import SYSTEM_ACTOR
from gateway import bootstrap
from storage.mongo.leases import LEASES
from storage.mongo.stock import LEVELS, RESERVATIONS
from tests.trading import LONG_AGO, MUG, ORDERS, counted, more, moved, mugs, place


async def test_units_that_ran_out_are_granted_at_once(stall):
    first = await stall.reserved(mugs(10))
    await stall.runs_out(first)

    second = await stall.reserved(mugs(10))

    assert second != first
    assert await stall.numbers() == (0, 10, 0)
    told = [(each["type"], each["seq"]) for each in await stall.told()]
    assert told == [("StockReserved", 2), ("ReservationExpired", 3), ("StockReserved", 4)]


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("adjustStock", {"changes": [more(-10)]}),
        ("countStock", {"counts": [counted(0, seen=4)]}),
        ("transferStock", moved(10)),
    ],
)
async def test_whatever_comes_next_finds_them_free(stall, mutation, given):
    for quantity in (4, 6):
        await stall.runs_out(await stall.reserved(mugs(quantity)))

    done = await stall.do(mutation, **given)

    assert done["userErrors"] == []
    assert await stall.numbers() == (0, 0, 0)


async def test_a_count_that_saw_them_held_is_out_of_date(stall):
    held = await stall.reserved(mugs(4))
    seen = (await stall.level())["version"]
    await stall.runs_out(held)
    await stall.stores.holds.expire(10)

    done = await stall.do("countStock", counts=[counted(9, seen=seen)])

    assert (done["userErrors"][0]["expected"], done["userErrors"][0]["actual"]) == (2, 3)


async def test_upkeep_lets_go_what_nobody_asks_for(stall):
    gone = await stall.reserved(mugs(1), mugs(1, at=1), mugs(1, at=2))
    kept = await stall.reserved(mugs(2))
    await stall.runs_out(gone)
    jobs = bootstrap.jobs(stall.database, stall.stores)
    (journal, _), (job, _) = jobs["journal"], jobs["expiry"]
    await stall.database.delete(LEASES.name, {})
    await journal()

    counts = [await job(), await job()]

    assert counts == [3, 0]
    assert await stall.numbers() == (8, 2, 0)
    assert list((await stall.level())["reservations"]) == [kept]
    expired = [each for each in await stall.told() if each["type"] == "ReservationExpired"]
    assert {(each["cause"], each["actor"]["id"]) for each in expired} == {(gone, "clock")}
    assert await stall.state_of(gone) == "ACTIVE"  # its own document says until when


@pytest.mark.parametrize("mutation", ["extendReservation", "commitReservation"])
async def test_what_has_run_out_is_neither_held_longer_nor_sold(stall, mutation):
    held = await stall.reserved(mugs(3))
    await stall.runs_out(held)
    given = {"minutes": 5} if mutation == "extendReservation" else {}

    done = await stall.do(mutation, reservation=held, **given)

    assert [each["code"] for each in done["userErrors"]] == ["RESERVATION_EXPIRED"]
    assert await stall.numbers() == (10, 0, 0)


@pytest.mark.parametrize("mutation", ["extendReservation", "commitReservation"])
@pytest.mark.parametrize("gone", [0, 1])
async def test_where_one_line_has_run_out_nothing_is_sold_and_all_is_free(stall, mutation, gone):
    held = await stall.reserved(mugs(3), mugs(2, at=1))
    await stall.runs_out(held, gone)
    given = {"minutes": 5} if mutation == "extendReservation" else {}

    done = await stall.do(mutation, reservation=held, **given)

    assert [each["code"] for each in done["userErrors"]] == ["RESERVATION_EXPIRED"]
    assert await stall.numbers(0) == (10, 0, 0)
    assert await stall.numbers(1) == (4, 0, 0)


async def test_what_is_pinned_does_not_run_out_and_is_not_let_go(stall):
    held = await stall.reserved(mugs(3))
    await _pin(stall, held)
    await stall.runs_out(held)

    swept = await stall.stores.holds.expire(10)
    done = await stall.do("releaseReservation", reservation=held)

    assert swept == 1
    assert await stall.stores.holds.expire(10) == 0
    (refusal,) = done["userErrors"]
    assert (refusal["fromState"], refusal["allowed"]) == ("PINNED", ["CONVERTED", "RELEASED"])
    assert await stall.numbers() == (7, 3, 0)


async def test_what_is_pinned_is_still_sold_after_its_time(stall):
    held = await stall.reserved(mugs(3))
    await _pin(stall, held)
    await stall.runs_out(held)

    done = await stall.do("commitReservation", reservation=held)

    assert done["reservation"]["state"] == "CONVERTED"
    assert await stall.numbers() == (7, 0, 3)


async def _pin(stall, held, at=0):
    pinned = {"$set": {f"reservations.{held}.state": "PINNED"}}
    await stall.database.change(LEVELS.name, {"location_id": place(at)}, pinned)


@pytest.mark.parametrize(
    ("end", "state", "order"),
    [(None, "EXPIRED", None), ("release", "RELEASED", None), ("commit", "CONVERTED", ORDERS[0])],
)
async def test_upkeep_writes_down_how_a_reservation_ended(stall, end, state, order):
    held = await stall.reserved(mugs(3), mugs(2, at=1))
    if end:
        given = {"order": order} if order else {}
        await stall.do(f"{end}Reservation", reservation=held, **given)
    await stall.runs_out(held)
    forgotten = {"$set": {"state": "ACTIVE", "order_id": None, "expires_at": LONG_AGO}}
    await stall.database.change(RESERVATIONS.name, {"_id": held}, forgotten)

    await stall.stores.holds.expire(10)

    (row,) = await stall.database.find(RESERVATIONS.name, {})
    assert (row["state"], row["order_id"]) == (state, order)


async def test_upkeep_leaves_alone_what_is_half_committed(stall):
    held = await stall.reserved(mugs(3), mugs(2, at=1))
    for at in range(2):
        await _pin(stall, held, at)
    await _commit_first_line(stall, held)
    past = {"$set": {"expires_at": LONG_AGO}}
    await stall.database.change(RESERVATIONS.name, {"_id": held}, past)

    await stall.stores.holds.expire(10)
    done = await stall.do("commitReservation", reservation=held)

    assert done["reservation"]["state"] == "CONVERTED"
    assert await stall.numbers(1) == (2, 0, 2)


async def _commit_first_line(stall, held):
    step = Step(
        kind=StepKind.COMMIT,
        reservation=held,
        line=ReservationLine(MUG, place(0), 3),
        cause="another request",
        actor=SYSTEM_ACTOR,
        deadline=await stall.stores.now() + timedelta(minutes=1),
    )
    await stall.stores.holds.step(step)

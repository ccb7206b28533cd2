"""Two who act on one reservation at once, where the second comes at the worst moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from commands import running
from commands.all import COMMANDS
from commands.stock.reservations import ExtendReservation
from domain.ids import LocationId, ReservationId, Sku
from domain.stock import ReservationLine, Step, StepKind, StepOutcome
from domain.values import SYSTEM_ACTOR
from domain.viewer import SYSTEM
from tests.races.checking import check_journal
from tests.races.interrupting import sleeping
from tests.trading import MUG, ORDERS, mugs, place

CHANGING = 4
"""An extension claims, finds, takes a step on each of two lines, and then writes it down."""


async def _step(stall, kind, held, at, units, **given):
    step = Step(
        kind=kind,
        reservation=ReservationId(held),
        line=ReservationLine(Sku(MUG), LocationId(place(at)), units),
        cause="another request",
        actor=SYSTEM_ACTOR,
        deadline=await stall.stores.now() + timedelta(minutes=1),
        **given,
    )
    done = await stall.stores.holds.step(step)
    assert done.outcome is StepOutcome.DONE


async def _half_sold(stall):
    """A reservation that is being committed: all is pinned, and the first line sold."""
    held = await stall.reserved(mugs(3), mugs(2, at=1))
    for at, units in enumerate((3, 2)):
        await _step(stall, StepKind.PIN, held, at, units)
    await _step(stall, StepKind.COMMIT, held, 0, 3, subjects=(ORDERS[0],))
    return held


async def test_an_extension_lets_nothing_go_that_is_being_sold(stall):
    held = await _half_sold(stall)

    late = await stall.do("extendReservation", reservation=held, minutes=5)
    sold = await stall.do("commitReservation", reservation=held, order=ORDERS[0])

    assert [each["code"] for each in late["userErrors"]] == ["ILLEGAL_TRANSITION"]
    assert sold["reservation"]["state"] == "CONVERTED"
    assert [await stall.numbers(n) for n in range(2)] == [(7, 0, 3), (2, 0, 2)]
    await check_journal(stall)


async def test_a_release_lets_nothing_go_that_is_being_sold(stall):
    held = await _half_sold(stall)

    late = await stall.do("releaseReservation", reservation=held)
    sold = await stall.do("commitReservation", reservation=held, order=ORDERS[0])

    assert [each["code"] for each in late["userErrors"]] == ["ILLEGAL_TRANSITION"]
    assert sold["reservation"]["state"] == "CONVERTED"
    assert [await stall.numbers(n) for n in range(2)] == [(7, 0, 3), (2, 0, 2)]


async def test_another_order_takes_nothing_of_what_is_being_sold(stall):
    held = await _half_sold(stall)

    late = await stall.do("commitReservation", reservation=held, order=ORDERS[1])
    sold = await stall.do("commitReservation", reservation=held, order=ORDERS[0])

    assert [each["code"] for each in late["userErrors"]] == ["ILLEGAL_TRANSITION"]
    assert sold["reservation"]["state"] == "CONVERTED"
    assert [await stall.numbers(n) for n in range(2)] == [(7, 0, 3), (2, 0, 2)]


async def test_a_slow_extension_does_not_reopen_what_was_sold_meanwhile(stall):
    held = await stall.reserved(mugs(3), mugs(2, at=1))
    slow, asleep, wake = sleeping(stall.stores, CHANGING)
    extend = COMMANDS["extendReservation"]
    arguments = ExtendReservation(ReservationId(held), 60)
    extension = asyncio.create_task(running.run(slow, extend, SYSTEM, "a-key", arguments))
    await asleep.wait()
    await stall.do("commitReservation", reservation=held, order=ORDERS[0])

    wake.set()
    await extension

    (row,) = await stall.database.find("reservations", {})
    assert (row["state"], row["order_id"]) == ("CONVERTED", ORDERS[0])
    await check_journal(stall)

"""A buyer holds mugs, and buys them or not."""

from __future__ import annotations

from tests.trading import mugs


async def test_units_that_are_free_are_held(shelf):
    done = await shelf.do("reserveStock", lines=[mugs(3)])

    assert done["userErrors"] == []
    assert done["reservation"]["state"] == "ACTIVE"
    level = await shelf.level()
    assert (level["free"], level["reserved"], level["version"]) == (7, 3, 2)


async def test_committed_units_wait_for_an_order(shelf):
    held = (await shelf.do("reserveStock", lines=[mugs(3)]))["reservation"]["id"]

    done = await shelf.do("commitReservation", reservation=held)

    assert done["reservation"]["state"] == "CONVERTED"
    level = await shelf.level()
    assert (level["free"], level["reserved"], level["committed"]) == (7, 0, 3)
    assert [entry["type"] for entry in await shelf.told()] == [
        "StockReserved",
        "ReservationConverted",
    ]

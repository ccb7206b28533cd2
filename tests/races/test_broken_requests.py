"""A request that always breaks is tried a few times, and keeps nobody waiting."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from commands import running
from commands.all import COMMANDS
from commands.stock.reservations import RESERVE, ReserveStock
from domain import values
from domain.requests import Request
from domain.stock import ReservationLine
from domain.viewer import SYSTEM
from storage.mongo.claims import CLAIMS, MOST_FAILURES
from tests.trading import LONG_AGO, MUG, place

ARGUMENTS = ReserveStock((ReservationLine(MUG, place(0), 1),))
RAW = msgspec.msgpack.encode(ARGUMENTS)


class Broken(Exception):
    """A mistake of ours."""


async def _breaks(*_):
    raise Broken


BROKEN = {**COMMANDS, "reserveStock": replace(RESERVE, act=_breaks)}
MENDED = COMMANDS


async def _leave(stall, key, operation="reserveStock", raw=RAW):
    request = Request(operation, SYSTEM, values.actor(SYSTEM), key, raw)
    await stall.stores.claims.claim(request)
    await stall.database.change_all(CLAIMS.name, {}, {"$set": {"claimed_at": LONG_AGO}})


async def _sweep(stall, commands, times):
    return [await running.resume(stall.stores, commands, 10) for _ in range(times)]


async def test_what_is_broken_is_tried_a_few_times_and_then_left(stall, caplog):
    await _leave(stall, "a-key")

    done = await _sweep(stall, BROKEN, MOST_FAILURES + 3)

    assert done == [0] * len(done)
    told = [each for each in caplog.records if "cannot be finished" in each.getMessage()]
    assert len(told) == MOST_FAILURES
    assert len(await stall.database.find(CLAIMS.name, {})) == 1


async def test_its_sender_may_still_find_out(stall):
    await _leave(stall, "a-key")
    await _sweep(stall, BROKEN, MOST_FAILURES)

    with pytest.raises(Broken):
        await running.run(stall.stores, BROKEN["reserveStock"], SYSTEM, "a-key", ARGUMENTS)
    done = await running.run(stall.stores, MENDED["reserveStock"], SYSTEM, "a-key", ARGUMENTS)

    assert done.value
    assert await stall.database.find(CLAIMS.name, {"open": True}) == []


@pytest.mark.parametrize(
    ("operation", "raw"), [("reserveStock", RAW), ("noSuchThing", RAW), ("adjustStock", b"\xc1")]
)
async def test_what_is_broken_keeps_nobody_waiting(stall, operation, raw):
    await _leave(stall, "broken", operation, raw)
    held = {"releaseReservation": {"reservation": await stall.reserved()}}
    takes = COMMANDS["releaseReservation"].takes
    for n in range(3):
        sound = msgspec.msgpack.encode(msgspec.convert(held["releaseReservation"], takes))
        await _leave(stall, f"sound-{n}", "releaseReservation", sound)

    done = await _sweep(stall, BROKEN, 2)

    assert done == [3, 0]
    assert await stall.numbers() == (10, 0, 0)
    (left,) = await stall.database.find(CLAIMS.name, {"open": True})
    assert left["failures"] == 2


async def test_a_claim_that_nobody_can_read_keeps_nobody_waiting(stall):
    await _leave(stall, "broken")
    await stall.database.change(CLAIMS.name, {}, {"$set": {"request": b"\xc1"}})
    await _leave(stall, "sound")

    done = await _sweep(stall, MENDED, 2)

    assert done == [1, 0]
    assert await stall.numbers() == (9, 1, 0)

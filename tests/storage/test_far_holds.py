"""A level with more reservations than its document has room for."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from commands import running
from commands.running import Command
from commands.stock.levels import ADJUST, COUNT, AdjustStock, CountStock, Levels
from commands.stock.transfers import TRANSFER, TransferStock
from domain.errors import Unavailable
from domain.ids import StockLevelId
from domain.requests import Answer
from domain.stock import StepKind, StepOutcome, StockCount, StockDelta
from domain.viewer import SYSTEM
from storage.mongo.stock import FAR, LEVELS, far
from storage.mongo.stores import MongoStores
from tests.holding import a_step, held, seen
from tests.making import at_location
from tests.trading import Trading, trading

MOST_NEAR = 20
NOON = timedelta(hours=12)
MUGS = a_step(0).line


@pytest.fixture
async def crowd(servers, driver) -> AsyncIterator[Trading]:
    """A shop whose levels hold 20 reservations themselves; 50 are in the warehouse."""
    async with trading(servers.mongodb_url, driver, with_upkeep=False) as found:
        holds = stores(found).holds
        for ten in range(5):
            await asyncio.gather(*(holds.step(a_step(10 * ten + n)) for n in range(10)))
        yield found


def stores(crowd: Trading) -> MongoStores:
    """Those of a gateway that has just started."""
    return MongoStores(crowd.database, MOST_NEAR)


async def outcomes(crowd: Trading, *steps) -> list[StepOutcome]:
    holds = stores(crowd).holds
    return [done.outcome for done in await asyncio.gather(*(holds.step(each) for each in steps))]


async def asked(crowd: Trading, command: Command[Any, Levels], what: Struct) -> Answer[Levels]:
    return await running.run(stores(crowd), command, SYSTEM, secrets.token_hex(8), what)


async def run_out(crowd: Trading, *numbers: int) -> None:
    """Let it be long ago that these were held, wherever they are."""
    found = await seen(crowd.database)
    for key in map(held, numbers):
        past = found.holds[key]["until"] - NOON
        if key in found.far:
            where, change = {"reservation": key}, {"$set": {"hold.until": past}}
            await crowd.database.change(FAR.name, where, change)
        else:
            change = {"$set": {f"reservations.{key}.until": past, "next_expiry": past}}
            await crowd.database.change(LEVELS.name, {"_id": found.level["_id"]}, change)


async def test_the_oldest_leave_when_there_is_no_room(crowd):
    found = await seen(crowd.database)

    assert len(found.near) <= MOST_NEAR
    assert set(found.holds) == {held(n) for n in range(50)}
    assert max(found.far) < min(found.near)


async def test_the_numbers_and_the_story_are_those_of_all(crowd):
    found = await seen(crowd.database)

    assert found.numbers() == {
        "on_hand": 100,
        "committed": 0,
        "reserved": 50,
        "unavailable": 0,
        "free": 50,
    }
    told = [entry for entry in await crowd.told() if entry["aggregate"] == found.level["_id"]]
    first = found.level["version"] - 50
    assert [entry["seq"] for entry in told if entry["seq"] > first] == [
        *range(first + 1, found.level["version"] + 1)
    ]


async def test_what_is_far_is_known_to_who_asks_for_it_again(crowd):
    first = await outcomes(crowd, a_step(0))
    again = await outcomes(crowd, a_step(0), a_step(1), a_step(49))

    assert {*first, *again} == {StepOutcome.KNOWN}
    assert (await seen(crowd.database)).level["reserved"] == 50


async def test_who_did_not_see_them_leave_does_not_hold_them_twice(servers, driver):
    async with trading(servers.mongodb_url, driver, with_upkeep=False) as shop:
        early = stores(shop).holds
        await early.step(a_step(0))
        await asyncio.gather(*(stores(shop).holds.step(a_step(n)) for n in range(1, 30)))

        done = await early.step(a_step(0))

        assert done.outcome is StepOutcome.KNOWN
        assert (await seen(shop.database)).level["reserved"] == 30


async def test_what_leaves_after_somebody_looked_is_not_held_twice(crowd, monkeypatch):
    holds, look = stores(crowd).holds, far.named
    await holds.step(a_step(0))

    async def look_too_early(*arguments):
        seen_far = await look(*arguments)
        monkeypatch.setattr(far, "named", look)
        await outcomes(crowd, *(a_step(n) for n in range(50, 80)))
        return seen_far

    monkeypatch.setattr(far, "named", look_too_early)

    assert held(49) in (await seen(crowd.database)).near
    assert (await holds.step(a_step(49))).outcome is StepOutcome.KNOWN
    assert (await seen(crowd.database)).level["reserved"] == 80


@pytest.mark.parametrize("n", [0, 49], ids=["far", "near"])
async def test_every_step_finds_its_hold(crowd, n):
    until = (await seen(crowd.database)).holds[held(n)]["until"]

    assert await outcomes(crowd, a_step(n, StepKind.EXTEND, minutes=90)) == [StepOutcome.DONE]
    assert (await seen(crowd.database)).holds[held(n)]["until"] > until
    assert await outcomes(crowd, a_step(n, StepKind.PIN)) == [StepOutcome.DONE]
    assert await outcomes(crowd, a_step(n, StepKind.RELEASE)) == [StepOutcome.PINNED]
    assert await outcomes(crowd, a_step(n, StepKind.COMMIT)) == [StepOutcome.DONE]
    assert await outcomes(crowd, a_step(n, StepKind.COMMIT)) == [StepOutcome.ABSENT]
    assert (await seen(crowd.database)).level["committed"] == 1


async def test_steps_on_near_and_far_holds_go_together(crowd):
    ends = [a_step(n, StepKind.RELEASE) for n in range(50)]

    assert set(await outcomes(crowd, *ends)) == {StepOutcome.DONE}

    found = await seen(crowd.database)
    assert (found.holds, found.level["free"]) == ({}, 100)


async def test_what_is_pinned_stays_pinned_far_away(crowd):
    pins = [a_step(n, StepKind.PIN) for n in range(40, 45)]
    await outcomes(crowd, *pins)
    await outcomes(crowd, *(a_step(n) for n in range(50, 80)))

    assert held(40) in (await seen(crowd.database)).far
    assert await outcomes(crowd, a_step(40, StepKind.RELEASE)) == [StepOutcome.PINNED]


async def test_what_ran_out_far_away_is_free_for_the_next_who_asks(crowd):
    await outcomes(crowd, *(a_step(n) for n in range(50, 100)))
    await run_out(crowd, 0, 1, 2)

    assert await outcomes(crowd, a_step(100, quantity=3)) == [StepOutcome.DONE]

    assert not {held(0), held(1), held(2)} & (await seen(crowd.database)).holds.keys()


async def test_what_ran_out_far_away_is_let_go_although_nobody_asks(crowd):
    await run_out(crowd, *range(10))

    await stores(crowd).holds.expire(50)

    assert len((await seen(crowd.database)).holds) == 40


async def test_a_hold_that_ran_out_far_away_is_not_sold(crowd):
    await run_out(crowd, 0)

    assert await outcomes(crowd, a_step(0, StepKind.COMMIT)) == [StepOutcome.ABSENT]


async def test_two_who_find_it_crowded_send_them_away_once(crowd):
    await outcomes(crowd, *(a_step(n, StepKind.RELEASE) for n in range(30)))
    large = MongoStores(crowd.database, 10**6).holds
    await asyncio.gather(*(large.step(a_step(n)) for n in range(50, 80)))
    before = await seen(crowd.database)
    level = StockLevelId(before.level["_id"])

    await asyncio.gather(*(far.depart(crowd.database, level, MOST_NEAR) for _ in range(3)))

    after = await seen(crowd.database)
    assert (len(after.near), after.holds.keys()) == (MOST_NEAR // 2, before.holds.keys())


async def test_the_last_ones_come_home_when_there_is_room(crowd):
    ends = [a_step(n, StepKind.RELEASE) for n in range(50) if n not in {0, 1, 49}]
    await outcomes(crowd, *ends)
    before = await seen(crowd.database)

    assert await stores(crowd).holds.settle(50) == 1

    found = await seen(crowd.database)
    assert (found.near.keys(), found.far) == (before.holds.keys(), {})
    assert "far" not in found.level
    assert found.level["version"] == before.level["version"]
    assert await outcomes(crowd, a_step(0), a_step(2)) == [StepOutcome.KNOWN, StepOutcome.DONE]


async def test_they_stay_away_while_they_are_many(crowd):
    assert await stores(crowd).holds.settle(50) == 0
    assert (await seen(crowd.database)).far


async def test_answers_do_not_wait_for_room(crowd, monkeypatch):
    async def frozen(*_: object) -> None:
        raise Unavailable("The database does not answer in time. Try again.")

    monkeypatch.setattr(far, "depart", frozen)

    assert set(await outcomes(crowd, *(a_step(n) for n in range(50, 90)))) == {StepOutcome.DONE}


async def test_a_level_nobody_ever_reported_stays_unheard_of(crowd):
    line = a_step(0).line
    nowhere = a_step(0, line=type(line)(line.sku, "loc_nowhere", 1))

    assert await outcomes(crowd, nowhere) == [StepOutcome.UNHEARD]


async def test_adjusting_sees_one_level(crowd):
    level = await seen(crowd.database)
    fire = StockDelta(MUGS.sku, MUGS.location_id, -50, "fire")

    less = await asked(crowd, ADJUST, AdjustStock((fire,)))
    too_much = await asked(crowd, ADJUST, AdjustStock((replace(fire, delta=-1),)))

    assert less.value
    assert (less.value.levels[0].free, less.value.levels[0].reserved) == (0, 50)
    assert less.value.levels[0].version == level.level["version"] + 1
    assert [refusal.reason for refusal in too_much.refusals] == ["INSUFFICIENT_STOCK"]


async def test_counting_sees_one_level(crowd):
    level = await seen(crowd.database)
    counted = StockCount(MUGS.sku, MUGS.location_id, 60, level.level["version"])

    few = await asked(crowd, COUNT, CountStock((replace(counted, counted=49),)))
    done = await asked(crowd, COUNT, CountStock((counted,)))
    stale = await asked(crowd, COUNT, CountStock((counted,)))

    assert [refusal.reason for refusal in few.refusals] == ["INSUFFICIENT_STOCK"]
    assert done.value
    assert (done.value.levels[0].free, done.value.levels[0].reserved) == (10, 50)
    assert [refusal.reason for refusal in stale.refusals] == ["VERSION_CONFLICT"]


async def test_units_leave_a_crowded_level_and_come_to_it(crowd):
    there = replace(MUGS, location_id=at_location(0)).location_id
    send = TransferStock(MUGS.sku, MUGS.location_id, there, 50)
    back = TransferStock(MUGS.sku, there, MUGS.location_id, 10)

    sent = await asked(crowd, TRANSFER, send)
    returned = await asked(crowd, TRANSFER, back)

    assert sent.value
    assert returned.value
    assert (await seen(crowd.database)).level["incoming"] == 10
    assert await outcomes(crowd, a_step(99)) == [StepOutcome.SHORT]

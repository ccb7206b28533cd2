"""The journal has every change once and no hole, whoever appends and however they die."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import count
from math import inf

import pytest

from domain.errors import Unavailable
from storage.mongo import leases
from storage.mongo.clock import Clock
from storage.mongo.journal.appender import Appender
from storage.mongo.journal.leader import (
    AWAKE_SECONDS,
    COMPANY_SECONDS,
    QUIET_SECONDS,
    REST_SECONDS,
    TIRING,
    Leader,
)
from storage.mongo.migrate import WITH_OUTBOX
from tests.races.checking import check_journal
from tests.trading import more, mugs

WRITES = frozenset({"add_in_order", "change_each"})


def _appender(database):
    return Appender(database, Clock(database), WITH_OUTBOX)


class Dying:
    """A database whose client dies at its `at`-th call, before or after it was answered."""

    def __init__(self, database, at, *, after):
        self._database, self._at, self._after = database, at, after
        self._calls = count()

    def __getattr__(self, name):
        method = getattr(self._database, name)

        async def call(*arguments, **named):
            is_last = next(self._calls) == self._at
            if is_last and not self._after:
                raise Unavailable("gone")
            found = await method(*arguments, **named)
            if is_last:
                raise Unavailable("gone")
            return found

        return call


class Half(Dying):
    """One that dies when half of its rows are in the journal."""

    async def add_in_order(self, collection, documents):
        await self._database.add_in_order(collection, documents[: len(documents) // 2])
        raise Unavailable("gone")


async def _trade(stall, times=4):
    """Something to tell of, on several levels."""
    held = [await stall.reserved(mugs(1), mugs(1, at=2)) for _ in range(times // 2)]
    await stall.do("releaseReservation", reservation=held[0])
    await stall.do("adjustStock", changes=[more(1), more(2, at=1), more(1, at=2)])


async def test_two_appenders_at_once_leave_no_hole_and_tell_nothing_twice(stall):
    appenders = [_appender(database) for database in stall.databases for _ in range(2)]

    async def append():
        return [await each.append() for each in appenders]

    for _ in range(6):
        trades = [asyncio.create_task(_trade(stall)) for _ in range(3)]
        while not all(trade.done() for trade in trades):
            await asyncio.gather(*(each.append() for each in appenders))
        await asyncio.gather(*trades)

    await append()
    await check_journal(stall)
    assert sum(await append()) == 0


@pytest.mark.parametrize("after", [False, True])
async def test_an_appender_may_die_at_any_moment(stall, after):
    for at in range(6):
        await _trade(stall)
        dying = Dying(stall.databases[0], at, after=after)
        appender = _appender(dying)

        try:
            await appender.append()
        except Unavailable:
            await _appender(stall.databases[1]).append()
        await appender.append()

        await check_journal(stall)


async def test_an_appender_that_dies_half_way_is_taken_over(stall):
    for _ in range(3):
        await _trade(stall)
        with pytest.raises(Unavailable):
            await _appender(Half(stall.databases[0], -1, after=False)).append()
        assert await stall.database.find("stock_levels", {"pending_since": {"$exists": True}})

        await _appender(stall.databases[1]).append()

        await check_journal(stall)


async def test_one_that_slept_while_others_appended_finds_its_place(stall):
    sleeper, other = (_appender(database) for database in stall.databases[:2])
    for _ in range(3):
        await _trade(stall)
        await sleeper.append()
        await _trade(stall)
        await other.append()
        await _trade(stall)
        await sleeper.append()
        await sleeper.append()

        await check_journal(stall)


async def test_what_was_told_and_not_trimmed_is_not_told_again(stall):
    await _trade(stall)
    levels = await stall.database.find("stock_levels", {})
    appender = _appender(stall.database)
    await appender.append()
    entries = await stall.database.find("journal", {})
    untrimmed = [
        ({"_id": each["_id"]}, {"$set": {k: each[k] for k in ("outbox", "pending_since")}})
        for each in levels
    ]

    for late in (appender, _appender(stall.databases[1])):
        await stall.database.change_each("stock_levels", untrimmed)
        assert await late.append() == 0

    assert await stall.database.find("journal", {}) == entries
    await check_journal(stall)


async def test_much_to_tell_goes_by_pieces(stall, monkeypatch):
    monkeypatch.setattr("storage.mongo.journal.appender.MOST_ENTRIES", 5)
    monkeypatch.setattr("storage.mongo.journal.appender.MOST_DOCUMENTS", 2)
    for _ in range(3):
        await _trade(stall)
    appender = _appender(stall.database)

    sizes = []
    while size := await appender.append():
        sizes.append(size)

    assert max(sizes) == 5
    assert sum(sizes) == 27
    await check_journal(stall)


async def test_a_story_that_cannot_be_told_holds_up_no_other(stall, monkeypatch, caplog):
    await _trade(stall)
    broken, *others = await stall.database.find(
        "stock_levels", {"pending_since": {"$exists": True}}, sort=[("pending_since", 1)]
    )
    story = broken["outbox"]
    spoilt = {"$set": {"outbox.0.type": 7}}
    await stall.database.change("stock_levels", {"_id": broken["_id"]}, spoilt)
    appender = _appender(stall.database)

    assert await appender.append() == sum(len(each["outbox"]) for each in others)
    assert await appender.append() == 0

    told = {each["aggregate"] for each in await stall.database.find("journal", {})}
    assert told == {each["_id"] for each in others}
    (said,) = [each for each in caplog.messages if broken["_id"] in each]
    assert said.endswith(f"refuse its change {story[0]['seq']}")

    mended = {"$set": {"outbox": story}}
    await stall.database.change("stock_levels", {"_id": broken["_id"]}, mended)
    monkeypatch.setattr("storage.mongo.journal.appender.monotonic", lambda: inf)
    assert await appender.append() == len(story)
    await check_journal(stall)


async def test_one_leads_until_it_is_not_heard_of(stall, monkeypatch):
    monkeypatch.setattr("storage.mongo.journal.leader.ASK_EVERY_SECONDS", 0)
    first, second = (Leader(database, WITH_OUTBOX) for database in stall.databases[:2])
    await first.append()
    await first.append()
    await _trade(stall)

    refused = await second.append()
    await stall.database.change(leases.LEASES.name, {}, [{"$set": {"until": "$$NOW"}}])
    taken_over = await second.append()
    await _trade(stall)
    deposed = await first.append()

    assert (refused, taken_over, deposed) == (0, 9, 0)
    assert await second.append() == 9
    await stall.database.delete(leases.LEASES.name, {})
    await check_journal(stall)


async def test_it_rests_longer_the_longer_nothing_happens(stall, monkeypatch):
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr("storage.mongo.journal.leader.sleep", sleep)
    leader = Leader(stall.database, WITH_OUTBOX)
    for _ in range(20):
        await leader.keep_up()
    quiet, rests = rests, []
    await _trade(stall)
    await leader.keep_up()
    await leader.keep_up()

    assert quiet == sorted(quiet)
    assert quiet[-1] == QUIET_SECONDS
    assert rests == [COMPANY_SECONDS, AWAKE_SECONDS * TIRING]


async def test_who_does_not_lead_looks_seldom(stall, monkeypatch):
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr("storage.mongo.journal.leader.sleep", sleep)
    monkeypatch.setattr("storage.mongo.journal.leader.ASK_EVERY_SECONDS", 0)
    first, second = (Leader(database, WITH_OUTBOX) for database in stall.databases[:2])
    await first.append()
    await first.append()

    await second.keep_up()

    assert rests == [REST_SECONDS]


async def test_what_one_does_for_all_is_done_by_who_leads(stall, monkeypatch):
    monkeypatch.setattr("storage.mongo.journal.leader.ASK_EVERY_SECONDS", 0)
    await stall.database.delete(leases.LEASES.name, {})
    leaders = [Leader(database, WITH_OUTBOX) for database in stall.databases[:2]]
    done: list[int] = []

    async def look(number: int) -> int:
        done.append(number)
        return 1

    async def turn() -> list[int]:
        for leader in leaders:
            await leader.append()
        return [await leader.alone(partial(look, n))() for n, leader in enumerate(leaders)]

    await leaders[0].append()  # the first time begins the lease, the second holds it
    counts = await turn()
    await stall.database.change(leases.LEASES.name, {}, [{"$set": {"until": "$$NOW"}}])
    await leaders[1].append()
    counts += await turn()
    await stall.database.delete(leases.LEASES.name, {})

    assert counts == [1, 0, 0, 1]
    assert done == [0, 1]

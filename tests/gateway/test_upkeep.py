"""What a gateway does beside answering ends when the gateway does."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from domain.integrity import IntegrityCheck
from gateway import bootstrap, checking, upkeep
from gateway.settings import Settings
from storage.mongo.driver import Database


async def test_a_job_that_takes_its_cancellation_for_a_lost_connection_ends_all_the_same():
    began = asyncio.Event()

    async def job() -> int:
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise Unavailable("The database does not answer in time.") from None
        return 0

    async with asyncio.timeout(5), upkeep.running({"a job": (job, 60)}):
        await began.wait()


async def test_a_job_that_fails_is_done_again_and_disturbs_no_other(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(upkeep, "AFTER_A_FAULT_SECONDS", 0)
    done = asyncio.Event()
    tries: list[str] = []

    async def breaking() -> int:
        tries.append("breaking")
        if len(tries) > 2:
            done.set()
        raise RuntimeError

    async def working() -> int:
        return 0

    async with upkeep.running({"broken": (breaking, 0), "working": (working, 60)}):
        async with asyncio.timeout(5):
            await done.wait()


async def test_who_hears_the_bell_looks_at_once_and_asks_nobody_before():
    bell, looked, waiting = upkeep.Bell(), asyncio.Event(), list[str]()
    looks = 0

    async def look() -> int:
        nonlocal looks
        looks += 1
        looked.set()
        return 1 if waiting and waiting.pop() else 0

    async def others() -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    async with upkeep.running({"inbox": (bell.wakes(look, 3600), 0)}), asyncio.timeout(5):
        await looked.wait()
        await others()
        assert looks == 1

        waiting += "one", "two"
        bell.ring()
        await others()

        assert waiting == []
        assert looks == 4  # until there is no more


async def test_without_a_bell_it_looks_now_and_then():
    looked = asyncio.Event()
    times = 0

    async def look() -> int:
        nonlocal times
        times += 1
        if times == 3:
            looked.set()
        return 0

    async with upkeep.running({"inbox": (upkeep.Bell().wakes(look, 0.01), 0)}):
        async with asyncio.timeout(5):
            await looked.wait()


async def test_what_a_watch_finds_broken_stands_in_the_log(caplog: pytest.LogCaptureFixture):
    async def look() -> list[IntegrityCheck]:
        return [IntegrityCheck("S2", "Reserved is the sum of the holds.", 50, 1, ("res_1",))]

    assert await checking.watching(look)() == 0

    (line,) = [record.msg for record in caplog.records if record.levelname == "ERROR"]
    assert line["event"] == "invariant broken"
    assert (line["invariant"], line["broken"], line["ids"]) == ("S2", 1, ["res_1"])


def test_a_gateway_watches_as_often_as_it_is_told(database: Database):
    watches = bootstrap.watches(database, Settings(check_seconds=7))

    assert [pause for _, pause in watches.values()] == [7]
    assert bootstrap.watches(database, Settings(check_seconds=0)) == {}

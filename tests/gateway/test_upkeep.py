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

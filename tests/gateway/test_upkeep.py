"""What a gateway does beside answering ends when the gateway does."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from gateway import upkeep


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

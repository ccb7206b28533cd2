"""What a gateway does beside answering ends when the gateway does."""

from __future__ import annotations

from asyncio import CancelledError, Event, sleep, timeout

from gateway import upkeep


async def test_a_job_ends_even_if_its_first_cancellation_was_lost():
    started, lost = Event(), Event()

    async def job() -> int:
        started.set()
        try:
            await sleep(60)
        except CancelledError:
            if lost.is_set():
                raise
            lost.set()  # as a driver does, when an answer comes at the same moment
        return 1

    async with timeout(5):
        async with upkeep.running({"deaf": (job, 0)}):
            await started.wait()

    assert lost.is_set()

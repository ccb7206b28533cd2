"""What a gateway does beside answering: small jobs, again and again, until it ends."""

from __future__ import annotations

import logging
from asyncio import CancelledError, Event, Task, create_task, sleep, timeout, wait
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from domain.errors import Unavailable
from gateway.metrics import instruments

logger = logging.getLogger("kassa.upkeep")

Job = Callable[[], Awaitable[int]]
"""Does some work, and says how much there was; 0 means that there is none for now."""

AFTER_A_FAULT_SECONDS = 1.0
CANCELLED_AGAIN_SECONDS = 0.2


class Bell:
    """Rung when there is something to do here."""

    def __init__(self) -> None:
        self._rung = Event()

    def ring(self) -> None:
        self._rung.set()

    def wakes(self, job: Job, seconds: float) -> Job:
        """The job, which waits for the bell when there was nothing to do, and so long at most."""
        found = 1

        async def woken() -> int:
            nonlocal found
            if not found:
                with suppress(TimeoutError):
                    async with timeout(seconds):
                        await self._rung.wait()
            self._rung.clear()
            found = await job()
            return found

        return woken


@asynccontextmanager
async def running(jobs: Mapping[str, tuple[Job, float]]) -> AsyncGenerator[None]:
    """Do each job again and again; when there is nothing to do, look again after its pause."""
    for name in jobs:
        instruments.JOB_FAULTS.labels(name)  # from 0, or nobody would see the first
    tasks: list[Task[None]] = [
        create_task(_again(name, job, pause), name=name) for name, (job, pause) in jobs.items()
    ]
    try:
        yield
    finally:
        await ended(tasks)


async def done(jobs: Mapping[str, tuple[Job, float]]) -> None:
    """Do each job until there is nothing to do."""
    for job, _ in jobs.values():
        while await job():
            pass


async def ended(tasks: Iterable[Task[Any]]) -> None:
    """Cancel them until they are: PyMongo takes a cancellation for a lost connection at times."""
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await wait(running, timeout=CANCELLED_AGAIN_SECONDS)


async def _again(name: str, job: Job, pause: float) -> None:
    while True:  # noqa: ASYNC110 - nobody tells when there is something to do
        await sleep(0 if await _once(name, job) else pause)


async def _once(name: str, job: Job) -> int:
    """What cannot be done now is tried again; nothing stops the others."""
    try:
        return await job()
    except CancelledError:
        raise
    except Unavailable as error:
        instruments.JOB_FAULTS.labels(name).inc()
        logger.warning("%s: %s", name, error.message)
    except Exception:
        instruments.JOB_FAULTS.labels(name).inc()
        logger.exception("%s failed", name)
    await sleep(AFTER_A_FAULT_SECONDS)
    return 0

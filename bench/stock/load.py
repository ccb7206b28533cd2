"""Many buyers at once, from several processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from typing import Any, NamedTuple

import uvloop

from bench.stock.ways import WAYS
from gateway import bootstrap

PROCESSES = 2
IN_FLIGHT = 600
"""Over all processes."""


class Seen(NamedTuple):
    """What one process saw: how many were held, and how long each took, in seconds."""

    held: int
    seconds: float
    latencies: list[float]
    cpu_seconds: float


def run(url: str, way: str, seconds: float) -> list[Seen]:
    """Load one way from `PROCESSES` processes for so many seconds."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        jobs = [(url, way, seconds, n) for n in range(PROCESSES)]
        return pool.starmap(_process, jobs)


def _process(url: str, way: str, seconds: float, n: int) -> Seen:
    return uvloop.run(_load(WAYS[way](url, leads=n == 0), seconds, random.Random(n)))  # noqa: S311


async def _load(way: Any, seconds: float, dice: random.Random) -> Seen:
    latencies: list[float] = []
    end = time.monotonic() + seconds

    async def buyer() -> None:
        while time.monotonic() < end:
            began = time.perf_counter()
            held = await way.reserve()
            latencies.append(time.perf_counter() - began)
            await way.end(held, sold=dice.random() < 0.5)

    bootstrap.keep_what_is_there()
    async with way.beside():
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(buyer() for _ in range(IN_FLIGHT // PROCESSES)))
        took, used = time.perf_counter() - began, time.process_time() - cpu
    await way.close()
    return Seen(len(latencies), took, latencies, used)

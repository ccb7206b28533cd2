"""The figures: how soon a change is seen, what telling it costs, what a subscriber weighs."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

from msgspec import Struct

from bench import spread
from bench.live import crowd, servers, writes
from bench.live.crowd import Crowd
from bench.live.messages import COST, WATCH, Change
from bench.live.servers import ALL, Server
from bench.live.shop import SKUS, Place
from bench.live.writes import Acknowledged
from bench.spread import Spread

OURS = "kassa"
SETTLE_SECONDS = 1.0
ARRIVE_SECONDS = 10.0
POLL_SECONDS = 0.1
LEAST_DELIVERED = 0.95
"""Less of what was due, and the CPU of a message is that of a server that cannot keep up."""

Told = Callable[[str], None]
Publisher = Callable[[], AbstractAsyncContextManager[None]]
"""Has something to tell meanwhile."""

Places = Sequence[Place]


class Plan(Struct, frozen=True):
    """How much, how fast, how long. Rates are changes a second."""

    watchers: int = 500
    seen_rate: float = 300.0
    seen_seconds: float = 20.0
    subscribers: int = 2_000
    rate: float = 50.0
    rounds: int = 5
    seconds: float = 6.0


QUICK = Plan(
    watchers=50, seen_rate=20, seen_seconds=2, subscribers=100, rate=20, rounds=1, seconds=1
)


class Seen(Struct, frozen=True):
    """From the acknowledgement of a write until a subscriber has it, in milliseconds."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    changes_per_s: float
    deliveries: int
    missing: int


class Figures(Struct, frozen=True):
    """One contestant's."""

    cpu_us_per_message: Spread
    delivered: float
    """Of the messages that were due, the least share of a round."""

    bytes_per_message: int
    kib_per_subscriber: float


async def seen(server: Server, places: Places, plan: Plan) -> Seen:
    """Changes at full rate, each seen by everybody who listens for its sku."""
    skus = [place.sku for place in places]
    async with (
        crowd.listening(server, WATCH, plan.watchers, skus) as watchers,
        writes.writing(server, places) as writer,
    ):
        await writer.stock_up()
        await writer.write(plan.seen_rate, plan.seen_seconds / 4)  # to warm up
        await asyncio.sleep(SETTLE_SECONDS)
        await watchers.forget()
        began = time.monotonic()
        acknowledged = await writer.write(plan.seen_rate, plan.seen_seconds)
        took = time.monotonic() - began
        due = len(acknowledged) * plan.watchers // SKUS
        await _arrived(watchers, due)
        return _delays(acknowledged, await watchers.seen(), due, took)


async def _arrived(watchers: Crowd, due: int) -> None:
    deadline = time.monotonic() + ARRIVE_SECONDS
    while time.monotonic() < deadline:
        if (await watchers.count()).messages >= due:
            return
        await asyncio.sleep(POLL_SECONDS)


def _delays(
    acknowledged: Sequence[Acknowledged],
    arrived: Sequence[tuple[Change, int]],
    due: int,
    took: float,
) -> Seen:
    acknowledged_at = {each.change: each.at for each in acknowledged}
    delays = [
        (at - acknowledged_at[change]) / 1e6 for change, at in arrived if change in acknowledged_at
    ]
    cuts = statistics.quantiles(delays, n=100)
    return Seen(
        p50_ms=round(cuts[49], 1),
        p99_ms=round(cuts[98], 1),
        max_ms=round(max(delays), 1),
        changes_per_s=round(len(acknowledged) / took, 1),
        deliveries=len(delays),
        missing=due - len(delays),
    )


@asynccontextmanager
async def by_itself(server: Server) -> AsyncGenerator[None]:
    """A peer publishes meanwhile."""
    server.publish(on=True)
    yield
    server.publish(on=False)


@asynccontextmanager
async def by_writes(first: Server, places: Places, plan: Plan) -> AsyncGenerator[None]:
    """Somebody writes to another process of the same shop meanwhile."""
    seconds = plan.seconds + 2 * SETTLE_SECONDS
    async with writes.writing(first, places) as writer, asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.write(plan.rate, seconds))
        yield


class Bout:
    """A contestant with its subscribers, and who makes it tell them something."""

    def __init__(self, server: Server, listeners: Crowd, publisher: Publisher) -> None:
        self.server, self._listeners, self._publishing = server, listeners, publisher
        self._cpu: list[float] = []
        self._delivered: list[float] = []
        self._bytes = 0

    async def round(self, plan: Plan) -> float:
        """One more; the CPU of a message, in microseconds."""
        async with self._publishing():
            await asyncio.sleep(SETTLE_SECONDS)
            await self._listeners.forget()
            before, began = self.server.cpu_seconds(), time.monotonic()
            await asyncio.sleep(plan.seconds)
            used, took = self.server.cpu_seconds() - before, time.monotonic() - began
            counted = await self._listeners.count()
        self._cpu.append(used / counted.messages * 1e6)
        self._delivered.append(counted.messages / (took * plan.rate * plan.subscribers / SKUS))
        self._bytes = round(counted.bytes / counted.messages)
        return self._cpu[-1]

    def figures(self, kib: float) -> Figures:
        return Figures(
            cpu_us_per_message=spread.over(self._cpu, 1),
            delivered=round(min(self._delivered), 3),
            bytes_per_message=self._bytes,
            kib_per_subscriber=round(kib, 1),
        )


async def compared(
    names: Sequence[str],
    environment: Mapping[str, str],
    first: Server,
    places: Places,
    plan: Plan,
    told: Told,
) -> Mapping[str, Figures]:
    """All contestants with all their subscribers at once; rounds alternate between them.

    `first` is a Kassa of the same shop that takes the writes.
    """
    skus = [place.sku for place in places]
    bouts: dict[str, Bout] = {}
    kib: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        for name in names:
            server = await stack.enter_async_context(servers.running(name, environment))
            before = server.rss_kib()
            listeners = await stack.enter_async_context(
                crowd.listening(server, COST, plan.subscribers, skus)
            )
            await asyncio.sleep(SETTLE_SECONDS)
            kib[name] = (server.rss_kib() - before) / plan.subscribers
            publisher = (
                partial(by_itself, server)
                if ALL[name].peer
                else partial(by_writes, first, places, plan)
            )
            bouts[name] = Bout(server, listeners, publisher)
            told(f"{name}: {plan.subscribers} subscribers, {kib[name]:.1f} KiB each")
        for number in range(plan.rounds):
            for name, bout in bouts.items():
                told(f"{number + 1} {name}: {await bout.round(plan):.1f} µs a message")
    return {name: bout.figures(kib[name]) for name, bout in bouts.items()}

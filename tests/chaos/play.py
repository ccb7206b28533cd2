"""The scenarios: a load, a nemesis, and at the end the graph, read for the checker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random

from msgspec import Struct

from tests.chaos import burst, listeners, mixture, nemesis, shelves
from tests.chaos.checker import Run
from tests.chaos.checker.run import Place
from tests.chaos.client import Client, doors
from tests.chaos.cluster import Cluster
from tests.chaos.followers import Follower
from tests.chaos.history import Begun, History
from tests.chaos.listeners import Listener
from tests.chaos.nemesis import FAULTS, Step
from tests.chaos.reading import AFTER, BEFORE, Reader
from tests.chaos.shelves import Shelves

ENOUGH_SECONDS = 3.0
"""For the first answers of a rush; then it breaks whether or not they came."""
SKUS, LOCATIONS = 4, 3
ORDERS = 2
HELD_BY_EACH = 80
"""Of 32 clients, and one in twenty asks for too much: a document holds 2,000."""


class Stage(Struct, frozen=True):
    """Where a scenario plays."""

    cluster: Cluster
    history: History
    seed: int

    @property
    def ports(self) -> Sequence[int]:
        return [gateway.port for gateway in self.cluster.gateways]

    @property
    def reader(self) -> Reader:
        return Reader(self.ports, self.history)

    def client(self, name: str) -> Client:
        return Client(name, doors(self.ports), self.history, self.seed)

    def begin(self, scenario: str, steps: Sequence[Step]) -> None:
        self.history.add(Begun(scenario=scenario, seed=self.seed, plan=steps))

    async def note(self, when: str, shelves: Shelves) -> None:
        """Read what the scenario works with."""
        await self.reader.note(when, "level", list(shelves.levels.values()))
        await self.reader.note(when, "order", [order.id for order in shelves.orders])


async def rush(stage: Stage, faults: Sequence[str]) -> Run:
    """For each fault, 500 reservations for 100 units at once, and the fault in the midst."""
    steps = nemesis.plan(_random(stage), faults, 2.0, 4.0)
    stage.begin("rush", steps)
    found = await shelves.found(stage.reader, skus=len(steps), locations=1, orders=0)
    await stage.note(BEFORE, found)
    for place, step in zip(found.levels, steps, strict=True):
        await burst.lay_out(stage.client("keeper " + place[0]), found, place)
        await _rushed(stage, place, step)
    await stage.note(AFTER, found)
    return await _ended(stage)


async def _rushed(stage: Stage, place: Place, step: Step) -> None:
    rush = burst.Rush(place, enough=step.chance % burst.UNITS)
    buyers = [stage.client(f"buyer {n} of {place[0]}") for n in range(burst.BUYERS)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(rush.of(buyers))
        with suppress(TimeoutError):
            await asyncio.wait_for(rush.started.wait(), ENOUGH_SECONDS)
        await nemesis.strike(step, stage.cluster, stage.history)
    await stage.cluster.heal()


async def mix(
    stage: Stage, faults: Sequence[str], *, wishes: int, a_second: float, ears: int
) -> Run:
    """Mutations of all kinds, at least so many and until each fault was there once.

    So many `ears` listen meanwhile, and come and go.
    """
    steps = nemesis.plan(_random(stage), faults, 1.5, 4.0)
    stage.begin("listened" if ears else "mixture", steps)
    found = await shelves.found(stage.reader, skus=SKUS, locations=LOCATIONS, orders=ORDERS)
    await stage.note(BEFORE, found)
    return await _mixed(stage, found, steps, wishes, a_second, ears)


async def dark(stage: Stage, *, wishes: int, a_second: float, ears: int) -> Run:
    """The same while Redis is emptied every three seconds, and dead for half of the time."""
    stage.begin("dark", [])
    found = await shelves.found(stage.reader, skus=SKUS, locations=LOCATIONS, orders=ORDERS)
    await stage.note(BEFORE, found)
    darkness = asyncio.create_task(nemesis.darken(stage.cluster, stage.history))
    try:
        return await _mixed(stage, found, [], wishes, a_second, ears)
    finally:
        darkness.cancel()
        with suppress(asyncio.CancelledError):
            await darkness
        await stage.cluster.heal()


async def _mixed(
    stage: Stage,
    found: Shelves,
    steps: Sequence[Step],
    wishes: int,
    a_second: float,
    ears: int,
) -> Run:
    await mixture.stock_up(stage.client("keeper"), found)
    breaking = asyncio.create_task(nemesis.follow(steps, stage.cluster, stage.history))
    async with _followed(stage, found), _heard(stage, found, ears) as everybody:
        crowd = mixture.Crowd(wishes, a_second, until=breaking)
        await crowd.works(mixture.days(stage.client, found))
        await breaking
        if steps:
            await stage.cluster.heal()
        await listeners.settled(everybody)
        await mixture.stock_up(stage.client("last"), found)
        await stage.note(AFTER, found)
    return await _ended(stage)


async def crowded(stage: Stage, faults: Sequence[str], *, a_second: float) -> Run:
    """More reservations of one level than its document holds, while each fault is there once.

    Nothing that is read tells where a hold is kept: what must be true of holds is, of all.
    """
    steps = nemesis.plan(_random(stage), faults, 1.5, 4.0)
    stage.begin("crowded", steps)
    found = await shelves.found(stage.reader, skus=1, locations=1, orders=1)
    await stage.note(BEFORE, found)
    await mixture.stock_up(stage.client("keeper"), found)
    days = mixture.days(stage.client, found, mixture.HOLDING)
    await asyncio.gather(*(day.hold(HELD_BY_EACH) for day in days))
    breaking = asyncio.create_task(nemesis.follow(steps, stage.cluster, stage.history))
    await mixture.Crowd(0, a_second, until=breaking).works(days)
    await breaking
    await stage.cluster.heal()
    await stage.note(AFTER, found)
    return await _ended(stage)


@asynccontextmanager
async def _followed(stage: Stage, found: Shelves) -> AsyncGenerator[None]:
    """Somebody follows each journal meanwhile, and looks once more in the end."""
    things = [
        *(("level", level) for level in found.levels.values()),
        *(("order", order.id) for order in found.orders),
    ]
    followers = [Follower(kind, thing, stage.ports, stage.history) for kind, thing in things]
    tasks = [asyncio.create_task(each.follow()) for each in followers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends
    for each in followers:
        await each.look()


@asynccontextmanager
async def _heard(stage: Stage, found: Shelves, ears: int) -> AsyncGenerator[Sequence[Listener]]:
    """So many listen meanwhile, until they have heard what was read in the end."""
    everybody = listeners.listeners(ears, found, stage.ports, stage.history, stage.seed)
    tasks = [asyncio.create_task(each.listen()) for each in everybody]
    try:
        yield everybody
        await listeners.caught_up(everybody, Run(stage.history.lines))
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends


async def _ended(stage: Stage) -> Run:
    """Read what was made, too."""
    run = Run(stage.history.lines)
    for kind, what in (("reserveStock", "reservation"), ("recordPayment", "payment")):
        made = dict.fromkeys(each.made(what) for each in run.done(kind))
        await stage.reader.note(AFTER, what, list(made))
    return Run(stage.history.lines)


def _random(stage: Stage) -> Random:
    return Random(f"{stage.seed} faults")


EVERY_FAULT = tuple(FAULTS)

"""Who breaks things: one fault at a time, by a plan that a seed decides; all is repaired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from random import Random
from types import MappingProxyType

from msgspec import Struct
from pymongo.errors import PyMongoError

from tests.chaos.child import Child
from tests.chaos.cluster import Cluster, Gateway
from tests.chaos.history import Fault, Healed, History
from tests.chaos.members import STEPS_DOWN_SECONDS
from tests.chaos.proxy import Proxy

Breaking = Callable[[Cluster, Random], AbstractAsyncContextManager[str]]
"""Breaks something, says what, and repairs it when left."""

ELECTED_WITHIN_SECONDS = 5.0
LASTING = frozenset({"primary killed", "primary frozen"})
"""These last until there is another primary, so that it is seen how long that takes."""
QUIET_SECONDS = 2.0
FLUSH_EVERY_SECONDS = 0.2
DARK_SECONDS = 1.5
"""So long Redis is there, is emptied, and is away; one after the other."""
LOST_ANSWERS_SECONDS = 0.3
SLOW_SECONDS = 0.05


class Step(Struct, frozen=True):
    """A fault, for how long, and the chances it takes."""

    fault: str
    seconds: float
    chance: int


@asynccontextmanager
async def _killed(child: Child) -> AsyncGenerator[str]:
    await child.kill()
    try:
        yield child.name
    finally:
        child.start()


@asynccontextmanager
async def _frozen(child: Child) -> AsyncGenerator[str]:
    child.freeze()
    try:
        yield child.name
    finally:
        child.thaw()


@asynccontextmanager
async def primary_killed(cluster: Cluster, _: Random) -> AsyncGenerator[str]:
    async with _killed((await cluster.members.primary()).child) as name:
        yield name


@asynccontextmanager
async def primary_frozen(cluster: Cluster, _: Random) -> AsyncGenerator[str]:
    async with _frozen((await cluster.members.primary()).child) as name:
        yield name


@asynccontextmanager
async def primary_steps_down(cluster: Cluster, _: Random) -> AsyncGenerator[str]:
    primary = await cluster.members.primary()
    with suppress(PyMongoError):  # it may hang up on who asks
        await primary.command("replSetStepDown", STEPS_DOWN_SECONDS, force=True)
    yield primary.name


@asynccontextmanager
async def secondary_killed(cluster: Cluster, random: Random) -> AsyncGenerator[str]:
    primary = await cluster.members.primary()
    others = [member for member in cluster.members.each if member is not primary]
    async with _killed(random.choice(others).child) as name:
        yield name


@asynccontextmanager
async def gateway_killed(cluster: Cluster, random: Random) -> AsyncGenerator[str]:
    async with _killed(random.choice(cluster.gateways).child) as name:
        yield name


@asynccontextmanager
async def gateway_frozen(cluster: Cluster, random: Random) -> AsyncGenerator[str]:
    async with _frozen(random.choice(cluster.gateways).child) as name:
        yield name


@asynccontextmanager
async def connections_cut(cluster: Cluster, random: Random) -> AsyncGenerator[str]:
    """Every connection of a gateway to MongoDB is reset; it may connect again."""
    gateway = random.choice(cluster.gateways)
    for way in gateway.to_member.values():
        way.cut()
    yield gateway.child.name


@asynccontextmanager
async def primary_out_of_reach(cluster: Cluster, random: Random) -> AsyncGenerator[str]:
    """One gateway's plug to the primary is pulled; the others have it still."""
    gateway, name, way = await _way_to_the_primary(cluster, random)
    way.hold()
    try:
        yield f"{gateway.child.name} to {name}"
    finally:
        await way.heal()


@asynccontextmanager
async def primary_refuses(cluster: Cluster, random: Random) -> AsyncGenerator[str]:
    """One gateway is cut off from the primary, and told so."""
    gateway, name, way = await _way_to_the_primary(cluster, random)
    way.refuse()
    way.cut()
    try:
        yield f"{gateway.child.name} to {name}"
    finally:
        await way.heal()


@asynccontextmanager
async def answers_lost(cluster: Cluster, random: Random) -> AsyncGenerator[str]:
    """The primary does what one gateway asks, and the gateway never hears of it."""
    gateway, name, way = await _way_to_the_primary(cluster, random)
    way.hold(only_answers=True)
    await asyncio.sleep(LOST_ANSWERS_SECONDS)
    way.cut()
    way.release()
    yield f"{name} to {gateway.child.name}"


@asynccontextmanager
async def slow_network(cluster: Cluster, random: Random) -> AsyncGenerator[str]:
    gateway = random.choice(cluster.gateways)
    for way in gateway.ways:
        way.delay_seconds = SLOW_SECONDS
    try:
        yield gateway.child.name
    finally:
        for way in gateway.ways:
            await way.heal()


@asynccontextmanager
async def redis_killed(cluster: Cluster, _: Random) -> AsyncGenerator[str]:
    async with _killed(cluster.redis.child) as name:
        yield name


@asynccontextmanager
async def redis_frozen(cluster: Cluster, _: Random) -> AsyncGenerator[str]:
    async with _frozen(cluster.redis.child) as name:
        yield name


@asynccontextmanager
async def redis_flushed(cluster: Cluster, _: Random) -> AsyncGenerator[str]:
    """Emptied again and again."""

    async def again() -> None:
        while True:
            await cluster.redis.flush()
            await asyncio.sleep(FLUSH_EVERY_SECONDS)

    task = asyncio.create_task(again())
    try:
        yield cluster.redis.child.name
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


FAULTS: Mapping[str, Breaking] = MappingProxyType(
    {
        "primary killed": primary_killed,
        "primary frozen": primary_frozen,
        "primary steps down": primary_steps_down,
        "secondary killed": secondary_killed,
        "gateway killed": gateway_killed,
        "gateway frozen": gateway_frozen,
        "connections cut": connections_cut,
        "primary out of reach": primary_out_of_reach,
        "primary refuses": primary_refuses,
        "answers lost": answers_lost,
        "slow network": slow_network,
        "redis killed": redis_killed,
        "redis frozen": redis_frozen,
        "redis flushed": redis_flushed,
    }
)


async def _way_to_the_primary(cluster: Cluster, random: Random) -> tuple[Gateway, str, Proxy]:
    """A gateway, whom it takes for the primary, and how it gets there."""
    gateway = random.choice(cluster.gateways)
    name = (await cluster.members.primary()).name
    return gateway, name, gateway.to_member[name]


def plan(random: Random, faults: Sequence[str], shortest: float, longest: float) -> list[Step]:
    """Each of `faults` once, in an order and for a time that chance decides."""
    return [
        Step(fault, _lasting(fault, random.uniform(shortest, longest)), random.getrandbits(32))
        for fault in random.sample(faults, len(faults))
    ]


def _lasting(fault: str, seconds: float) -> float:
    return round(seconds + (ELECTED_WITHIN_SECONDS if fault in LASTING else 0), 2)


async def follow(steps: Sequence[Step], cluster: Cluster, history: History) -> None:
    """Take the steps one after the other, each on a cluster that is well."""
    for step in steps:
        await asyncio.sleep(QUIET_SECONDS)
        await strike(step, cluster, history)
        await cluster.heal()


async def darken(cluster: Cluster, history: History) -> None:
    """Kill Redis and start it again, half the time each, and empty it; until it is cancelled."""
    while True:
        await asyncio.sleep(DARK_SECONDS)
        await cluster.redis.flush()
        async with redis_killed(cluster, Random()) as target:
            history.add(Fault(name="redis dark", target=target))
            await asyncio.sleep(DARK_SECONDS)
        history.add(Healed(name="redis dark", target=target))


async def strike(step: Step, cluster: Cluster, history: History) -> None:
    """One fault, and its repair; from the line on, whatever is written has recovered from it."""
    async with FAULTS[step.fault](cluster, Random(step.chance)) as target:
        history.add(Fault(name=step.fault, target=target))
        await asyncio.sleep(step.seconds)
    history.add(Healed(name=step.fault, target=target))

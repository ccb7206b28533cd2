"""The parts that tell shops of our stock, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.channels import pushing
from commands.channels.incidents import Alarm
from commands.channels.pushing import Telling
from domain.channels.pushing import Push
from domain.ports import Stores
from domain.ports.channels import Line
from gateway import upkeep
from gateway.bootstrap.opening import opened
from gateway.metrics import instruments
from gateway.settings import Settings
from storage.mongo.driver import Database
from storage.mongo.incidents import MongoIncidents
from storage.mongo.journal.following import MongoFollowing
from storage.mongo.leases import Lease
from storage.mongo.marks import MongoMarks
from storage.mongo.migrate import migrate
from storage.mongo.pushes import MongoLevels, MongoPushes

MOST_AT_ONCE = 100


def telling(chosen: Database, stores: Stores) -> Telling:
    """Where it is kept what shops show."""
    alarm = Alarm(stores, MongoIncidents(chosen))
    pushes, levels = MongoPushes(chosen), MongoLevels(chosen)
    marks, following = MongoMarks(chosen), MongoFollowing(chosen)
    return Telling(pushes, levels, marks, following, alarm, stores.owners)


def jobs(
    chosen: Database, parts: Telling, lines: Sequence[Line]
) -> Mapping[str, tuple[upkeep.Job, float]]:
    """What is done for each shop that wants to be told; one that hangs holds up no other."""
    found: dict[str, tuple[upkeep.Job, float]] = {}
    for line in lines:
        for outcome in sorted({*pushing.OUTCOMES.values(), pushing.SAME}):
            instruments.STOCK_PUSHES.labels(line.name, outcome)  # from 0
        found[f"following for {line.name}"] = (following(chosen, parts, line), 0.2)
        found[f"pushing to {line.name}"] = (pushes(parts, line), 0.2)
    return found


def following(chosen: Database, parts: Telling, line: Line) -> upkeep.Job:
    """Notes what changed, if this gateway is the one that does."""
    lease = Lease(chosen, f"following for {line.name}")

    async def follow() -> int:
        return await pushing.follow(parts, line) if await lease.hold() else 0

    return follow


def pushes(parts: Telling, line: Line) -> upkeep.Job:
    """Tells one shop what is due."""

    async def push() -> int:
        outcomes = await pushing.push(parts, line, MOST_AT_ONCE)
        for outcome, count in outcomes.items():
            instruments.STOCK_PUSHES.labels(line.name, outcome).inc(count)
        return outcomes.total()

    return push


async def pushed(
    settings: Settings, name: str, most: int
) -> tuple[Mapping[str, int], Sequence[Push]]:
    """How it stands with what a shop was told: how many of each sort, and what is not at rest."""
    async with opened(settings) as chosen:
        await migrate(chosen)
        found = MongoPushes(chosen)
        return await found.counts(name), await found.page(name, most=most)

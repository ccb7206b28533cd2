"""What is done with a database before, or beside, serving it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from adapters import demo, files
from commands import imports, operations
from domain.imports.report import Report
from domain.integrity import IntegrityCheck
from domain.ports import ShelfState
from domain.shop import Shop
from gateway.bootstrap.admitting import floored
from gateway.bootstrap.opening import bell, opened
from gateway.settings import Settings
from gateway.welcome import Welcome, welcome
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.intake import MongoIntake
from storage.mongo.integrity import Checker
from storage.mongo.journal.leader import Leader
from storage.mongo.migrate import WITH_OUTBOX, migrate
from storage.mongo.shelf import MongoShelf

BENCH_UNTIL = datetime(2026, 1, 1, tzinfo=UTC)

SIZES = {"small": demo.SMALL, "bench": demo.BENCH}


async def migrated(settings: Settings) -> list[str]:
    """Bring the database to this version's shape; say what there is."""
    async with opened(settings) as chosen:
        return await migrate(chosen)


async def seeded(
    settings: Settings,
    *,
    reset: bool = False,
    size: demo.Size = demo.SMALL,
    told: Callable[[int, int], None] = operations.silent,
) -> Shop:
    """Put the demo shop into the database, and return it."""
    async with opened(settings) as chosen:
        await migrate(chosen)
        shelf = MongoShelf(chosen)
        return await operations.seed(shelf, partial(_demo_shop, size), reset=reset, told=told)


async def imported(
    settings: Settings,
    folder: Path,
    mapping: files.Mapping,
    quarantine: Path,
    tolerate: float,
    told: imports.Told,
) -> Report:
    """Bring a folder of files into the database."""
    begin, report = perf_counter(), Report(quarantine=str(quarantine))
    with files.Quarantine(quarantine) as aside, files.opened(folder, mapping, aside) as feed:
        async with opened(settings) as chosen:
            await migrate(chosen)
            intake, now = MongoIntake(chosen), datetime.now(UTC)
            await imports.run(feed, intake, now, tolerate=tolerate, report=report, told=told)
            told("Writing the journal", 0, 0)
            await journalled(chosen)
    report.seconds = round(perf_counter() - begin, 3)
    return report


async def checked(settings: Settings, most: int, told: imports.Told) -> list[IntegrityCheck]:
    """Check whether what must always be true is true of what is in the database."""
    async with opened(settings) as chosen:
        return await Checker(chosen, most=most).all(told)


async def journalled(chosen: Database) -> None:
    """Put what waits into the journal, unless a gateway is at it."""
    leader = Leader(chosen, WITH_OUTBOX)
    while await leader.append():
        pass


async def prepared(settings: Settings, *, with_demo: bool) -> Welcome:
    """Make the database ready to serve, and say what there is to try."""
    bell(settings)  # refuses a wrong URL now, rather than in each server process again and again
    if not settings.is_development and not settings.allow_old_servers:
        await floored(settings)
    async with opened(settings) as chosen:
        await migrate(chosen)
        shelf = MongoShelf(chosen)
        if with_demo and await shelf.state() in {ShelfState.EMPTY, ShelfState.HALF}:
            await operations.seed(shelf, _demo_shop)
        return await welcome(MongoRepositories(chosen), views.named(settings.subgraph))


def _demo_shop(size: demo.Size = demo.SMALL) -> Shop:
    """A shop to play in has traded until now; one to measure with is the same on every day."""
    return demo.shop(BENCH_UNTIL if size == demo.BENCH else datetime.now(UTC), size)

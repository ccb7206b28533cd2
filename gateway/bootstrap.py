"""The one place that chooses and wires the real parts."""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from multiprocessing import parent_process
from pathlib import Path
from time import perf_counter

from starlette.applications import Starlette

from adapters import demo, files
from commands import imports, operations
from commands.all import COMMANDS
from commands.running import resume
from domain.api_keys import Mode
from domain.imports.report import Report
from domain.integrity import IntegrityCheck
from domain.ports import Repositories, ShelfState, Stores
from domain.ports.knowing import ApiKeys
from domain.shop import Shop
from gateway import app, embedded, floors, logs, registering, upkeep
from gateway.checking import watching
from gateway.identity import issuers
from gateway.identity.door import Door
from gateway.identity.keyring import KeyRing
from gateway.identity.tokens import Tokens
from gateway.limits.accounts import Accounts
from gateway.limits.purses import Purses
from gateway.settings import Limiting, Settings, SettingsError, peppered, read
from gateway.welcome import Welcome, welcome
from schema import views
from storage.buckets import Buckets
from storage.mongo import MongoRepositories, driver
from storage.mongo.api_keys import MongoApiKeys
from storage.mongo.driver import Database
from storage.mongo.intake import MongoIntake
from storage.mongo.integrity import Checker, Watch
from storage.mongo.journal.following import MongoFollowing
from storage.mongo.journal.leader import Leader
from storage.mongo.migrate import WITH_OUTBOX, migrate
from storage.mongo.secrets import secret
from storage.mongo.shelf import MongoShelf
from storage.mongo.stores import MongoStores
from storage.redis import Bell

NO_CREDENTIALS = (
    "KASSA_ENV=production needs to know whom to let in: set KASSA_ISSUERS to a file that names "
    "your OpenID provider, or KASSA_PEPPER_FILE to one with the secret that keys are kept under."
)
NO_PEPPER = "Set KASSA_PEPPER_FILE to a file with the secret that API keys are kept under."
BENCH_UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""One answer of a few thousand fields makes more than the 700 after which Python would look."""

NO_DATABASE = (
    "Set KASSA_MONGODB_URL and KASSA_REDIS_URL to your servers, or use `kassa serve --embedded`."
)

MOST_AT_ONCE = 50

SIZES = {"small": demo.SMALL, "bench": demo.BENCH}


def check(settings: Settings) -> Settings:
    """`settings`, if this version can run with them.

    Raises:
        SettingsError: it cannot, and why.
        Unavailable: the driver that they name is not installed.
    """
    if not settings.is_development and not (settings.issuers or settings.pepper_file):
        raise SettingsError(NO_CREDENTIALS)
    if settings.issuers:
        issuers.load(settings.issuers, is_development=settings.is_development)
    if settings.pepper_file:
        peppered(settings.pepper_file)
    driver.client(settings.mongodb_driver.value)
    registering.read(settings.documents)
    return settings


async def floored(settings: Settings) -> None:
    """Refuse servers that are too old for production.

    Raises:
        SettingsError: one of them is, and which.
        Unavailable: one of them does not answer.
    """
    doorbell = bell(settings)
    async with opened(settings) as chosen:
        try:
            floors.check("MongoDB", await chosen.version())
            floors.check(*await doorbell.version())
        finally:
            await doorbell.close()


async def peppers(settings: Settings, chosen: Database) -> Sequence[bytes]:
    """What keys are kept under; the first is for new ones.

    Raises:
        SettingsError: the file that is to say so does not.
    """
    if settings.pepper_file is None:
        if not settings.is_development:
            raise SettingsError(NO_PEPPER)
        return [await secret(chosen, "api keys")]
    return peppered(settings.pepper_file)


@asynccontextmanager
async def keys(
    settings: Settings,
) -> AsyncGenerator[tuple[ApiKeys, Sequence[bytes], Repositories]]:
    """Where keys are kept, and under what."""
    async with opened(settings) as chosen:
        await migrate(chosen)
        under = await peppers(settings, chosen)
        yield MongoApiKeys(chosen), under, MongoRepositories(chosen)


def door(settings: Settings, chosen: Database) -> Door:
    """Who is let in, as the settings say.

    Raises:
        SettingsError: they name issuers that cannot be used.
    """
    is_development = settings.is_development
    tokens = None
    if settings.issuers:
        found = issuers.load(settings.issuers, is_development=is_development)
        tokens = Tokens(found, is_development=is_development)
    mode = Mode.TEST if is_development else Mode.LIVE
    under = partial(peppers, settings, chosen)
    takes_keys = is_development or settings.pepper_file
    keys = KeyRing(MongoApiKeys(chosen), under, mode) if takes_keys else None
    return Door(is_development=is_development, tokens=tokens, keys=keys)


def database(settings: Settings) -> Database:
    """The database that the settings name; nothing is asked of it yet."""
    if settings.mongodb_url is None:
        raise SettingsError(NO_DATABASE)
    chosen = settings.mongodb_driver.value
    return Database(settings.mongodb_url, settings.mongodb_database, driver=chosen)


def bell(settings: Settings) -> Bell:
    """The doorbell that the settings name; it need not answer."""
    if settings.redis_url is None:
        raise SettingsError(NO_DATABASE)
    return Bell(settings.redis_url)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Database]:
    """A database that answers, and is closed in the end."""
    chosen = database(settings)
    try:
        await chosen.ping()
        yield chosen
    finally:
        await chosen.close()


@asynccontextmanager
async def parts(settings: Settings) -> AsyncGenerator[tuple[Repositories, Stores]]:
    """What resolvers read and write of a database that answers."""
    async with opened(settings) as chosen:
        yield MongoRepositories(chosen), MongoStores(chosen)


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


def serving(settings: Settings, chosen: Database, doorbell: Bell) -> Starlette:
    """The web application over these parts; it closes them when it ends."""
    reading: Repositories = MongoRepositories(chosen)
    stores: Stores = MongoStores(chosen)
    view = views.named(settings.subgraph)
    offers: list[Welcome] = []
    bank = _bank(settings)
    purses = Purses(bank)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        try:
            offers.append(await welcome(reading, view))
            keep_what_is_there()
            running = {**jobs(chosen, stores), **watches(chosen, settings)}
            async with upkeep.running({**running, "purses": (purses.settle, 1.0)}):
                yield
        finally:
            await purses.close()
            await bank.close()
            await chosen.close()
            await doorbell.close()

    return app.build(
        settings,
        view,
        reading,
        stores,
        checks={"mongodb": chosen.ping, "redis": doorbell.ping},
        door=door(settings, chosen),
        page_config=lambda: offers[0].page_config(),
        following=MongoFollowing(chosen),
        accounts=_accounts(settings, purses),
        lifespan=lifespan,
    )


def _bank(settings: Settings) -> Buckets:
    if settings.redis_url is None:
        raise SettingsError(NO_DATABASE)
    return Buckets(settings.redis_url)


def _accounts(settings: Settings, purses: Purses) -> Accounts | None:
    """Who opens an account for each request, where anybody counts."""
    match settings.limits:
        case Limiting.ENFORCE:
            return Accounts(purses)
        case Limiting.MEASURE:
            return Accounts(purses, told=logs.too_dear)
        case Limiting.OFF:
            return None


def keep_what_is_there() -> None:
    """Collections need not look again at what start-up made, nor run as often as by default."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 20, 100)


def jobs(chosen: Database, stores: Stores) -> Mapping[str, tuple[upkeep.Job, float]]:
    """What a gateway does beside answering, and how long it rests when there is nothing to do."""
    return {
        "journal": (Leader(chosen, WITH_OUTBOX).keep_up, 0.02),
        "expiry": (partial(stores.holds.expire, MOST_AT_ONCE), 1.0),
        "far holds": (partial(stores.holds.settle, MOST_AT_ONCE), 5.0),
        "abandoned requests": (partial(resume, stores, COMMANDS, MOST_AT_ONCE), 2.0),
    }


def watches(chosen: Database, settings: Settings) -> Mapping[str, tuple[upkeep.Job, float]]:
    """What a gateway looks at while nobody asks."""
    every = settings.check_seconds
    return {"integrity": (watching(Watch(chosen, every).look), every)} if every else {}


def application() -> Starlette:
    """What each server process runs, wired from the environment."""
    if parent_process():
        embedded.die_with_parent()
    settings = check(read())
    logs.configure(for_people=settings.is_development)
    return serving(settings, database(settings), bell(settings))

"""The one place that chooses and wires the real parts."""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from multiprocessing import parent_process
from typing import Protocol

from starlette.applications import Starlette

from commands.all import COMMANDS
from commands.running import resume
from domain.ports import Stores
from domain.ports.instructing import Providers
from gateway import app, embedded, logs, upkeep
from gateway.bootstrap import channels
from gateway.bootstrap.admitting import check, door, issuing, keys, providers, sessions
from gateway.bootstrap.channels import kept, synced, unconnected
from gateway.bootstrap.filling import (
    SIZES,
    checked,
    imported,
    journalled,
    migrated,
    prepared,
    seeded,
)
from gateway.bootstrap.opening import NO_DATABASE, bell, database, opened, parts
from gateway.bootstrap.peppering import peppers
from gateway.bootstrap.pushing import pushed
from gateway.checking import watching
from gateway.limits.accounts import Accounts
from gateway.limits.purses import Purses
from gateway.metrics import sampling
from gateway.observing import NOBODY, Observing, observing
from gateway.settings import Limiting, Settings, SettingsError, read
from gateway.welcome import Welcome, welcome
from schema import views
from storage.buckets import Buckets
from storage.mongo import MongoRepositories
from storage.mongo.backlog import backlog
from storage.mongo.driver import Database
from storage.mongo.integrity import Watch
from storage.mongo.journal.following import MongoFollowing
from storage.mongo.journal.lagging import lag
from storage.mongo.journal.leader import Leader
from storage.mongo.migrate import WITH_OUTBOX
from storage.mongo.stores import MongoStores
from storage.redis import Bell

__all__ = [
    "SIZES",
    "application",
    "bell",
    "check",
    "checked",
    "database",
    "door",
    "imported",
    "issuing",
    "jobs",
    "journalled",
    "keep_what_is_there",
    "kept",
    "keys",
    "migrated",
    "opened",
    "parts",
    "peppers",
    "prepared",
    "pushed",
    "seeded",
    "serving",
    "sessions",
    "synced",
    "unconnected",
    "watches",
]


OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""One answer of a few thousand fields makes more than the 700 after which Python would look."""

MOST_AT_ONCE = 50


class Closes(Protocol):
    """A part that lets go of what it holds."""

    @property
    def close(self) -> Callable[[], Awaitable[None]]: ...


def serving(
    settings: Settings, chosen: Database, doorbell: Bell, observing: Observing = NOBODY
) -> Starlette:
    """The web application over these parts; it closes them when it ends."""
    reading = observing.repositories(MongoRepositories(chosen))
    stores = _stores(settings, chosen, observing)
    view = views.named(settings.subgraph)
    offers: list[Welcome] = []
    bank = _bank(settings, observing)
    purses = Purses(bank)
    doors = channels.doors(chosen, stores, observing.asked)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with _closing(purses, bank, chosen, doorbell, observing):
            offers.append(await welcome(reading, view))
            keep_what_is_there()
            running = {**jobs(chosen, stores), **watches(chosen, settings)}
            async with (
                channels.taking(doors, settings, chosen, stores, observing.channel) as taken,
                upkeep.running({**running, **taken, "purses": (purses.settle, 1.0)}),
            ):
                yield

    return app.build(
        settings,
        view,
        reading,
        stores,
        checks={"mongodb": chosen.ping, "redis": doorbell.ping},
        door=door(settings, chosen),
        page_config=lambda: offers[0].page_config(),
        providers=providers(settings),
        following=MongoFollowing(chosen),
        accounts=_accounts(settings, purses),
        webhooks=doors.webhooks,
        asking=doors.asking,
        lifespan=lifespan,
        observing=observing,
    )


@asynccontextmanager
async def _closing(*parts: Closes) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        for part in parts:
            await part.close()


def _stores(settings: Settings, chosen: Database, observing: Observing) -> Stores:
    return MongoStores(
        chosen,
        taken=observing.stock,
        providers=Providers(observing.instructions),
        owners=channels.configuration(settings).owners,
    )


def _bank(settings: Settings, observing: Observing) -> Buckets:
    if settings.redis_url is None:
        raise SettingsError(NO_DATABASE)
    return Buckets(settings.redis_url, observing.redis)


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
    leader = Leader(chosen, WITH_OUTBOX)
    return {
        "journal": (leader.keep_up, 0.0),  # it rests by itself
        "expiry": (leader.alone(partial(stores.holds.expire, MOST_AT_ONCE)), 1.0),
        "far holds": (leader.alone(partial(stores.holds.settle, MOST_AT_ONCE)), 5.0),
        "abandoned requests": (
            leader.alone(partial(resume, stores, COMMANDS, MOST_AT_ONCE)),
            2.0,
        ),
    }


def watches(chosen: Database, settings: Settings) -> Mapping[str, tuple[upkeep.Job, float]]:
    """What a gateway looks at while nobody asks."""
    every = settings.check_seconds
    integrity = {"integrity": (watching(Watch(chosen, every).look), every)} if every else {}
    if settings.metrics is None:
        return integrity
    lagging = sampling.lagging(partial(lag, chosen, WITH_OUTBOX))
    return {**integrity, **lagging, **sampling.backlogged(partial(backlog, chosen))}


def application() -> Starlette:
    """What each server process runs, wired from the environment."""
    if parent_process():
        embedded.die_with_parent()
    settings = check(read())
    logs.configure(for_people=settings.is_development)
    seen = observing(settings)
    return serving(settings, database(settings, seen), bell(settings), seen)

"""Databases and bells that the settings name."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.ports import Repositories, Stores
from gateway.observing import NOBODY, Observing
from gateway.settings import Settings, SettingsError
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.stores import MongoStores
from storage.redis import Bell

NO_DATABASE = (
    "Set KASSA_MONGODB_URL and KASSA_REDIS_URL to your servers, or use `kassa serve --embedded`."
)


def database(settings: Settings, seen: Observing = NOBODY) -> Database:
    """The database that the settings name; nothing is asked of it yet."""
    if settings.mongodb_url is None:
        raise SettingsError(NO_DATABASE)
    chosen = settings.mongodb_driver.value
    return Database(
        settings.mongodb_url,
        settings.mongodb_database,
        driver=chosen,
        timed=seen.mongodb,
        listeners=seen.listeners,
    )


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

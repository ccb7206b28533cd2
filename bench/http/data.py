"""The database that everybody is measured on: the large demo shop, the same on every day."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from msgspec.structs import replace

from bench.http import questions
from bench.http.questions import Question
from domain.ports import ShelfState
from gateway import bootstrap, serving
from gateway import settings as environment
from gateway.settings import Settings
from storage.mongo.shelf import MongoShelf
from storage.mongo.stores import MongoStores

SCALE = "bench"
TOGETHER = 50


class Unfit(Exception):
    """The database holds something else; the message says what to do."""


@contextmanager
def shop() -> Generator[Settings]:
    """Settings of the large demo shop: embedded in `.kassa/bench`, or where they say already.

    Raises:
        Unfit: the database that they name is another's.
    """
    given = environment.read()
    with (
        serving.ending_on_sigterm(),
        serving.beside(replace(given, data=given.data / SCALE), wanted=True) as settings,
    ):
        asyncio.run(_stocked(settings))
        yield settings


async def _stocked(settings: Settings) -> None:
    async with bootstrap.opened(settings) as database:
        state = await MongoShelf(database).state()
        customers = await database.count("customers", {}, cap=1_000_000)
    wanted = bootstrap.SIZES[SCALE].customers
    if state in {ShelfState.EMPTY, ShelfState.HALF}:
        print("Filling the database; this takes a minute or two, once.", flush=True)
        await bootstrap.seeded(settings, size=bootstrap.SIZES[SCALE])
    elif state is ShelfState.FOREIGN or customers != wanted:
        raise Unfit(
            f"The database {settings.mongodb_database!r} is not the large demo shop. "
            "Name an empty one in KASSA_MONGODB_DATABASE."
        )
    async with bootstrap.opened(settings) as database:
        await _settled(MongoStores(database))


async def _settled(stores: MongoStores) -> None:
    """Let go now what `kassa serve` would let go while the contestants are compared."""
    while await stores.holds.expire(TOGETHER):
        pass


def named(settings: Settings) -> Mapping[str, str]:
    """What tells a contestant where the data is."""
    return {
        "KASSA_MONGODB_URL": settings.mongodb_url or "",
        "KASSA_MONGODB_DATABASE": settings.mongodb_database,
        "KASSA_REDIS_URL": settings.redis_url or "",
    }


async def asked_of(settings: Settings) -> tuple[list[Question], str]:
    """The questions for this data, and the location at which a clerk asks them."""
    async with bootstrap.opened(settings) as database:
        there = await questions.stocked(database)
        locations = await database.find("locations", {"kind": "STORE"}, sort=[("code", 1)])
    return questions.drawn(there), locations[0]["_id"]

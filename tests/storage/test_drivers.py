"""Both MongoDB clients give the same values, and give up alike."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import PyMongoError

from domain.errors import Unavailable
from domain.shop import Shop
from gateway import bootstrap, embedded
from gateway.embedded import Embedded
from gateway.settings import Settings, SettingsError, read
from storage.mongo.driver import Database, Document, Driver, client
from storage.mongo.migrate import COLLECTIONS
from tests.conftest import DRIVERS
from tests.storage.test_shelf import AT_WORK

STOCKHOLM = timezone(timedelta(hours=1))
LIMIT_MS = 1500
SLACK_SECONDS = 1.0
"""For a busy machine; ten times less is usual."""
FEW, MANY = 8, 150
"""Connections, and questions: more than Motor has threads."""

EVERYTHING: Document = {
    "_id": "everything",
    "text": "Så gott ☕",
    "small": 1,
    "beyond_32_bits": 2**31,
    "negative": -(2**62),
    "float": 0.1,
    "whole_float": 2.0,
    "true": True,
    "nothing": None,
    "at": datetime(2026, 3, 29, 2, 30, 0, 123_000, STOCKHOLM),
    "utc": datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
    "list": [1, "one", [2**40], {}],
    "inner": {"at": datetime(2026, 1, 1, tzinfo=UTC), "deeper": {"n": 0}},
}


def kinds(value: Any) -> Any:
    """A value with the type of each part of it, for 1 == 1.0 == True."""
    if isinstance(value, dict):
        return {name: kinds(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [kinds(inner) for inner in value]
    zone = value.utcoffset() if isinstance(value, datetime) else None
    return type(value), value, zone


@asynccontextmanager
async def on_each(url: str, name: str, **settings: Any) -> AsyncIterator[list[Database]]:
    """The same database through each client."""
    async with AsyncExitStack() as stack:
        opened = [Database(url, name, driver=driver, **settings) for driver in DRIVERS]
        for one in opened:
            stack.push_async_callback(one.close)
        yield opened


@contextmanager
def given_up_in_time():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LIMIT_MS / 1000 + SLACK_SECONDS


async def test_what_is_written_is_read_with_its_types_and_in_utc(database: Database):
    await database.insert("things", [EVERYTHING])

    [found] = await database.find("things", {})

    assert found == EVERYTHING
    assert type(found) is dict
    assert list(found) == list(EVERYTHING)
    assert found["at"].utcoffset() == timedelta(0)
    assert [type(found[name]) for name in ("small", "whole_float", "true")] == [int, float, bool]
    assert all(isinstance(found[name], int) for name in ("beyond_32_bits", "negative"))


@pytest.mark.parametrize("writer", DRIVERS)
async def test_what_one_client_writes_both_read_alike(
    servers: Embedded, database: Database, writer: Driver
):
    async with on_each(servers.mongodb_url or "", database.name) as each:
        await each[DRIVERS.index(writer)].insert("things", [EVERYTHING])

        found = [kinds(await one.find("things", {})) for one in each]

    assert found[0] == found[1]


async def test_both_read_the_whole_demo_shop_alike(servers: Embedded, stocked: Database):
    async with on_each(servers.mongodb_url or "", stocked.name) as each:
        for collection in COLLECTIONS:
            found = [await one.find(collection.name, {}, sort=[("_id", 1)]) for one in each]

            assert kinds(found[0]) == kinds(found[1])
            assert found[0] or collection.name in AT_WORK, collection.name


async def test_both_join_and_count_alike(servers: Embedded, stocked: Database, shop: Shop):
    keys = [customer.id for customer in shop.customers[:5]]
    join = {"from": "orders", "localField": "_id", "foreignField": "customer_id", "as": "found"}
    pipeline = [{"$documents": [{"_id": key} for key in keys]}, {"$lookup": join}]

    async with on_each(servers.mongodb_url or "", stocked.name) as each:
        rows = [kinds(await one.aggregate(pipeline)) for one in each]
        counts = [await one.count("orders", {}, cap=7) for one in each]

    assert rows[0] == rows[1]
    assert counts == [7, 7]


async def test_a_document_is_replaced_deleted_and_gone(database: Database):
    await database.replace("things", {"_id": "one", "n": 1})
    await database.replace("things", {"_id": "one", "n": 2})

    assert await database.find("things", {}) == [{"_id": "one", "n": 2}]

    await database.delete("things", {"_id": "one"})

    assert await database.find("things", {}) == []


async def test_a_refused_document_is_an_error_and_not_a_silence(database: Database):
    with pytest.raises(PyMongoError):
        await database.insert("orders", [{"_id": "ord_1"}])


async def test_a_server_that_went_away_is_unavailable_in_time(tmp_path: Path, driver: Driver):
    with embedded.running(tmp_path, with_redis=False) as gone:
        database = Database(gone.mongodb_url or "", "kassa", driver=driver, timeoutMS=LIMIT_MS)
        await database.ping()

    for question in (
        lambda: database.find("things", {}),
        lambda: database.aggregate([{"$documents": []}]),
        lambda: database.count("things", {}, cap=1),
        database.ping,
    ):
        with given_up_in_time(), pytest.raises(Unavailable):
            await question()
    await database.close()


# PyMongo's asynchronous client now and then drops a socket unclosed when it gives a connection up.
@pytest.mark.filterwarnings("ignore:.*<socket:pytest.PytestUnraisableExceptionWarning")
async def test_a_frozen_server_holds_nobody_beyond_the_limit(tmp_path: Path, driver: Driver):
    with embedded.running(tmp_path, with_redis=False) as frozen:
        settings = {"timeoutMS": LIMIT_MS, "maxPoolSize": FEW, "waitQueueTimeoutMS": 60_000}
        database = Database(frozen.mongodb_url or "", "kassa", driver=driver, **settings)
        await asyncio.gather(*(database.find("things", {}) for _ in range(MANY)))
        process_id = (await database.command({"serverStatus": 1}))["pid"]
        os.kill(process_id, signal.SIGSTOP)
        try:
            with given_up_in_time():
                answers = await asyncio.gather(
                    *(database.find("things", {}) for _ in range(MANY)), return_exceptions=True
                )
        finally:
            os.kill(process_id, signal.SIGCONT)
        assert {type(answer) for answer in answers} == {Unavailable}

        assert await database.find("things", {}) == []

        await database.close()
        gc.collect()  # such sockets, while their warning is expected


@pytest.mark.parametrize("url", ["mongodb://", "http://example.test", "mongodb://h:99999"])
async def test_a_wrong_url_is_a_sentence(driver: Driver, url: str):
    with pytest.raises(Unavailable, match=r"The MongoDB URL cannot be used: "):
        Database(url, "kassa", driver=driver)


async def test_a_wrong_name_is_a_sentence(driver: Driver):
    with pytest.raises(Unavailable, match=r"'a b' cannot name a MongoDB database"):
        Database("mongodb://127.0.0.1", "a b", driver=driver)


def test_either_driver_may_be_chosen(driver: Driver):
    settings = read({"KASSA_MONGODB_DRIVER": driver})

    assert bootstrap.check(settings) is settings


def test_no_other_driver_may_be_chosen():
    with pytest.raises(SettingsError, match="KASSA_MONGODB_DRIVER='pymysql' cannot be used"):
        read({"KASSA_MONGODB_DRIVER": "pymysql"})


def test_motor_without_its_extra_is_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "storage.mongo.driver.motor", raising=False)
    monkeypatch.setitem(sys.modules, "motor.motor_asyncio", None)

    with pytest.raises(Unavailable, match=r"`pip install 'kassa\[motor\]'`"):
        bootstrap.check(read({"KASSA_MONGODB_DRIVER": "motor"}))

    assert bootstrap.check(Settings())
    assert client("pymongo")

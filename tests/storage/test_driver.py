"""The settings that faults have taught us are in force, and no answer is an answer in time."""

from __future__ import annotations

import gc
import secrets
import warnings
from asyncio import StreamReader, StreamWriter, TaskGroup, open_connection, start_server
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain.errors import Unavailable
from gateway.embedded import Embedded
from gateway.embedded.server import free_port
from storage.mongo.driver import Database
from tests.storage.listening import Told

SOON: dict[str, Any] = {
    "heartbeatFrequencyMS": 60_000,
    "timeoutMS": 300,
    "serverSelectionTimeoutMS": 300,
    "connectTimeoutMS": 300,
}
Question = Callable[[Database], Awaitable[Any]]

READS: dict[str, Question] = {
    "ping": lambda database: database.ping(),
    "find": lambda database: database.find("orders", {}),
    "aggregate": lambda database: database.aggregate([{"$documents": [{"_id": 1}]}]),
    "count": lambda database: database.count("orders", {}, cap=1),
}


async def forget(database: Database) -> None:
    """Close. PyMongo leaves a socket behind if it is closed while it connects again."""
    await database.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def seconds_to_refuse(question: Awaitable[Any]) -> float:
    began = monotonic()
    with pytest.raises(Unavailable, match=r"does not answer"):
        await question
    return monotonic() - began


@pytest.mark.parametrize("question", READS)
async def test_a_database_that_is_not_there_is_unavailable_in_time(question: str):
    absent = Database(f"mongodb://127.0.0.1:{free_port()}", "kassa", **SOON)

    took = await seconds_to_refuse(READS[question](absent))

    assert took < 2
    await forget(absent)


@asynccontextmanager
async def road_to(url: str) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """A way to the server at `url`, and how to cut it: all stays connected, and nothing arrives."""
    there, cut = urlsplit(url), []

    async def carry(reader: StreamReader, writer: StreamWriter) -> None:
        while packet := await reader.read(65_536):
            if not cut:
                writer.write(packet)
                await writer.drain()
        writer.close()

    async def join(reader: StreamReader, writer: StreamWriter) -> None:
        far_reader, far_writer = await open_connection(there.hostname, there.port)
        async with TaskGroup() as both:
            both.create_task(carry(reader, far_writer))
            both.create_task(carry(far_reader, writer))

    async with await start_server(join, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"mongodb://127.0.0.1:{port}/?directConnection=true", lambda: cut.append(True)


@pytest.mark.parametrize("question", READS)
async def test_a_frozen_database_holds_nobody(servers: Embedded, question: str):
    async with road_to(servers.mongodb_url or "") as (url, cut):
        frozen = Database(url, "kassa", **SOON)
        await READS[question](frozen)
        cut()

        took = await seconds_to_refuse(READS[question](frozen))

        assert took < 2
        await forget(frozen)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://localhost",
        "mongodb://",
        "mongodb://localhost:port",
        "mongodb://localhost:99999",
        "mongodb://user:p@ss:word@localhost",
        "mongodb://a,b/?directConnection=true",
    ],
)
def test_what_is_no_mongodb_url_is_a_sentence(url: str):
    with pytest.raises(Unavailable, match=r"^The MongoDB URL cannot be used: .*\.$"):
        Database(url, "kassa")


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a/b", "$x"])
def test_what_cannot_name_a_database_is_a_sentence(name: str):
    with pytest.raises(Unavailable, match=r"cannot name a MongoDB database: .*\.$"):
        Database("mongodb://localhost", name)


@pytest.fixture(scope="module")
async def careless(servers: Embedded) -> AsyncIterator[tuple[Database, Told]]:
    """A database whose URL asks for less than we insist on, and what it is told."""
    listener = Told()
    url = f"{servers.mongodb_url}&w=1&journal=false&readConcernLevel=local&retryReads=false"
    found = Database(url, f"test_{secrets.token_hex(6)}", listeners=[listener])
    yield found, listener
    await found.drop()
    await found.close()


@pytest.fixture
async def told(careless: tuple[Database, Told]) -> tuple[Database, Told]:
    """The same, with nothing in it and nothing said yet."""
    database, listener = careless
    await database.delete("things", {})
    listener.heard()
    return careless


async def test_a_write_is_acknowledged_by_the_majority(told: tuple[Database, Told]):
    database, listener = told

    await database.insert("things", [{"_id": 1}])
    await database.replace("things", {"_id": 1, "n": 2})
    await database.delete("things", {})

    concerns = [command["writeConcern"] for command in listener.heard()]
    assert concerns == [{"w": "majority", "j": True}] * 3


async def test_a_read_sees_what_the_majority_has(told: tuple[Database, Told]):
    database, listener = told

    await database.find("things", {})
    await database.count("things", {}, cap=1)
    await database.aggregate([{"$documents": [{"_id": 1}]}])

    levels = [command["readConcern"]["level"] for command in listener.heard()]
    assert levels == ["majority"] * 3


async def test_the_server_is_told_when_to_give_up(told: tuple[Database, Told]):
    database, listener = told

    await database.find("things", {})

    (command,) = listener.heard()
    assert 0 < command["maxTimeMS"] <= 4000


async def test_times_are_aware(told: tuple[Database, Told]):
    database, _ = told
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    await database.insert("things", [{"_id": 1, "at": at}])

    (found,) = await database.find("things", {})
    assert found["at"] == at
    assert found["at"].utcoffset() is not None


async def test_one_read_is_one_round_trip(told: tuple[Database, Told]):
    database, listener = told
    await database.insert("things", [{"_id": n} for n in range(1500)])
    listener.heard()

    found = await database.find("things", {}, sort=[("_id", -1)])
    made = await database.aggregate([{"$documents": [{"_id": n} for n in range(500)]}])

    assert ([each["_id"] for each in found], len(made)) == (list(range(1499, -1, -1)), 500)
    assert [next(iter(command)) for command in listener.heard()] == ["find", "aggregate"]


@pytest.mark.parametrize(("cap", "counted"), [(1, 1), (9, 9), (10, 10), (99, 10)])
async def test_nothing_is_counted_beyond_the_cap(
    told: tuple[Database, Told], cap: int, counted: int
):
    database, _ = told
    await database.insert("things", [{"_id": n} for n in range(10)])

    assert await database.count("things", {}, cap) == counted


async def test_inserting_nothing_asks_nothing(told: tuple[Database, Told]):
    database, listener = told

    await database.insert("things", [])

    assert listener.heard() == []


async def test_a_limit_and_an_order_are_kept(told: tuple[Database, Told]):
    database, _ = told
    await database.insert("things", [{"_id": n} for n in range(10)])

    found = await database.find("things", {"_id": {"$gt": 3}}, sort=[("_id", -1)], limit=2)

    assert found == [{"_id": 9}, {"_id": 8}]

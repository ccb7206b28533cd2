"""A replica set of three real `mongod`s, and what one asks its members when breaking them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pymongo
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from gateway.embedded import binaries, server
from tests.chaos.child import Child, free_port

NAME = "chaos"
SIZE = 3
SETTINGS = {
    "electionTimeoutMillis": 2000,
    "heartbeatIntervalMillis": 500,
    "catchUpTimeoutMillis": 500,
}
PARAMETERS = {
    "transactionLifetimeLimitSeconds": 5,
    "minSnapshotHistoryWindowInSeconds": 0,
    "oplogNetworkTimeoutBufferSeconds": 2,
    "oplogFetcherSteadyStateMaxFetcherRestarts": 0,
}
"""What `docs/production.md` says of a replica set: as those who follow it have it."""

ANSWERS_WITHIN_SECONDS = 1.0
HEALTHY_WITHIN_SECONDS = 60.0
POLL_SECONDS = 0.05
STEPS_DOWN_SECONDS = 10
PRIMARY, SECONDARY = 1, 2  # member states, as `replSetGetStatus` numbers them


class Member:
    """One `mongod`, reachable directly."""

    def __init__(self, number: int, folder: Path) -> None:
        self.name = f"mongod-{number}"
        self.port = free_port()
        self.address = f"{server.HOST}:{self.port}"
        data = folder / self.name
        data.mkdir()
        self.child = Child(self.name, [str(binaries.mongod()), *self._options(data)], folder)
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            f"mongodb://{self.address}/?directConnection=true",
            serverSelectionTimeoutMS=300,
            heartbeatFrequencyMS=500,
        )

    async def close(self) -> None:
        await self._client.close()
        await self.child.kill()

    async def command(self, name: str, value: object = 1, **fields: object) -> Mapping[str, Any]:
        """Ask it something.

        Raises:
            PyMongoError: it does not answer, or refuses.
        """
        with pymongo.timeout(ANSWERS_WITHIN_SECONDS):
            return await self._client.admin.command({name: value, **fields})

    async def is_primary(self) -> bool:
        try:
            return (await self.command("hello"))["isWritablePrimary"]
        except PyMongoError:
            return False

    def _options(self, data: Path) -> Sequence[str]:
        return (
            *("--replSet", NAME, "--dbpath", str(data)),
            *("--bind_ip", server.HOST, "--port", str(self.port), "--nounixsocket"),
            *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128"),
            *("--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=32MB)"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *(option for each in PARAMETERS.items() for option in _set(*each)),
            *("--noscripting", "--quiet"),
        )


class Members:
    """The replica set."""

    def __init__(self, folder: Path) -> None:
        self.each = [Member(number, folder) for number in range(SIZE)]

    async def start(self) -> None:
        for member in self.each:
            member.child.start()
        await until(self._all_answer, "a mongod does not answer")
        await self.each[0].command("replSetInitiate", self._configuration())
        await until(self.is_healthy, "the replica set has not come together")

    async def close(self) -> None:
        await asyncio.gather(*(member.close() for member in self.each))

    async def primary(self) -> Member:
        """The one that takes writes; waits for an election."""
        found: list[Member] = []

        async def is_there() -> bool:
            claims = await asyncio.gather(*(member.is_primary() for member in self.each))
            found[:] = [one for one, claim in zip(self.each, claims, strict=True) if claim]
            return len(found) == 1

        await until(is_there, "there is no primary")
        return found[0]

    async def is_healthy(self) -> bool:
        """One primary, the others follow it, and all agree about that."""
        answers = await asyncio.gather(
            *(member.command("replSetGetStatus") for member in self.each), return_exceptions=True
        )
        views = [_states(answer) for answer in answers if isinstance(answer, Mapping)]
        return len(views) == SIZE and all(
            sorted(view.values()) == [PRIMARY, SECONDARY, SECONDARY] and view == views[0]
            for view in views
        )

    async def _all_answer(self) -> bool:
        answers = await asyncio.gather(
            *(member.command("ping") for member in self.each), return_exceptions=True
        )
        return not any(isinstance(answer, BaseException) for answer in answers)

    def _configuration(self) -> Mapping[str, object]:
        members = [{"_id": n, "host": member.address} for n, member in enumerate(self.each)]
        return {"_id": NAME, "members": members, "settings": SETTINGS}


def _set(parameter: str, value: int) -> Sequence[str]:
    return "--setParameter", f"{parameter}={value}"


def _states(status: Mapping[str, Any]) -> Mapping[str, int]:
    return {member["name"]: member["state"] for member in status["members"]}


async def until(
    true: Callable[[], Awaitable[bool]], otherwise: str, seconds: float = HEALTHY_WITHIN_SECONDS
) -> None:
    """Wait for an event that announces itself to nobody."""
    try:
        async with asyncio.timeout(seconds):
            while not await true():  # noqa: ASYNC110  # other processes set no event of ours
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise AssertionError(f"After {seconds:.0f} s, {otherwise}.") from None

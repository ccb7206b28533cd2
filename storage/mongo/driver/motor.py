"""Motor: PyMongo's blocking client on a pool of threads, for those who still need it.

It binds itself to the event loop in which it is first asked, and starts what it is asked when it
is called rather than when it is awaited.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pymongo

from storage.mongo.driver.client import ONE_BATCH, SETTINGS, WAIT_MS, Document, Filter

# Five threads a processor, its default, would leave most connections unused; read at its import.
os.environ.setdefault("MOTOR_MAX_WORKERS", str(SETTINGS["maxPoolSize"]))

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase

T = TypeVar("T")


class Motor:
    """`Client`."""

    def __init__(self, url: str, name: str, **settings: Any) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(url, **settings)
        self.database: AsyncIOMotorDatabase[Document] = self._client[name]
        self._seconds: float = settings["timeoutMS"] / 1000

    def deadline(self) -> AbstractContextManager[None]:
        # `timeoutMS` alone counts from when a thread is free, which a frozen server makes rare.
        return pymongo.timeout(self._seconds)

    async def ping(self) -> None:
        await self._client.admin.command("ping")

    async def rows(
        self, pipeline: Sequence[Filter], collection: str | None = None
    ) -> list[Document]:
        source = self.database if collection is None else self.database[collection]
        return await source.aggregate(pipeline, batchSize=ONE_BATCH).to_list()

    async def changes(self, collection: str, pipeline: Sequence[Filter]) -> Any:
        return self.database[collection].watch(pipeline, max_await_time_ms=WAIT_MS)

    async def transaction(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        with self.deadline():
            async with await self._client.start_session() as session:
                return await session.with_transaction(body)

    async def drop(self) -> None:
        await self._client.drop_database(self.database.name)

    async def close(self) -> None:
        # It says goodbye to the server, and waits for the answer; a `timeoutMS` does not end that.
        with self.deadline():
            await asyncio.to_thread(self._client.close)

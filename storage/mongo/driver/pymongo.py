"""PyMongo's own asynchronous client: the default."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import pymongo
from pymongo import AsyncMongoClient

from storage.mongo.driver.client import ONE_BATCH, WAIT_MS, Document, Filter

T = TypeVar("T")

SETS_ITS_OWN = nullcontext()
GOODBYE_SECONDS = 0.5


class PyMongo:
    """`Client`."""

    def __init__(self, url: str, name: str, **settings: Any) -> None:
        self._client: AsyncMongoClient[Document] = AsyncMongoClient(url, **settings)
        self.database = self._client[name]
        self._seconds: float = settings["timeoutMS"] / 1000

    def deadline(self) -> AbstractContextManager[None]:
        return SETS_ITS_OWN

    async def ping(self) -> None:
        await self._client.admin.command("ping")

    async def rows(
        self, pipeline: Sequence[Filter], collection: str | None = None
    ) -> list[Document]:
        source = self.database if collection is None else self.database[collection]
        cursor = await source.aggregate(pipeline, batchSize=ONE_BATCH)
        return await cursor.to_list()

    async def changes(self, collection: str, pipeline: Sequence[Filter]) -> Any:
        return await self.database[collection].watch(pipeline, max_await_time_ms=WAIT_MS)

    async def transaction(self, body: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        with pymongo.timeout(self._seconds):
            async with self._client.start_session() as session:
                return await session.with_transaction(body)

    async def drop(self) -> None:
        await self._client.drop_database(self.database.name)

    async def close(self) -> None:
        # It says goodbye to the server; one that is gone is not waited for.
        with pymongo.timeout(GOODBYE_SECONDS):
            await self._client.close()

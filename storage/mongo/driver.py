"""The one file that knows the MongoDB client. Everything else reads and writes through `Database`.

Each setting was earned by a fault: without `timeoutMS` a frozen primary holds every worker for
good; without `w=majority` a failover loses acknowledged writes; a default first batch of 101
documents makes two round trips of one read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from pymongo import AsyncMongoClient, InsertOne, ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    ExecutionTimeout,
    InvalidName,
    InvalidURI,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)
from pymongo.monitoring import CommandListener

from domain.errors import Unavailable

# What BSON holds is any value at all; msgspec gives it a type on the way out.
Document = dict[str, Any]
Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]

ONE_BATCH = 1_000_000
"""More documents than any read asks for, so that one read is one round trip (up to 16 MiB)."""

SETTINGS: Mapping[str, Any] = {
    "appname": "kassa",
    "tz_aware": True,
    "w": "majority",
    "journal": True,
    "readConcernLevel": "majority",
    "retryWrites": True,
    "retryReads": True,
    "timeoutMS": 4000,
    "connectTimeoutMS": 1500,
    "serverSelectionTimeoutMS": 4000,
    "heartbeatFrequencyMS": 1000,
    "maxPoolSize": 64,
    "waitQueueTimeoutMS": 500,
}


UNREACHABLE = (AutoReconnect, ServerSelectionTimeoutError, WaitQueueTimeoutError, ExecutionTimeout)
"""No answer, which says nothing about whether the work was done."""

Answer = TypeVar("Answer")


async def _answered(question: Awaitable[Answer]) -> Answer:
    """The answer to a question that is safe to put again.

    Raises:
        Unavailable: there is none in time.
    """
    try:
        return await question
    except UNREACHABLE as error:
        raise Unavailable("The database does not answer in time. Try again.") from error


class Written(Struct, frozen=True):
    """What was not written, by position, and why.

    `refused` breaks a rule of the database; `overtaken` was written by somebody else meanwhile.
    """

    refused: Mapping[int, str] = {}
    overtaken: Mapping[int, str] = {}


DUPLICATE = 11_000


def _written(errors: Sequence[Mapping[str, Any]], replaced: int, over: Sequence[int]) -> Written:
    refused = {error["index"]: error["errmsg"] for error in errors if error["code"] != DUPLICATE}
    # A retried insert meets itself, and an import at the same time meets the other: ask again.
    twice = {error["index"]: error["errmsg"] for error in errors if error["code"] == DUPLICATE}
    tried = [position for position in over if position not in refused]
    if replaced < len(tried):
        twice |= dict.fromkeys(tried, "somebody else changed it meanwhile")
    return Written(refused, twice)


class Database:
    """One MongoDB database: whole answers, never cursors."""

    def __init__(
        self, url: str, name: str, *, listeners: Sequence[CommandListener] = (), **settings: Any
    ) -> None:
        """Connect lazily to `url`.

        Raises:
            Unavailable: `url` is not a MongoDB URL, or `name` not a name for a database.
        """
        chosen = {**SETTINGS, **settings}
        try:
            self._client: AsyncMongoClient[Document] = AsyncMongoClient(
                url, event_listeners=list(listeners), **chosen
            )
            self._database: AsyncDatabase[Document] = self._client[name]
        except (InvalidURI, ConfigurationError, ValueError) as error:
            raise Unavailable(f"The MongoDB URL cannot be used: {error}.") from error
        except InvalidName as error:
            raise Unavailable(f"{name!r} cannot name a MongoDB database: {error}.") from error

    @property
    def name(self) -> str:
        return self._database.name

    async def close(self) -> None:
        await self._client.close()

    async def ping(self) -> None:
        """Ask for an answer.

        Raises:
            Unavailable: there is none in time.
        """
        try:
            await self._client.admin.command("ping")
        except PyMongoError as error:
            raise Unavailable(f"MongoDB does not answer: {error}.") from error

    async def find(
        self,
        collection: str,
        where: Filter,
        *,
        sort: Sort | None = None,
        limit: int = 0,
        fields: Sequence[str] | None = None,
    ) -> list[Document]:
        """What matches; of each document only `fields` and the id, where they are given."""
        cursor = self._database[collection].find(
            where, projection=fields, sort=sort, limit=limit, batch_size=ONE_BATCH
        )
        return await _answered(cursor.to_list())

    async def aggregate(self, pipeline: Sequence[Filter]) -> list[Document]:
        """Run a pipeline that brings its own documents."""
        cursor = await _answered(self._database.aggregate(pipeline, batchSize=ONE_BATCH))
        return await _answered(cursor.to_list())

    async def aggregate_over(self, collection: str, pipeline: Sequence[Filter]) -> list[Document]:
        """Run a pipeline over a collection."""
        cursor = await _answered(
            self._database[collection].aggregate(pipeline, batchSize=ONE_BATCH)
        )
        return await _answered(cursor.to_list())

    async def count(self, collection: str, where: Filter, cap: int) -> int:
        counting = self._database[collection].count_documents(where, limit=cap)
        return await _answered(counting)

    async def insert(self, collection: str, documents: Sequence[Document]) -> None:
        if documents:
            await self._database[collection].insert_many(documents, ordered=False)

    async def write(
        self, collection: str, documents: Sequence[tuple[Document, int | None]]
    ) -> Written:
        """Add documents, or put them in the place of the version given; in any order, at once.

        Raises:
            Unavailable: there is no answer; some of it may be written.
        """
        asked = [
            InsertOne(document)
            if version is None
            else ReplaceOne({"_id": document["_id"], "version": version}, document)
            for document, version in documents
        ]
        over = [n for n, (_, version) in enumerate(documents) if version is not None]
        try:
            done = await _answered(self._database[collection].bulk_write(asked, ordered=False))
        except BulkWriteError as error:
            details = error.details or {}
            return _written(details.get("writeErrors", []), details.get("nMatched", 0), over)
        return _written([], done.matched_count, over)

    async def replace(self, collection: str, document: Document) -> None:
        """Put a document in the place of the one with its id, or add it."""
        await self._database[collection].replace_one(
            {"_id": document["_id"]}, document, upsert=True
        )

    async def delete(self, collection: str, where: Filter) -> None:
        await self._database[collection].delete_many(where)

    async def command(self, command: Mapping[str, Any]) -> Document:
        return await self._database.command(dict(command))

    async def collection_names(self) -> set[str]:
        return set(await self._database.list_collection_names())

    async def drop(self) -> None:
        await self._client.drop_database(self._database.name)

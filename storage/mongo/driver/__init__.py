"""The one room that knows a MongoDB client. Everything else reads and writes through `Database`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from datetime import datetime
from typing import Any, TypeVar

from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.monitoring import CommandListener

from domain.errors import Unavailable
from domain.ports.timing import Timed, untimed
from storage.mongo.driver.answering import UNHELD, answering
from storage.mongo.driver.choosing import Driver, client, connected
from storage.mongo.driver.client import ONE_BATCH, SETTINGS, Document, Filter, Sort
from storage.mongo.driver.failing import Invalid, Taken, Undecodable, decoding
from storage.mongo.driver.written import (
    Write,
    Written,
    asked,
    doubled,
    one_by_one,
    stopped,
    written,
)

__all__ = [
    "Database",
    "Document",
    "Driver",
    "Filter",
    "Invalid",
    "Sort",
    "Taken",
    "Undecodable",
    "Write",
    "Written",
    "client",
]

T = TypeVar("T")


class Database:
    """One MongoDB database: whole answers, never cursors.

    `transaction` gives its body a `Database` too, through which everything belongs to it.
    """

    _session: Any = None

    def __init__(
        self,
        url: str,
        name: str,
        *,
        driver: Driver = "pymongo",
        listeners: Sequence[CommandListener] = (),
        timed: Timed = untimed,
        **settings: Any,
    ) -> None:
        """Connect lazily to `url`.

        Raises:
            Unavailable: `url` is not a MongoDB URL, `name` not a name for a database, or `driver`
                not installed.
        """
        self._timed = timed
        chosen = {**SETTINGS, **settings, "event_listeners": list(listeners)}
        self._client = connected(driver, url, name, chosen)
        self._database = self._client.database

    def _answering(self, asked: str) -> AbstractContextManager[None]:
        """For questions that are safe to put again.

        Raises:
            Unavailable: there is no answer in time.
        """
        if self._session is not None:
            return UNHELD  # the transaction must see what went wrong: it may have to run again
        return answering(self._client, asked, self._timed)

    async def transaction(self, body: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
        """Run `body` so that all of its writes happen, or none; after a conflict, again.

        Raises:
            Unavailable: there is no answer in time; all of it may have happened, or nothing.
        """

        async def run(session: Any) -> T:
            return await body(self._within(session))

        with self._answering("transaction"):
            try:
                return await self._client.transaction(run)
            except OperationFailure as error:
                if error.has_error_label("TransientTransactionError"):
                    raise Unavailable("Too many changes at once. Try again.") from error
                raise

    def _within(self, session: Any) -> Database:
        bound = copy(self)
        bound._session = session  # noqa: SLF001 - a copy of ourselves
        return bound

    async def now(self) -> datetime:
        """The clock of the database."""
        with self._answering("now"):
            return (await self.command({"hello": 1}))["localTime"]

    async def version(self) -> str:
        """Which version the server says it is.

        Raises:
            Unavailable: it does not answer.
        """
        with self._answering("version"):
            return (await self._database.command({"buildInfo": 1}))["version"]

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
            with self._client.deadline():
                await self._client.ping()
        except PyMongoError as error:
            reason = str(error).partition(", Timeout:")[0].partition(" (configured timeouts")[0]
            raise Unavailable(f"MongoDB does not answer: {reason.rstrip('.')}.") from error

    async def find(
        self,
        collection: str,
        where: Filter,
        *,
        sort: Sort | None = None,
        limit: int = 0,
        fields: Sequence[str] | None = None,
    ) -> list[Document]:
        """What matches; of each document only `fields` and the id, where they are given.

        Raises:
            Undecodable: one of them has a date, or a text, that cannot be.
            Unavailable: there is no answer in time.
        """
        with self._answering("find"), decoding(collection):
            cursor = self._database[collection].find(
                where, fields, sort=sort, limit=limit, batch_size=ONE_BATCH, session=self._session
            )
            return await cursor.to_list()

    async def aggregate(self, pipeline: Sequence[Filter]) -> list[Document]:
        """Run a pipeline that brings its own documents."""
        with self._answering("aggregate"):
            return await self._client.rows(pipeline)

    async def aggregate_over(self, collection: str, pipeline: Sequence[Filter]) -> list[Document]:
        """Run a pipeline over a collection."""
        with self._answering("aggregate"):
            return await self._client.rows(pipeline, collection)

    async def changes(self, collection: str, pipeline: Sequence[Filter]) -> Any:
        """A change stream."""
        return await self._client.changes(collection, pipeline)

    async def count(self, collection: str, where: Filter, cap: int) -> int:
        with self._answering("count"):
            return await self._database[collection].count_documents(where, limit=cap)

    async def insert(self, collection: str, documents: Sequence[Document]) -> None:
        if documents:
            with self._client.deadline():
                insert = self._database[collection].insert_many
                await insert(documents, ordered=False, session=self._session)

    async def add(self, collection: str, documents: Sequence[Document]) -> Mapping[int, str]:
        """Add documents; gives those that were there already, by position, and what is taken.

        Raises:
            Unavailable: there is no answer; some of them may be there.
        """
        try:
            with self._answering("add"):
                await self._database[collection].insert_many(
                    documents, ordered=False, session=self._session
                )
        except BulkWriteError as error:
            return doubled(error)
        return {}

    async def add_in_order(self, collection: str, documents: Sequence[Document]) -> int:
        """Add documents one after the other, up to the first that is taken; gives how many.

        Raises:
            Invalid: one breaks the collection's rules; those before it are there.
            Unavailable: there is no answer; some of the first may be there.
        """
        try:
            with self._answering("add_in_order"):
                await self._database[collection].insert_many(documents, session=self._session)
        except BulkWriteError as error:
            return stopped(error)
        return len(documents)

    async def put(self, collection: str, document: Document) -> None:
        """Add one document.

        Raises:
            Taken: one of its unique values is there already.
            Unavailable: there is no answer.
        """
        try:
            with self._answering("put"):
                await self._database[collection].insert_one(document, session=self._session)
        except DuplicateKeyError as error:
            raise Taken from error

    async def change(
        self,
        collection: str,
        where: Filter,
        update: Filter | Sequence[Filter],
        *,
        fields: Sequence[str] | Filter | None = None,
        sort: Sort | None = None,
    ) -> Document | None:
        """Change the one document that matches, and give it as it is now.

        Raises:
            Unavailable: there is no answer; it may have happened.
        """
        with self._answering("change"):
            return await self._database[collection].find_one_and_update(
                where,
                update,
                projection=fields,
                sort=sort,
                return_document=True,
                session=self._session,
            )

    async def change_all(
        self, collection: str, where: Filter, update: Filter | Sequence[Filter]
    ) -> int:
        """Change all that match; gives how many there were."""
        with self._answering("change_all"):
            done = await self._database[collection].update_many(
                where, update, session=self._session
            )
        return done.matched_count

    async def change_each(
        self, collection: str, changes: Sequence[tuple[Filter, Filter | Sequence[Filter]]]
    ) -> None:
        """Many changes in one command, each of all that match, in any order."""
        with self._answering("change_each"):
            await self._database[collection].bulk_write(  # pyright: ignore[reportUnknownMemberType]  # of Motor
                one_by_one(changes), ordered=False, session=self._session
            )

    async def write(self, collection: str, writes: Sequence[Write]) -> Written:
        """Add documents, or put them in the place of others; in any order, at once.

        Raises:
            Unavailable: there is no answer; some of it may be written.
        """
        over = [n for n, write in enumerate(writes) if write.over is not None]
        try:
            with self._answering("write"):
                done = await self._database[collection].bulk_write(  # pyright: ignore[reportUnknownMemberType]  # of Motor
                    asked(writes), ordered=False
                )
        except BulkWriteError as error:
            details = error.details or {}
            return written(details.get("writeErrors", []), details.get("nMatched", 0), over)
        return written([], done.matched_count, over)

    async def replace(self, collection: str, document: Document) -> None:
        """Put a document in the place of the one with its id, or add it."""
        with self._answering("replace"):
            await self._database[collection].replace_one(
                {"_id": document["_id"]}, document, upsert=True, session=self._session
            )

    async def delete(self, collection: str, where: Filter) -> int:
        with self._answering("delete"):
            done = await self._database[collection].delete_many(where, session=self._session)
        return done.deleted_count

    async def command(self, command: Mapping[str, Any]) -> Document:
        with self._client.deadline():
            options = self._database.codec_options
            return await self._database.command(dict(command), codec_options=options)

    async def drop(self) -> None:
        """Leave nothing of it. That can be done twice, so silence is no reason to stop."""
        try:
            await self._dropped()
        except Unavailable:
            await self._dropped()

    async def _dropped(self) -> None:
        with self._answering("drop"):
            await self._client.drop()

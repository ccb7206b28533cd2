"""What is new in a collection, as soon as it is there."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from pymongo.errors import PyMongoError

from domain.errors import Unavailable
from storage.mongo.driver import Database, Document

ADDED = [{"$match": {"operationType": "insert"}}, {"$project": {"fullDocument": 1}}]

STOPPED = "The database stopped telling what is new."


async def inserts(database: Database, collection: str) -> AsyncGenerator[Document | None]:
    """Each document that is added from now on, by whomever; a majority has it.

    None comes when for a second there was nothing.

    Raises:
        Unavailable: the connection is lost, and with it whatever was added meanwhile.
    """
    try:
        async with await database.changes(collection, ADDED) as stream:
            while stream.alive:  # it ends for good with the collection, and then says nothing
                change = await stream.try_next()
                yield change and change["fullDocument"]
    except PyMongoError as error:
        raise Unavailable(STOPPED) from error
    raise Unavailable(STOPPED)

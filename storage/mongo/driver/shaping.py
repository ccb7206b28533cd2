"""The shape of collections."""

from __future__ import annotations

from pymongo.errors import OperationFailure

from storage.mongo.driver import Database, Document

NAMESPACE_EXISTS = 48


async def shape(database: Database, collection: str, validator: Document) -> None:
    """Make a collection that takes what `validator` allows, or teach it to one that is there.

    Two who do it at once do not disturb each other.
    """
    try:
        await database.command({"create": collection, "validator": validator})
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:
            raise
        await database.command({"collMod": collection, "validator": validator})

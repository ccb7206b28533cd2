"""What a server tells of itself. Not every user may ask for all of it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from pymongo.errors import OperationFailure

from storage.mongo.driver import Database, Document
from storage.mongo.driver.client import ONE_BATCH

T = TypeVar("T")

NOT_ALLOWED = frozenset({13, 18})
"""Unauthorized, AuthenticationFailed."""

NO_NAMESPACE = 26
OPLOG = "oplog.rs"


class Disk(Struct, frozen=True):
    """Bytes of the file system that the data is on."""

    free: int
    total: int


class Oplog(Struct, frozen=True):
    """How large it may grow and is, in bytes, and the first and last instant in it."""

    most: int
    used: int
    first: datetime
    last: datetime


async def members(database: Database) -> int:
    """How many members the replica set has; 0 of a server that is in none.

    Raises:
        Unavailable: it does not answer.
    """
    told = await database.command({"hello": 1})
    return len(told.get("hosts", ())) if "setName" in told else 0


async def disk(database: Database) -> Disk | None:
    """None if the server does not say, as of a database without data, or this user may not ask."""
    told = await _allowed(database.command({"dbStats": 1}))
    if not told or not told.get("fsTotalSize"):
        return None
    return Disk(int(told["fsTotalSize"] - told["fsUsedSize"]), int(told["fsTotalSize"]))


async def oplog(local: Database) -> Oplog | None:
    """Of the database `local`; None if this user may not look into it."""
    return await _allowed(_oplog(local))


async def _oplog(local: Database) -> Oplog:
    sizes = await local.command({"collStats": OPLOG})
    first, last = [await _end_of(local, direction) for direction in (1, -1)]
    return Oplog(int(sizes["maxSize"]), int(sizes["size"]), first, last)


async def indexes(database: Database, collection: str) -> list[Document] | None:
    """As they are; None if there is no such collection."""
    try:
        told = await database.command(
            {"listIndexes": collection, "cursor": {"batchSize": ONE_BATCH}}
        )
    except OperationFailure as error:
        if error.code != NO_NAMESPACE:
            raise
        return None
    return told["cursor"]["firstBatch"]


async def _end_of(local: Database, direction: int) -> datetime:
    rows = await local.find(OPLOG, {}, sort=[("$natural", direction)], limit=1, fields=("ts",))
    stamp: Any = rows[0]["ts"]
    return stamp.as_datetime()


async def _allowed(asked: Awaitable[T]) -> T | None:
    try:
        return await asked
    except OperationFailure as error:
        if error.code not in NOT_ALLOWED:
            raise
        return None

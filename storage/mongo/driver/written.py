"""Many writes at once: what is asked, and which of them did not happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from pymongo import InsertOne, ReplaceOne, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError

from storage.mongo.driver.client import Document, Filter
from storage.mongo.driver.failing import Invalid

DUPLICATE = 11_000
INVALID = 121


class Written(Struct, frozen=True):
    """What was not written, by position, and why.

    `refused` breaks a rule of the database; `overtaken` was written by somebody else meanwhile.
    """

    refused: Mapping[int, str] = {}
    overtaken: Mapping[int, str] = {}


class Write(Struct, frozen=True):
    """A new document, or one that takes the place of the version `over`.

    `update`, if given, puts it there: it may keep some of what it finds.
    """

    document: Document
    over: int | None = None
    update: Sequence[Filter] | None = None


def asked(writes: Sequence[Write]) -> list[InsertOne[Document] | ReplaceOne[Document] | UpdateOne]:
    """One operation each."""
    return [_asked(write) for write in writes]


def _asked(write: Write) -> InsertOne[Document] | ReplaceOne[Document] | UpdateOne:
    if write.over is None:
        return InsertOne(write.document)
    where = {"_id": write.document["_id"], "version": write.over}
    if write.update is None:
        return ReplaceOne(where, write.document)
    return UpdateOne(where, write.update)


def one_by_one(changes: Sequence[tuple[Filter, Filter | Sequence[Filter]]]) -> list[UpdateMany]:
    """One update each."""
    return [UpdateMany(where, update) for where, update in changes]


def doubled(error: BulkWriteError) -> Mapping[int, str]:
    """Which of many inserts were there already; any other error is raised."""
    errors = (error.details or {}).get("writeErrors", [])
    if any(each["code"] != DUPLICATE for each in errors) or not errors:
        raise error
    return {each["index"]: each["errmsg"] for each in errors}


def stopped(error: BulkWriteError) -> int:
    """Where inserts in order came to an end, since that document was there already.

    Raises:
        Invalid: since it breaks the rules of its collection.
    """
    last = (error.details or {}).get("writeErrors", [])
    if [each["code"] for each in last] == [INVALID]:
        raise Invalid(last[0]["index"]) from error
    return min(doubled(error))


def written(errors: Sequence[Mapping[str, Any]], replaced: int, over: Sequence[int]) -> Written:
    """What the server's answer means; `over` are the positions that replace a version."""
    refused = {error["index"]: error["errmsg"] for error in errors if error["code"] != DUPLICATE}
    # A retried insert meets itself, and an import at the same time meets the other: ask again.
    twice = {error["index"]: error["errmsg"] for error in errors if error["code"] == DUPLICATE}
    tried = [position for position in over if position not in refused]
    if replaced < len(tried):
        twice |= dict.fromkeys(tried, "somebody else changed it meanwhile")
    return Written(refused, twice)

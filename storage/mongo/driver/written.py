"""Many writes at once: what is asked, and which of them did not happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from storage.mongo.driver.client import Document, Filter

DUPLICATE = 11_000


class Written(Struct, frozen=True):
    """What was not written, by position, and why.

    `refused` breaks a rule of the database; `overtaken` was written by somebody else meanwhile.
    """

    refused: Mapping[int, str] = {}
    overtaken: Mapping[int, str] = {}


def asked(
    documents: Sequence[tuple[Document, int | None]],
) -> list[InsertOne[Document] | ReplaceOne[Document]]:
    """New documents, and those that take the place of a version."""
    return [
        InsertOne(document)
        if version is None
        else ReplaceOne({"_id": document["_id"], "version": version}, document)
        for document, version in documents
    ]


def one_by_one(changes: Sequence[tuple[Filter, Filter | Sequence[Filter]]]) -> list[UpdateOne]:
    """One update each."""
    return [UpdateOne(where, update) for where, update in changes]


def doubled(error: BulkWriteError) -> Mapping[int, str]:
    """Which of many inserts were there already; any other error is raised."""
    errors = (error.details or {}).get("writeErrors", [])
    if any(each["code"] != DUPLICATE for each in errors) or not errors:
        raise error
    return {each["index"]: each["errmsg"] for each in errors}


def written(errors: Sequence[Mapping[str, Any]], replaced: int, over: Sequence[int]) -> Written:
    """What the server's answer means; `over` are the positions that replace a version."""
    refused = {error["index"]: error["errmsg"] for error in errors if error["code"] != DUPLICATE}
    # A retried insert meets itself, and an import at the same time meets the other: ask again.
    twice = {error["index"]: error["errmsg"] for error in errors if error["code"] == DUPLICATE}
    tried = [position for position in over if position not in refused]
    if replaced < len(tried):
        twice |= dict.fromkeys(tried, "somebody else changed it meanwhile")
    return Written(refused, twice)

"""Reads what is checked, in pieces that memory does not notice.

Nothing stands still meanwhile. What belongs together is read as it was at one instant; of a story
that goes on, what the thing itself had not told when it was read is all that is needed more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from domain.integrity import Story, Tale, Told, Written
from storage.mongo.driver import Database, Document, Filter
from storage.mongo.journal import JOURNAL
from storage.mongo.stock import LEVELS, RESERVATIONS

T = TypeVar("T", bound=Struct)
S = TypeVar("S", bound=Story)

ENTRIES = 5_000


async def piece(
    database: Database,
    collection: str,
    after: Any,
    size: int,
    fields: Sequence[str] | None = None,
) -> list[Document]:
    """The next documents behind an id, in the order of their ids."""
    where: Filter = {} if after is None else {"_id": {"$gt": after}}
    return await database.find(collection, where, sort=[("_id", 1)], limit=size, fields=fields)


async def levels(
    database: Database, after: Any, size: int
) -> tuple[list[Document], Mapping[str, Written]]:
    """Levels, with what is written down of the reservations that they hold."""

    async def read(within: Database) -> tuple[list[Document], list[Document]]:
        found = await piece(within, LEVELS.name, after, size)
        keys = [key for level in found for key in level.get("reservations") or ()]
        return found, await within.find(RESERVATIONS.name, {"_id": {"$in": keys}})

    found, rows = await database.transaction(read)
    return found, {row.id: row for row in msgspec.convert(rows, list[Written])}


async def stories(
    database: Database, things: Sequence[Told], kind: type[S], fields: Sequence[str]
) -> Mapping[str, S]:
    """What is told of each thing, up to the version at which it was read."""
    found = {thing.id: kind() for thing in things}
    untold = {thing.id: _untold(thing) for thing in things}
    async for aggregate, tale in _entries(database, sorted(found), fields):
        if tale.seq < untold[aggregate]:
            found[aggregate].add(tale)
    for thing in things:
        for tale in thing.outbox:
            found[thing.id].add(tale)
    return found


def _untold(thing: Told) -> int:
    """From which version on the journal need not know of it."""
    return thing.outbox[0].seq if thing.outbox else thing.version + 1


async def _entries(
    database: Database, aggregates: Sequence[str], fields: Sequence[str]
) -> AsyncIterator[tuple[str, Tale]]:
    """The journal's entries of some things: one thing after the other, each in order."""
    where: Filter = {"aggregate": {"$in": aggregates}}
    while True:
        rows = await database.find(
            JOURNAL.name,
            where,
            sort=[("aggregate", 1), ("seq", 1)],
            limit=ENTRIES,
            fields=("aggregate", "seq", "type", *fields),
        )
        for row in rows:
            yield row["aggregate"], msgspec.convert(row, Tale)
        if len(rows) < ENTRIES:
            return
        last = rows[-1]
        rest = {"aggregate": last["aggregate"], "seq": {"$gt": last["seq"]}}
        left = [each for each in aggregates if each > last["aggregate"]]
        where = {"$or": [rest, {"aggregate": {"$in": left}}]}


def converted(rows: Iterable[Document], kind: type[T], torn: Callable[[str], None]) -> list[T]:
    """Documents as values; `torn` hears of those that cannot be."""
    found: list[T] = []
    for row in rows:
        try:
            found.append(msgspec.convert(row, kind))
        except msgspec.ValidationError:
            torn(row["_id"])
    return found

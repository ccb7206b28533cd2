"""Reads what is checked, in pieces that memory does not notice.

Nothing stands still meanwhile. What belongs together is read as it was at one instant; of a story
that goes on, what the thing itself had not told when it was read is all that is needed more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from domain.integrity import Away, Level, Shelf, Story, Tale, Told, Written
from domain.ledger import Posting
from storage.mongo.driver import Database, Document, Filter, Sort, Undecodable
from storage.mongo.integrity.remembering import Remembered
from storage.mongo.journal import JOURNAL
from storage.mongo.ledger import POSTINGS
from storage.mongo.payments import PAYMENTS
from storage.mongo.shipments import SHIPMENTS
from storage.mongo.stock import FAR, LEVELS, RESERVATIONS

T = TypeVar("T", bound=Struct)
S = TypeVar("S", bound=Story)

Torn = Callable[[Any], None]
"""Hears the ids of documents that cannot be read."""

ENTRIES = 2_000
ENTRY_BYTES = 250
IN_ORDER = [("_id", 1)]

HAPPENED: Filter = {"$convert": {"input": "$version", "to": "double", "onError": 0, "onNull": 0}}
WEIGHT: Filter = {"$add": [{"$bsonSize": "$$ROOT"}, {"$multiply": [HAPPENED, ENTRY_BYTES]}]}
"""About so many bytes are a document and its story. There are no more holds than versions."""


class Piece(Struct, frozen=True):
    """Documents of one collection that are looked at together: those behind `after`, by id."""

    after: Any
    ids: tuple[Any, ...]


async def last(database: Database, collection: str) -> Any:
    """The greatest id there is; None where there is nothing."""
    steps: list[Filter] = [{"$sort": {"_id": -1}}, {"$limit": 1}, {"$project": {"_id": 1}}]
    rows = await database.aggregate_over(collection, steps)
    return rows[0]["_id"] if rows else None


async def piece(
    database: Database, collection: str, after: Any, until: Any, size: int, most_bytes: int
) -> Piece:
    """The next at most `size` documents behind an id, or fewer that are heavy; at least one.

    None of them is behind `until`.
    """
    # Expressions compare ids of all types; a plain filter would find only those of one.
    bounds = [] if after is None else [{"$gt": ["$_id", {"$literal": after}]}]
    bounds += [] if until is None else [{"$lte": ["$_id", {"$literal": until}]}]
    steps: list[Filter] = [
        {"$match": {"$expr": {"$and": bounds}}},
        {"$sort": {"_id": 1}},
        {"$limit": size},
        {"$project": {"weight": WEIGHT}},
    ]
    weight, ids = 0, list[Any]()
    for row in await database.aggregate_over(collection, steps):
        weight += row["weight"]
        if ids and weight > most_bytes:
            break
        ids.append(row["_id"])
    return Piece(after, tuple(ids))


async def found(
    database: Database,
    collection: str,
    where: Filter,
    *,
    fields: Sequence[str] | None = None,
    sort: Sort = IN_ORDER,
    limit: int = 0,
) -> list[Document]:
    """What matches; of what no driver can read, only by what it is sorted."""
    try:
        return await database.find(collection, where, sort=sort, limit=limit, fields=fields)
    except Undecodable:
        by = [field for field, _ in sort]
        keys = await database.find(collection, where, sort=sort, limit=limit, fields=by)
    return [await _alone(database, collection, key, fields) for key in keys]


async def _alone(
    database: Database, collection: str, key: Document, fields: Sequence[str] | None
) -> Document:
    try:
        rows = await database.find(collection, {"_id": key["_id"]}, fields=fields)
    except Undecodable:
        return key
    return rows[0] if rows else key


async def shelves(
    database: Database, ids: Sequence[Any], torn: Torn, torn_row: Torn
) -> tuple[list[Document], list[Shelf], Mapping[str, Written]]:
    """Levels, with their holds, what shops' orders wait for there, and the reservations held."""

    async def read(within: Database) -> tuple[list[Document], ...]:
        levels = await found(within, LEVELS.name, {"_id": {"$in": ids}})
        away = await found(within, FAR.name, {"level_id": {"$in": ids}})
        keys = {str(row.get("reservation")) for row in away}
        for level in levels:
            keys.update(_named(level.get("reservations")))
        rows = await found(within, RESERVATIONS.name, {"_id": {"$in": sorted(keys)}})
        return levels, away, rows, await _waiting(within, levels)

    levels, away, rows, waiting = await database.transaction(read)
    of_level: dict[str, list[Away]] = {}
    for each in converted(away, Away, _unheard):
        of_level.setdefault(each.level_id, []).append(each)
    found_levels = converted(levels, Level, torn)
    awaited: dict[tuple[str, str], dict[str, int]] = {}
    for each in waiting:
        of = each["_id"]
        awaited.setdefault((of["sku"], of["at"]), {})[of["account"]] = each["units"]
    on_shelves = [
        Shelf(
            level,
            tuple(of_level.get(level.id, ())),
            awaited.get((level.sku, level.location_id), {}),
        )
        for level in found_levels
    ]
    return levels, on_shelves, {row.id: row for row in converted(rows, Written, torn_row)}


async def books(
    database: Database, ids: Sequence[Any]
) -> tuple[list[Document], Mapping[str, list[Posting]]]:
    """Payments, and what is posted of each."""

    async def read(within: Database) -> tuple[list[Document], list[Document]]:
        paid = await found(within, PAYMENTS.name, {"_id": {"$in": ids}})
        return paid, await found(within, POSTINGS.name, {"payment_id": {"$in": ids}})

    paid, rows = await database.transaction(read)
    posted: dict[str, list[Posting]] = {}
    for each in converted(rows, Posting, _unheard):
        posted.setdefault(each.payment_id, []).append(each)
    return paid, posted


async def owners(
    database: Database, collection: str, field: str, values: Collection[str]
) -> Mapping[str, set[str]]:
    """The ids of all documents in which each of these values stands."""
    steps: list[Filter] = [
        {"$match": {field: {"$in": sorted(values)}}},
        {"$project": {"values": f"${field}"}},
        {"$unwind": "$values"},
        {"$match": {"values": {"$in": sorted(values)}}},
    ]
    found: dict[str, set[str]] = {}
    for row in await database.aggregate_over(collection, steps) if values else ():
        found.setdefault(row["values"], set()).add(row["_id"])
    return found


async def _waiting(database: Database, levels: Sequence[Document]) -> list[Document]:
    """How many units the open orders of each shop wait for, by sku, place and account."""
    open_ones: Filter = {
        "sku": {"$in": [each.get("sku") for each in levels]},
        "location_id": {"$in": [each.get("location_id") for each in levels]},
        "at": None,
    }
    steps: list[Filter] = [
        {"$match": {"pieces": {"$elemMatch": open_ones}}},
        {"$unwind": "$pieces"},
        {"$match": {"pieces.at": None}},
        {
            "$group": {
                "_id": {"sku": "$pieces.sku", "at": "$pieces.location_id", "account": "$account"},
                "units": {"$sum": "$pieces.units"},
            }
        },
    ]
    return await database.aggregate_over(SHIPMENTS.name, steps)


def _named(holds: Any) -> Iterable[str]:
    return cast("Mapping[str, Any]", holds) if isinstance(holds, dict) else ()


def _unheard(_: Any) -> None:
    """It is named where its own collection is looked at."""


async def stories(
    database: Database,
    things: Sequence[Told],
    kind: type[S],
    fields: Sequence[str],
    remembered: Remembered,
) -> Mapping[str, S]:
    """What is told of each thing, up to the version at which it was read."""
    told = {thing.id: remembered.begun(thing.id, kind) for thing in things}
    here = {thing.id: thing for thing in things}
    after = {key: told[key].last for key in sorted(told)}
    async for aggregate, tale in _entries(database, after, fields):
        if tale.seq < here[aggregate].untold:
            told[aggregate].add(tale)
        elif tale.seq > here[aggregate].version:
            told[aggregate].ahead = tale.seq
    for thing in things:
        remembered.keep(thing.id, told[thing.id])
        for tale in thing.outbox:
            told[thing.id].add(tale)
    return told


async def _entries(
    database: Database, after: Mapping[str, int | None], fields: Sequence[str]
) -> AsyncIterator[tuple[str, Tale]]:
    """The journal's entries of some things behind these: one thing after the other, in order."""
    while after:
        rows = await found(
            database,
            JOURNAL.name,
            _behind(after),
            fields=("aggregate", "seq", "type", *fields),
            sort=[("aggregate", 1), ("seq", 1)],
            limit=ENTRIES,
        )
        for row in rows:
            for tale in converted([row], Tale, _unheard):
                yield row["aggregate"], tale
        if len(rows) < ENTRIES:
            return
        last: Document = rows[-1]
        left = {key: seq for key, seq in after.items() if key > last["aggregate"]}
        after = {last["aggregate"]: last["seq"], **left}


def _behind(after: Mapping[str, int | None]) -> Filter:
    whole = [key for key, seq in after.items() if seq is None]
    begun = [
        {"aggregate": key, "seq": {"$gt": seq}} for key, seq in after.items() if seq is not None
    ]
    return {"$or": [{"aggregate": {"$in": whole}}, *begun]}


async def versions(database: Database, collection: str, ids: Sequence[str]) -> Mapping[str, int]:
    """The versions at which things are now, as far as they are numbers."""
    rows = await database.find(collection, {"_id": {"$in": ids}}, fields=("version",))
    return {row["_id"]: row["version"] for row in rows if isinstance(row.get("version"), int)}


async def missing(database: Database, collection: str, ids: Iterable[str]) -> set[str]:
    """Those of these ids under which there is nothing."""
    wanted = set(ids)
    where = {"_id": {"$in": sorted(wanted)}}
    rows = await database.find(collection, where, fields=("_id",)) if wanted else []
    return wanted - {row["_id"] for row in rows}


def converted(rows: Iterable[Document], kind: type[T], torn: Torn) -> list[T]:
    """Documents as values; `torn` hears of those that cannot be."""
    values: list[T] = []
    for row in rows:
        try:
            values.append(msgspec.convert(row, kind))
        except msgspec.ValidationError:
            torn(row["_id"])
    return values

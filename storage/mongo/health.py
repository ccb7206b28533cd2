"""Whether a database is as this version wants it, and how its servers are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from storage.mongo.collections import Collection, Index
from storage.mongo.driver import Database, Document, silence
from storage.mongo.driver.admin import Disk, Oplog, disk, indexes, oplog
from storage.mongo.journal.lagging import lag
from storage.mongo.migrate import COLLECTIONS, WITH_OUTBOX, validators

OPTIONS = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds")
OWN = "_id_"
"""MongoDB's, of each collection."""


class Shape(Struct, frozen=True):
    """What is not as `migrate` would make it, by name: `orders.number_1`, or a collection's."""

    missing: Sequence[str]
    stray: Sequence[str]
    outdated: Sequence[str]


class Health(Struct, frozen=True):
    """What a server told. `journal_lag` is in seconds; None is what may not be asked."""

    version: str
    now: datetime
    shape: Shape
    journal_lag: float
    disk: Disk | None
    oplog: Oplog | None


async def health(database: Database, local: Database) -> Health:
    """Ask for all of it; `local` is the server's database of that name.

    Raises:
        Unavailable: it does not answer.
    """
    with silence.told():
        now, (seconds, _) = await database.now(), await lag(database, WITH_OUTBOX)
        return Health(
            version=await database.version(),
            now=now,
            shape=await _shape(database),
            journal_lag=seconds,
            disk=await disk(database),
            oplog=await oplog(local),
        )


async def _shape(database: Database) -> Shape:
    known = await validators(database)
    missing: list[str] = []
    stray: list[str] = []
    for collection in COLLECTIONS:
        found = await indexes(database, collection.name)
        if found is None:
            missing.append(collection.name)
            continue
        there = {each["name"]: each for each in found if each["name"] != OWN}
        missing += _named(collection, _missing(collection, there))
        stray += _named(collection, there.keys() - {each.name for each in collection.indexes})
    outdated = [
        each.name
        for each in COLLECTIONS
        if each.name in known and known[each.name] != each.validator()
    ]
    return Shape(missing, stray, outdated)


def _missing(collection: Collection, there: Mapping[str, Document]) -> Iterator[str]:
    for index in collection.indexes:
        if index.name not in there or not _is(index, there[index.name]):
            yield index.name


def _is(index: Index, found: Document) -> bool:
    wanted = index.specification()
    alike = all(wanted.get(name) == found.get(name) for name in OPTIONS)
    return alike and list(wanted["key"].items()) == list(found["key"].items())


def _named(collection: Collection, names: Iterable[str]) -> list[str]:
    return [f"{collection.name}.{name}" for name in sorted(names)]

"""Incidents in MongoDB, with what the journal is told of them."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime

import msgspec

from domain.channels.numbered import Shortage
from domain.ids import IncidentId
from domain.incidents import NEWEST_FIRST, Incident, IncidentKind, IncidentQuery
from domain.journal import Happening
from domain.pages import Page, PageRequest
from domain.ports import EVERYTHING, Wanted
from domain.values import Actor, whole_milliseconds
from domain.viewer import Subject, Viewer
from storage.mongo import outbox
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Document, Filter, Taken
from storage.mongo.reader import Reader, among
from storage.mongo.sorting import SortKey

OPENED = SortKey("opened_key", NEWEST_FIRST)

INCIDENTS = Collection(
    "incidents",
    Incident,
    (
        Index(by("open_key"), "one open incident of a subject", unique=True, sparse=True),
        Index(by("-opened_key", "kind"), "incidents"),
        Index(by("is_open", "-opened_key", "kind"), "incidents(open:)"),
        outbox.PENDING,
    ),
    keys=(OPENED,),
)
COLLECTIONS = (INCIDENTS,)

MADE_UP = "What came since, or a count, made up for it."


class MongoIncidents:
    """`ports.Incidents` and `ports.receiving.Incidents`."""

    def __init__(self, database: Database, wanted: Wanted = EVERYTHING) -> None:
        self._database = database
        self._incidents = Reader(database, INCIDENTS.name, Incident, Subject.INCIDENTS, wanted)

    def by_ids(
        self, viewer: Viewer, keys: Sequence[IncidentId]
    ) -> Awaitable[Mapping[IncidentId, Incident]]:
        return self._incidents.by_ids(viewer, keys)

    async def page(
        self, viewer: Viewer, query: IncidentQuery, request: PageRequest
    ) -> Page[Incident]:
        where: Filter = {
            **among("kind", query.kinds),
            **({} if query.is_open is None else {"is_open": query.is_open}),
        }
        return await self._incidents.page(viewer, where, OPENED, request)

    async def open(self, incident: Incident) -> bool:
        try:
            await self._database.put(INCIDENTS.name, _opened(incident))
        except Taken:
            return False
        return True

    async def settle(
        self, kind: IncidentKind, subject: str, by_whom: Actor, resolution: str, cause: str
    ) -> bool:
        if await _open_one(self._database, kind, subject) is None:
            return False
        now = whole_milliseconds(await self._database.now())

        async def body(database: Database) -> bool:
            return await relieved(database, kind, subject, by_whom, resolution, cause, now)

        return await self._database.transaction(body)


def _open_key(kind: IncidentKind, subject: str) -> str:
    return f"{kind}:{subject}"


async def opened(database: Database, incident: Incident) -> None:
    """Open it, unless it was opened before, or another one of its kind and subject is open.

    To be called within a transaction.
    """
    document = _opened(incident)
    either = [{"_id": incident.id}, {"open_key": document["open_key"]}]
    if not await database.find(INCIDENTS.name, {"$or": either}, limit=1):
        await database.put(INCIDENTS.name, document)


async def judged(database: Database, short: Shortage, told: Incident, cause: str) -> None:
    """Open the incident of a level that became short, or close it if nothing is owed any more.

    To be called within a transaction.
    """
    if short.units:
        await opened(database, told)
        return
    by_whom, now = told.opened_by, told.opened_at
    await relieved(database, told.kind, told.subject, by_whom, MADE_UP, cause, now)


async def relieved(
    database: Database,
    kind: IncidentKind,
    subject: str,
    by_whom: Actor,
    resolution: str,
    cause: str,
    now: datetime,
) -> bool:
    """Close the open incident of a subject, if there is one; to be called within a transaction."""
    key = await _open_one(database, kind, subject)
    return bool(key and await close(database, key, by_whom, resolution, cause, now))


async def _open_one(database: Database, kind: IncidentKind, subject: str) -> str | None:
    where = {"open_key": _open_key(kind, subject)}
    rows = await database.find(INCIDENTS.name, where, fields=("_id",))
    return rows[0]["_id"] if rows else None


def _opened(incident: Incident) -> Document:
    told = Happening(
        seq=incident.version,
        type="IncidentOpened",
        at=incident.opened_at,
        actor=incident.opened_by,
        cause=incident.subject,
        changes={"kind": (None, incident.kind.value)},
    )
    key = _open_key(incident.kind, incident.subject)
    return outbox.telling(INCIDENTS.document(incident, open_key=key, is_open=True), told)


async def close(
    database: Database, id: str, by_whom: Actor, resolution: str, cause: str, now: datetime
) -> Incident | None:
    """An incident, closed if it was open; to be called within a transaction."""
    rows = await database.find(INCIDENTS.name, {"_id": id})
    before = msgspec.convert(rows[0], Incident) if rows else None
    if before is None or before.closed_at:
        return before
    told = Happening(
        seq=before.version + 1,
        type="IncidentResolved",
        at=now,
        actor=by_whom,
        cause=cause,
        changes={"resolution": (None, resolution)},
        subjects=(cause,),
    )
    update: Filter = {
        "$set": {
            "version": told.seq,
            "updated_at": now,
            "closed_at": now,
            "closed_by": msgspec.to_builtins(by_whom),
            "resolution": resolution,
            "is_open": False,
        },
        "$unset": {"open_key": ""},
        "$push": {"outbox": outbox.told(told)},
        "$min": {outbox.PENDING_SINCE: now},
    }
    row = await database.change(INCIDENTS.name, {"_id": id, "version": before.version}, update)
    return msgspec.convert(row, Incident) if row else None

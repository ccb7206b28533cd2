"""The logs of devices: an entry a row, which moves its units in the transaction that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain.channels import numbered
from domain.channels.gaps import Gap
from domain.channels.numbered import EntryKey, Log, Logged, Move, Shortage, Verdict
from domain.ids import LocationId, Sku
from domain.incidents import Incident
from domain.values import Actor
from storage.mongo import incidents
from storage.mongo.clock import Clock
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Document, Filter, Taken
from storage.mongo.shipments import SHIPMENTS
from storage.mongo.stock import opening, selling
from storage.mongo.stock.levels import LEVELS

MOST_READ = 20_000
"""Of a log at once, to see how far it is whole."""


class Reach(Struct, frozen=True):
    """A log is whole up to `through`."""

    id: str = msgspec.field(name="_id")
    through: int = 0


ENTRIES = Collection(
    "entries",
    Logged,
    (
        Index(by("account", "device", "sequence"), "how far a log is", unique=True),
        Index(by("moves.sku", "moves.location_id", "moves.at"), "what moved since a count"),
    ),
)
REACHES = Collection("reaches", Reach)
GAPS = Collection("gaps", Gap, (Index(by("due", "endpoint"), "telling of gaps"),))
COLLECTIONS = (ENTRIES, REACHES, GAPS)


class Moved(Exception):
    """Its units were moved before; nothing of this transaction happens."""


class MongoLogbook:
    """`ports.numbering.Logbook`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def take(self, entry: Logged) -> Logged:
        try:
            await self._database.put(ENTRIES.name, ENTRIES.document(entry))
        except Taken:
            return await self._row(entry.id)
        return entry

    async def move(
        self,
        entry: Logged,
        moves: Sequence[Move],
        by_whom: Actor,
        told: Callable[[Shortage], Incident],
    ) -> Sequence[Shortage]:
        now = await self._clock.now()
        in_order = sorted(moves, key=lambda each: (each.sku, each.location_id))

        async def body(database: Database) -> Sequence[Shortage]:
            found = [await _moved(database, entry, each, by_whom, now) for each in in_order]
            for each in found:
                if each:
                    await incidents.judged(database, each, told(each), entry.id)
            shortages = tuple(each for each in found if each and each.units)
            row = ENTRIES.document(replace(entry, moves=tuple(moves), shortages=shortages))
            done: Filter = {"$set": {name: row[name] for name in ("moves", "shortages")}}
            if not await database.change(ENTRIES.name, {"_id": entry.id, "moves": None}, done):
                raise Moved
            return shortages

        try:
            return await self._database.transaction(body)
        except Moved:
            return (await self._row(entry.id)).shortages

    async def judge(self, entry: Logged, verdict: Verdict, why: str | None) -> None:
        told: Filter = {"$set": {"verdict": verdict.value, "why": why}}
        await self._database.change(ENTRIES.name, {"_id": entry.id}, told)

    async def find(self, account: str, keys: Sequence[EntryKey]) -> Sequence[Logged]:
        ids = [numbered.row_id(account, each) for each in keys]
        rows = await self._database.find(ENTRIES.name, {"_id": {"$in": ids}}) if ids else []
        return msgspec.convert(rows, list[Logged])

    async def log(self, account: str, device: str) -> Log:
        mark: Filter = {"_id": f"{account}:{device}"}
        known = await self._database.find(REACHES.name, mark)
        through = known[0]["through"] if known else 0
        rows = await self._database.find(
            ENTRIES.name,
            {"account": account, "device": device, "sequence": {"$gt": through}},
            sort=[("sequence", 1)],
            limit=MOST_READ,
            fields=("sequence",),
        )
        log = numbered.followed(device, through, [row["sequence"] for row in rows])
        if log.through > through:
            await self._database.replace(REACHES.name, {**mark, "through": log.through})
        return log

    async def gap(self, id: str) -> Gap | None:
        rows = await self._database.find(GAPS.name, {"_id": id})
        return msgspec.convert(rows[0], Gap) if rows else None

    async def note(self, gap: Gap) -> None:
        try:
            await self._database.put(GAPS.name, GAPS.document(gap))
        except Taken:
            older: Filter = {"_id": gap.id, "newest": {"$lt": gap.newest}}
            newer = {"newest": gap.newest, "due": {"$ifNull": ["$due", gap.due]}}
            await self._database.change(GAPS.name, older, [{"$set": newer}])

    async def gaps(self, endpoints: Sequence[str], now: datetime, most: int) -> Sequence[Gap]:
        due: Filter = {"due": {"$lte": now}, "endpoint": {"$in": list(endpoints)}}
        rows = await self._database.find(GAPS.name, due, sort=[("due", 1)], limit=most)
        return msgspec.convert(rows, list[Gap])

    async def told(self, gap: Gap) -> None:
        same: Filter = {"_id": gap.id, "newest": gap.newest}
        await self._database.change(GAPS.name, same, {"$set": {"due": None}})

    async def filled(self, gap: Gap) -> None:
        await self._database.delete(GAPS.name, {"_id": gap.id, "newest": gap.newest})

    async def _row(self, id: str) -> Logged:
        [row] = await self._database.find(ENTRIES.name, {"_id": id})
        return msgspec.convert(row, Logged)


async def _moved(
    database: Database, entry: Logged, move: Move, by_whom: Actor, now: datetime
) -> Shortage | None:
    if move.counted is None:
        return await selling.move(database, move, entry.id, by_whom)
    since = replace(move, units=await _since(database, move))
    where: Filter = {"sku": move.sku, "location_id": move.location_id}
    if not await database.find(LEVELS.name, where, fields=("_id",)):
        await opening.open_level(database, Sku(move.sku), LocationId(move.location_id), now)
    return await selling.move(database, since, entry.id, by_whom)


async def _since(database: Database, count: Move) -> int:
    """What moved after a count, and was told before it: at tills, and for orders of shops."""
    later: Filter = {
        "sku": count.sku,
        "location_id": count.location_id,
        "at": {"$gt": count.at},
    }
    rows = await database.find(ENTRIES.name, {"moves": {"$elemMatch": later}}, fields=("moves",))
    orders = await database.find(
        SHIPMENTS.name, {"pieces": {"$elemMatch": later}}, fields=("pieces",)
    )
    moved = _units((each for row in rows for each in row["moves"]), count)
    return moved - _units((each for row in orders for each in row["pieces"]), count)


def _units(of: Iterable[Document], count: Move) -> int:
    """Units of those that happened on the shelf after a count."""
    return sum(
        each["units"]
        for each in of
        if (each["sku"], each["location_id"]) == (count.sku, count.location_id)
        and each["at"]
        and each["at"] > count.at
    )

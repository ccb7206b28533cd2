"""The writing side: what commands change, over one database."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from domain.channels.instructing import Instructed
from domain.channels.links import LinkErrand
from domain.ids import IncidentId, LocationId, Sku, TransferId
from domain.incidents import Incident, IncidentKind
from domain.journal import Happening
from domain.ledger import Posting
from domain.lookups import Lookup
from domain.ownership import DEFAULTS, Owners
from domain.payments import Payment, PaymentLink
from domain.ports import Changed, Overtaken, Place, Work
from domain.ports.instructing import Providers
from domain.ports.timing import StepsTold, untold
from domain.requests import Claim
from domain.stock import Shift, StockLevel, Transfer
from domain.values import Actor, whole_milliseconds
from storage.mongo import incidents, links, tills
from storage.mongo.claims import ANSWERS, CLAIMS, CLOSED, MongoClaims, answer_document
from storage.mongo.clock import Clock
from storage.mongo.driver import Database, Taken
from storage.mongo.instructions import ERRANDS, INSTRUCTIONS, MongoInstructions
from storage.mongo.journal import JOURNAL
from storage.mongo.landing import MongoRecords
from storage.mongo.links import MongoLinks
from storage.mongo.logbook import MongoLogbook
from storage.mongo.lookups import LOOKUPS
from storage.mongo.shipments import MongoShipments
from storage.mongo.stock import moving, opening
from storage.mongo.stock.far import MOST_NEAR
from storage.mongo.stock.holds import MongoHolds
from storage.mongo.stock.levels import LEVELS, TRANSFERS
from storage.mongo.tills import MongoTills

T = TypeVar("T")


class MongoStores:
    """`ports.Stores` over one database."""

    def __init__(
        self,
        database: Database,
        most_near: int = MOST_NEAR,
        *,
        taken: StepsTold = untold,
        providers: Providers | None = None,
        owners: Owners = DEFAULTS,
    ) -> None:
        self._database = database
        self.owners = owners
        self._clock = Clock(database)
        self.claims = MongoClaims(database, self._clock)
        self.holds = MongoHolds(database, self._clock, most_near, taken)
        self.tills = MongoTills(database)
        self.records = MongoRecords(database, self._clock)
        self.providers = providers or Providers()
        self.instructions = MongoInstructions(database, INSTRUCTIONS, Instructed)
        self.links = MongoLinks(database)
        self.errands = MongoInstructions(database, ERRANDS, LinkErrand)
        self.logbook = MongoLogbook(database, self._clock)
        self.shipments = MongoShipments(database)

    async def now(self) -> datetime:
        return await self._clock.now()

    async def keep(self, lookup: Lookup) -> None:
        await self._database.put(LOOKUPS.name, LOOKUPS.document(lookup))

    async def is_told(self, cause: str) -> bool:
        return bool(await self._database.find(JOURNAL.name, {"about": cause}, limit=1))

    async def unheard(self, places: Sequence[Place]) -> Sequence[Place]:
        if not places:
            return []
        either = [{"sku": sku, "location_id": location} for sku, location in places]
        rows = await self._database.find(
            LEVELS.name, {"$or": either}, fields=("sku", "location_id")
        )
        there = {(row["sku"], row["location_id"]) for row in rows}
        return [place for place in dict.fromkeys(places) if place not in there]

    async def transaction(self, body: Callable[[Work], Coroutine[Any, Any, T]]) -> T:
        now = await self._clock.now()

        async def run(database: Database) -> T:
            return await body(MongoWork(database, now))

        return await self._database.transaction(run)


class MongoWork:
    """`ports.Work`: everything through one transaction."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._database = database
        self._now = now

    async def shift(self, shift: Shift) -> StockLevel | None:
        return await moving.shift(self._database, shift)

    async def level(self, sku: Sku, location: LocationId) -> StockLevel | None:
        return await moving.level(self._database, sku, location)

    async def open(self, sku: Sku, location: LocationId) -> bool:
        return await opening.open_level(self._database, sku, location, self._now)

    async def transfer(self, id: TransferId) -> Transfer | None:
        rows = await self._database.find(TRANSFERS.name, {"_id": id})
        return msgspec.convert(rows[0], Transfer) if rows else None

    async def save(self, transfer: Transfer) -> None:
        await self._database.replace(TRANSFERS.name, TRANSFERS.document(transfer))

    async def record(
        self, payment: Payment, over: int, told: Happening, postings: Sequence[Posting]
    ) -> None:
        await tills.record(self._database, payment, over, told, postings, self._now)

    async def link(self, link: PaymentLink, over: int, told: Happening) -> None:
        await links.record(self._database, link, over, told, self._now)

    async def instruct(self, instructed: Instructed | LinkErrand) -> None:
        kept = INSTRUCTIONS if isinstance(instructed, Instructed) else ERRANDS
        try:
            await self._database.put(kept.name, kept.document(instructed))
        except Taken as error:
            raise Changed from error

    async def alarm(self, incident: Incident) -> None:
        await incidents.opened(self._database, incident)

    async def relieve(
        self, kind: IncidentKind, subject: str, by_whom: Actor, resolution: str, cause: str
    ) -> None:
        now = whole_milliseconds(self._now)
        await incidents.relieved(self._database, kind, subject, by_whom, resolution, cause, now)

    async def close(
        self, id: IncidentId, by_whom: Actor, resolution: str, cause: str
    ) -> Incident | None:
        now = whole_milliseconds(self._now)
        return await incidents.close(self._database, id, by_whom, resolution, cause, now)

    async def settle(self, claim: Claim, answer: bytes) -> None:
        try:
            await self._database.put(ANSWERS.name, answer_document(claim, answer, self._now))
        except Taken as error:
            raise Overtaken from error
        await self._database.change(CLAIMS.name, {"_id": claim.id}, CLOSED)

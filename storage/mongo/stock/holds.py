"""Reservations: the units that levels hold for them, and what is written down of them."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from weakref import WeakValueDictionary

import msgspec
from msgspec.structs import replace

from domain.ids import LocationId, OrderId, ReservationId, Sku
from domain.journal import Happening
from domain.ports.timing import StepsTold, untold
from domain.refusals import Elsewhere
from domain.stock import (
    RESERVATION_STEPS,
    Reservation,
    ReservationState,
    Step,
    StepKind,
    Stepped,
)
from storage.gathering import Gathered
from storage.mongo.clock import Clock
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter
from storage.mongo.journal import JOURNAL
from storage.mongo.stock.expiry import expire, finish
from storage.mongo.stock.far import MOST_NEAR
from storage.mongo.stock.levels import LEVELS
from storage.mongo.stock.stepping import Place, Stepping

RESERVATIONS = Collection(
    "reservations",
    Reservation,
    (Index(by("expires_at"), "what ran out", only={"state": ReservationState.ACTIVE}),),
)

OPEN = [state for state, steps in RESERVATION_STEPS.items() if steps]
SETTLED_AFTER = timedelta(minutes=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class MongoHolds:
    """`ports.Holds`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        most_near: int = MOST_NEAR,
        taken: StepsTold = untold,
    ) -> None:
        self._database = database
        self._clock = clock
        self._stepping = Stepping(database, clock, most_near, taken)
        # Who asks holds it, and so does what is under way: it is gone when nobody needs it.
        self._levels = WeakValueDictionary[Place, Gathered[Step, Stepped]]()
        self._keeping = Gathered(self._keep_all)
        self._finding = Gathered(self._find_all)
        self._changing = Gathered(self._change_all)

    async def step(self, step: Step) -> Stepped:
        place = step.line.sku, step.line.location_id
        level = self._levels.get(place)
        if level is None:
            # One update of a level at a time: two of one process would only wait for each other.
            level = Gathered(self._step_all, alone=lambda its: its.reservation)
            self._levels[place] = level
        return await level.ask(step)

    async def _step_all(self, steps: Sequence[Step]) -> Sequence[Stepped]:
        line = steps[0].line
        return await self._stepping.all((line.sku, line.location_id), steps)

    async def free_elsewhere(self, sku: Sku, but: LocationId) -> Sequence[Elsewhere]:
        where: Filter = {"sku": sku, "location_id": {"$ne": but}, "free": {"$gt": 0}}
        rows = await self._database.find(LEVELS.name, where, fields=("location_id", "free"))
        found = [Elsewhere(LocationId(row["location_id"]), row["free"]) for row in rows]
        return sorted(found, key=lambda each: (-each.sellable, each.location_id))

    async def keep(self, reservation: Reservation) -> Reservation:
        return await self._keeping.ask(reservation)

    async def _keep_all(self, reservations: Sequence[Reservation]) -> Sequence[Reservation]:
        rows = [RESERVATIONS.document(each) for each in reservations]
        twice = await self._database.add(RESERVATIONS.name, rows)
        if not twice:
            return reservations
        first = await self._rows([ReservationId(reservations[n].id) for n in twice])
        return [first.get(each.id, each) for each in reservations]

    async def find(self, id: ReservationId) -> Reservation | None:
        return await self._finding.ask(id)

    async def _find_all(self, ids: Sequence[ReservationId]) -> Sequence[Reservation | None]:
        found = await self._rows(ids)
        return [found.get(each) for each in ids]

    async def _rows(self, ids: Sequence[ReservationId]) -> dict[str, Reservation]:
        rows = await self._database.find(RESERVATIONS.name, {"_id": {"$in": list(ids)}})
        return {each.id: each for each in msgspec.convert(rows, list[Reservation])}

    async def change(self, reservation: Reservation) -> None:
        await self._changing.ask(reservation)

    async def _change_all(self, changed: Sequence[Reservation]) -> Sequence[None]:
        """One command for all that end alike; most do."""
        ordered = sorted(changed, key=_ending)
        for (state, order_id, until), alike in groupby(ordered, key=_ending):
            # What has ended stays as it is: somebody slow may come with an older word.
            where = {"_id": {"$in": [each.id for each in alike]}, "state": {"$in": OPEN}}
            change = {
                "$set": {"state": state, "order_id": order_id or None},
                "$inc": {"version": 1},
                "$currentDate": {"updated_at": True},
                "$max": {"expires_at": until},
            }
            await self._database.change_all(RESERVATIONS.name, where, change)
        return [None] * len(changed)

    async def story(self, reservation: Reservation) -> Sequence[Happening]:
        # An entry leaves the outbox after it came to the journal: in this order none is missed.
        skus = [line.sku for line in reservation.lines]
        told = {"sku": {"$in": skus}, "outbox.subjects": reservation.id}
        levels = await self._database.find(LEVELS.name, told, fields=("outbox",))
        entries = await self._database.find(JOURNAL.name, {"about": reservation.id})
        found = {(entry["aggregate"], entry["seq"]): entry for entry in entries}
        for level in levels:
            mine = [each for each in level["outbox"] if reservation.id in each["subjects"]]
            found |= {(level["_id"], each["seq"]): each for each in mine}
        return msgspec.convert(list(found.values()), list[Happening])

    async def expire(self, most: int) -> int:
        now = await self._clock.now()
        due = {"next_expiry": {"$lte": now}}
        levels = await self._database.find(LEVELS.name, due, fields=("_id",), limit=most)
        changes = [({"_id": level["_id"]}, [*expire(), *finish()]) for level in levels]
        if changes:
            await self._database.change_each(LEVELS.name, changes)
        far = await self._stepping.expire(most)
        return len(changes) + far + await self._write_down(now, most)

    async def settle(self, most: int) -> int:
        return await self._stepping.settle(most)

    async def _write_down(self, now: datetime, most: int) -> int:
        """Say of reservations that ran out what became of them."""
        due = {"state": ReservationState.ACTIVE, "expires_at": {"$lte": now - SETTLED_AFTER}}
        rows = await self._database.find(RESERVATIONS.name, due, limit=most)
        found = msgspec.convert(rows, list[Reservation])
        stories = await gather(*(self.story(each) for each in found))
        ended = [_ended(*each) for each in zip(found, stories, strict=True)]
        await self._change_all([each for each in ended if each])
        return len([each for each in ended if each])


def _ended(reservation: Reservation, story: Sequence[Happening]) -> Reservation | None:
    """How a story ended that must have; None while somebody is about to commit the rest of it."""
    commits = [each for each in story if each.type == StepKind.COMMIT]
    if len(commits) == len(reservation.lines):
        order = next((OrderId(each) for each in commits[0].subjects[1:]), None)
        return replace(reservation, state=ReservationState.CONVERTED, order_id=order)
    types = {each.type for each in story}
    if StepKind.RELEASE in types:
        return replace(reservation, state=ReservationState.RELEASED)
    if commits or StepKind.PIN in types:
        return None
    return replace(reservation, state=ReservationState.EXPIRED)


def _ending(reservation: Reservation) -> tuple[str, str, datetime]:
    """What its row will say, and until when it is held; all that end at once count as one."""
    until = reservation.expires_at if reservation.state is ReservationState.ACTIVE else LONG_AGO
    return reservation.state, reservation.order_id or "", until

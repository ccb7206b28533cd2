"""Reservations: the units that levels hold for them, and what is written down of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

import msgspec

from domain.ids import LocationId, ReservationId, Sku
from domain.refusals import Elsewhere
from domain.stock import (
    Reservation,
    ReservationState,
    Step,
    StepOutcome,
    Stepped,
)
from storage.gathering import Gathered
from storage.mongo.clock import Clock
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter
from storage.mongo.journal import JOURNAL
from storage.mongo.stock.expiry import expire, finish
from storage.mongo.stock.levels import LEVELS
from storage.mongo.stock.steps import grant

RESERVATIONS = Collection(
    "reservations",
    Reservation,
    (Index(by("owner", "_id"), "whose reservations there are"),),
)

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[Sku, LocationId]


class MongoHolds:
    """`ports.Holds`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._levels: dict[Place, Gathered[Step, Stepped]] = {}
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
        try:
            return await level.ask(step)
        finally:
            if level.is_idle:
                self._levels.pop(place, None)

    async def _step_all(self, steps: Sequence[Step]) -> Sequence[Stepped]:
        line = steps[0].line
        where = {"sku": line.sku, "location_id": line.location_id}
        update = [*expire(), *grant(steps), *finish()]
        found = await self._database.change(LEVELS.name, where, update, fields=("last",))
        if found is None:
            return [Stepped(StepOutcome.UNHEARD)] * len(steps)
        return msgspec.convert(found["last"], list[Stepped])

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
            where = {"_id": {"$in": [each.id for each in alike]}}
            change = {
                "$set": {"state": state, "order_id": order_id or None},
                "$inc": {"version": 1},
                "$currentDate": {"updated_at": True},
                "$max": {"expires_at": until},
            }
            await self._database.change_all(RESERVATIONS.name, where, change)
        return [None] * len(changed)

    async def story(self, reservation: Reservation) -> frozenset[str]:
        # An entry leaves the outbox after it came to the journal: in this order none is missed.
        skus = [line.sku for line in reservation.lines]
        told = {"sku": {"$in": skus}, "outbox.subjects": reservation.id}
        levels = await self._database.find(LEVELS.name, told, fields=("outbox",))
        entries = await self._database.find(
            JOURNAL.name, {"about": reservation.id}, fields=("type",)
        )
        waiting = [each for level in levels for each in level["outbox"]]
        found = {each["type"] for each in waiting if reservation.id in each["subjects"]}
        return frozenset(found | {entry["type"] for entry in entries})

    async def expire(self, most: int) -> int:
        now = await self._clock.now()
        due = {"next_expiry": {"$lte": now}}
        levels = await self._database.find(LEVELS.name, due, fields=("_id",), limit=most)
        changes = [({"_id": level["_id"]}, [*expire(), *finish()]) for level in levels]
        if changes:
            await self._database.change_each(LEVELS.name, changes)
        return len(changes)


def _ending(reservation: Reservation) -> tuple[str, str, datetime]:
    """What its row will say, and until when it is held; all that end at once count as one."""
    until = reservation.expires_at if reservation.state is ReservationState.ACTIVE else LONG_AGO
    return reservation.state, reservation.order_id or "", until

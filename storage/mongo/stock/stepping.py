"""Taking steps on levels, wherever the holds are."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from domain.errors import Unavailable
from domain.ids import LocationId, Sku, StockLevelId
from domain.ports.timing import StepsTold, untold
from domain.stock import Step, StepKind, StepOutcome, Stepped
from storage.mongo.clock import Clock
from storage.mongo.driver import Database, Document, Filter, idempotent
from storage.mongo.stock import far
from storage.mongo.stock.expiry import expire, finish
from storage.mongo.stock.far import FAR, MOST_NEAR, FarHold
from storage.mongo.stock.levels import LEVELS
from storage.mongo.stock.steps import grant

Place = tuple[Sku, LocationId]

SHOWN: Filter = {"last": True, "near": far.NEAR}

RECOGNISED = frozenset({StepKind.RESERVE, StepKind.RELEASE, StepKind.COMMIT})
"""Steps that find what they did before: a hold that is there, or is there no more."""


class Departure(Struct, frozen=True):
    """That holds left a level, and by which departure the latest ones did."""

    level: StockLevelId
    far: str


class Stepping:
    """Updates levels. What it remembers of departures only saves it from looking first."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        most_near: int = MOST_NEAR,
        taken: StepsTold = untold,
    ) -> None:
        self._taken = taken
        self._database = database
        self._clock = clock
        self._most_near = most_near
        self._departures: dict[Place, Departure] = {}

    async def all(self, place: Place, steps: Sequence[Step]) -> Sequence[Stepped]:
        """Take steps of different reservations on one level, and let go what has run out."""
        found = await self._surely_updated(place, steps)
        if found is None:
            return [Stepped(StepOutcome.UNHEARD)] * len(steps)
        if _near(found) > self._most_near:
            await self._make_room(found["_id"])
        done = msgspec.convert(found["last"], list[Stepped])
        self._taken(steps, done)
        return done

    async def _surely_updated(self, place: Place, steps: Sequence[Step]) -> Document | None:
        """The level after it; None if there is no such level."""
        found = await self._updated(place, steps)
        while found is None and await self._look(place):
            found = await self._updated(place, steps)
        return found

    async def _updated(self, place: Place, steps: Sequence[Step]) -> Document | None:
        """The level after it; None if there is none, or holds have left that we know nothing of."""
        update = [*expire(), *(grant(steps) if steps else ()), *finish()]
        known = self._departures.get(place)
        if known is None:
            where = {"sku": place[0], "location_id": place[1], "far": None}
            return await self._changed(where, steps, update)
        where = {"_id": known.level, "far": known.far}
        holds = await self._concerned(known.level, steps)
        if not holds:
            return await self._changed(where, steps, update)
        return await self._with_holds(where, holds, update)

    async def _changed(
        self, where: Filter, steps: Sequence[Step], update: Sequence[Filter]
    ) -> Document | None:
        if all(step.kind in RECOGNISED for step in steps):
            return await idempotent.change(self._database, LEVELS.name, where, update, SHOWN)
        return await self._database.change(LEVELS.name, where, update, fields=SHOWN)

    async def _concerned(self, level: str, steps: Sequence[Step]) -> list[FarHold]:
        """The far holds without which nothing may happen: those meant, and those that ran out."""
        found = await gather(
            far.named(self._database, level, [step.reservation for step in steps]),
            far.run_out(self._database, level, await self._clock.now()),
        )
        return list({each.id: each for holds in found for each in holds}.values())

    async def _with_holds(
        self, where: Filter, holds: Sequence[FarHold], update: Sequence[Filter]
    ) -> Document | None:
        """Bring holds home, and update their level."""

        async def body(database: Database) -> Document | None:
            change = [*far.home(holds), *update]
            found = await database.change(LEVELS.name, where, change, fields=SHOWN)
            if found:
                await far.arrived(database, holds)
            return found

        with suppress(far.Overtaken):
            return await self._database.transaction(body)
        return None

    async def _look(self, place: Place) -> bool:
        """See how a level stands; False if there is none."""
        where = {"sku": place[0], "location_id": place[1]}
        rows = await self._database.find(LEVELS.name, where, fields=("far",))
        self._departures.pop(place, None)
        if rows and "far" in rows[0]:
            self._departures[place] = Departure(rows[0]["_id"], rows[0]["far"])
        return bool(rows)

    async def _make_room(self, level: str) -> None:
        """Nobody's answer depends on it: what does not work now is tried with the next batch."""
        with suppress(Unavailable):
            await far.depart(self._database, level, self._most_near)

    async def expire(self, most: int) -> int:
        """Let go what has run out far from its level; gives on how many levels."""
        due = {**far.IS_ACTIVE, "hold.until": {"$lte": await self._clock.now()}}
        rows = await self._database.find(FAR.name, due, fields=("level_id",), limit=most)
        if not rows:
            return 0
        for place in await self._places({"_id": {"$in": [row["level_id"] for row in rows]}}):
            await self._surely_updated(place, ())
        return len(rows)

    async def settle(self, most: int) -> int:
        """Bring home the last few far holds of levels that have room again; gives how many."""
        is_roomy = {"$lte": [far.NEAR, self._most_near // 2]}
        roomy: Filter = {"far": {"$exists": True}, "$expr": is_roomy}
        levels = await self._database.find(LEVELS.name, roomy, fields=("far",), limit=most)
        return sum([await self._settled(level["_id"], level["far"]) for level in levels])

    async def _settled(self, level: str, departure: str) -> bool:
        few = self._most_near // 4
        rows = await self._database.find(FAR.name, {"level_id": level}, limit=few + 1)
        if len(rows) > few:
            return False
        holds = msgspec.convert(rows, list[FarHold])

        async def body(database: Database) -> bool:
            change: Sequence[Any] = [*far.home(holds), {"$unset": ["far"]}]
            where = {"_id": level, "far": departure}
            if not await database.change(LEVELS.name, where, change, fields=("_id",)):
                return False
            await far.arrived(database, holds)
            return True

        with suppress(far.Overtaken):
            return await self._database.transaction(body)
        return False

    async def _places(self, where: Filter) -> list[Place]:
        rows = await self._database.find(LEVELS.name, where, fields=("sku", "location_id"))
        return [(row["sku"], row["location_id"]) for row in rows]


def _near(level: Document) -> int:
    """How many holds stand in a level itself.

    When the answer to an update was lost, the driver asks again, and MongoDB gives the document as
    it was then: all of it, and nothing that `fields` would have computed.
    """
    return level["near"] if "near" in level else len(level["reservations"])

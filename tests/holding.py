"""Steps on the mugs of the warehouse, and what must be true of them after each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.ids import Kind, ReservationId, Sku
from domain.stock import ReservationLine, Step, StepKind
from domain.values import SYSTEM_ACTOR
from storage.mongo.driver import Database
from storage.mongo.stock import FAR, LEVELS
from storage.mongo.stock.moving import PROMISED
from tests.making import NOW, at_location, new_id

WAREHOUSE = 2
IN_TIME = NOW + timedelta(days=36_500)
NUMBERS = ("on_hand", "committed", "reserved", "unavailable", "free")


def held(n: int) -> ReservationId:
    return ReservationId(new_id(Kind.RESERVATION, n))


def a_step(n: int, kind: StepKind = StepKind.RESERVE, quantity: int = 1, **fields: Any) -> Step:
    given = {
        "kind": kind,
        "reservation": held(n),
        "line": ReservationLine(Sku("SKU-0"), at_location(WAREHOUSE), quantity),
        "minutes": 60 if kind in {StepKind.RESERVE, StepKind.EXTEND} else 0,
        "cause": f"request-{n}",
        "actor": SYSTEM_ACTOR,
        "deadline": IN_TIME,
    }
    return Step(**{**given, **fields})


class Seen:
    """The warehouse's mugs, and all holds on them, near and far."""

    def __init__(self, level: Mapping[str, Any], far: list[dict[str, Any]]) -> None:
        self.level = level
        self.near: dict[str, Any] = level["reservations"]
        self.far = {row["reservation"]: row["hold"] for row in far}
        self.holds = {**self.near, **self.far}

    def numbers(self) -> dict[str, int]:
        return {name: self.level[name] for name in NUMBERS}

    def units(self) -> dict[str, int]:
        return {held: hold["quantity"] for held, hold in self.holds.items()}


async def seen(database: Database) -> Seen:
    """The warehouse's mugs, after a look at all that must be true of them."""

    async def look(database: Database) -> Seen:
        where = {"location_id": at_location(WAREHOUSE)}
        (level,) = await database.find(LEVELS.name, where)
        return Seen(level, await database.find(FAR.name, {"level_id": level["_id"]}))

    found = await database.transaction(look)
    level = found.level
    assert level["on_hand"] == level["free"] + sum(level[name] for name in PROMISED)
    assert min(found.numbers().values()) >= 0
    assert sum(found.units().values()) == level["reserved"]
    assert not found.near.keys() & found.far.keys()
    assert "far" in level or not found.far
    return found

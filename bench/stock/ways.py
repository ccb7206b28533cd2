"""Three ways to hold a unit of one sku, and to sell it or let it go.

`kassa` is the product's own: with keys, expiry, journal. The other two are what a team would write
first, with nothing beside the numbers: a transaction over a level and a reservation, and one
conditional update for each.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from commands.running import run
from commands.stock import reservations
from commands.stock.reservations import CommitReservation, ReleaseReservation, ReserveStock
from domain import recorded
from domain.catalog import Location, LocationKind
from domain.freshness import KASSA
from domain.ids import Kind, LocationId, ReservationId, Sku, mint
from domain.stock import Authority, Hold, ReservationLine, ReservationState, StockLevel
from domain.values import SYSTEM_ACTOR
from domain.viewer import SYSTEM
from gateway import bootstrap, upkeep
from storage.mongo import outbox
from storage.mongo.catalog import LOCATIONS
from storage.mongo.driver import Database
from storage.mongo.driver.client import SETTINGS
from storage.mongo.migrate import migrate
from storage.mongo.stock import LEVELS
from storage.mongo.stock.opening import level_document
from storage.mongo.stores import MongoStores

NAME = "bench_stock"
SKU = Sku("MUG")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = LocationId(mint(Kind.LOCATION, BEGAN, b"0" * 10))
UNITS = 100_000_000


async def prepare(url: str, live: int) -> None:
    """A level with many free units, and `live` reservations that outlast the measurement."""
    database = Database(url, NAME)
    await database.drop()
    await migrate(database)
    until = datetime.now(UTC) + timedelta(days=1)
    hold = Hold(1, ReservationState.ACTIVE, until)
    holds = {mint(Kind.RESERVATION, BEGAN, n.to_bytes(10, "big")): hold for n in range(live)}
    level = StockLevel(
        id=mint(Kind.STOCK_LEVEL, BEGAN, b"0" * 10),
        updated_at=BEGAN,
        sku=SKU,
        location_id=PLACE,
        on_hand=UNITS + live,
        committed=0,
        reserved=live,
        unavailable=0,
        free=UNITS,
        authority=Authority("on_hand", KASSA, BEGAN),
        observed_at=BEGAN,
        reservations=holds,
    )
    told = recorded.opened(level, "bench", SYSTEM_ACTOR)
    await database.add(LEVELS.name, [outbox.telling(level_document(level), told)])
    await database.add(LOCATIONS.name, [LOCATIONS.document(_place())])
    await database.add("plain_levels", [{"_id": "MUG", "free": UNITS, "reserved": 0}])
    await database.add("plain_holds", [{"_id": "one"}])
    await database.close()


def _place() -> Location:
    return Location(
        id=PLACE,
        updated_at=BEGAN,
        code="BENCH",
        kind=LocationKind.STORE,
        name="Bench",
        timezone="UTC",
    )


class Kassa:
    """The product's own way. One of the processes also keeps the journal."""

    def __init__(self, url: str, *, leads: bool) -> None:
        self._database = Database(url, NAME)
        self._stores = MongoStores(self._database)
        self._leads = leads

    def beside(self) -> AbstractAsyncContextManager[None]:
        jobs = bootstrap.jobs(self._database, self._stores)
        return upkeep.running(jobs) if self._leads else nullcontext()

    async def reserve(self) -> Any:
        line = ReservationLine(SKU, PLACE, 1)
        return await self._run(reservations.RESERVE, ReserveStock((line,)))

    async def end(self, held: Any, *, sold: bool) -> None:
        key = ReservationId(held.id)
        if sold:
            await self._run(reservations.COMMIT, CommitReservation(key))
        else:
            await self._run(reservations.RELEASE, ReleaseReservation(key))

    async def _run(self, command: Any, asked: Any) -> Any:
        answer = await run(self._stores, command, SYSTEM, secrets.token_hex(8), asked)
        if answer.value is None:
            raise RuntimeError(str(answer.refusals))
        return answer.value

    async def close(self) -> None:
        await self._database.close()


class Plain:
    """What the two plain ways share."""

    def __init__(self, url: str, *, leads: bool) -> None:  # noqa: ARG002 - nobody has to lead
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, **SETTINGS)
        self._levels = self._client[NAME]["plain_levels"]
        self._holds = self._client[NAME]["plain_holds"]

    def beside(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def close(self) -> None:
        await self._client.close()

    async def _move(self, change: dict[str, int], session: AsyncClientSession | None) -> None:
        where = {"_id": "MUG", **({"free": {"$gte": 1}} if change.get("free", 0) < 0 else {})}
        if not await self._levels.find_one_and_update(where, {"$inc": change}, session=session):
            raise RuntimeError("nothing is left")


class Transaction(Plain):
    """A level and a reservation in one transaction."""

    async def reserve(self) -> str:
        key = secrets.token_hex(8)

        async def body(session: AsyncClientSession) -> None:
            await self._move({"free": -1, "reserved": 1}, session)
            await self._holds.insert_one({"_id": key, "quantity": 1}, session=session)

        await self._within(body)
        return key

    async def end(self, held: str, *, sold: bool) -> None:
        change = {"reserved": -1} if sold else {"reserved": -1, "free": 1}

        async def body(session: AsyncClientSession) -> None:
            await self._move(change, session)
            await self._holds.delete_one({"_id": held}, session=session)

        await self._within(body)

    async def _within(self, body: Callable[[AsyncClientSession], Any]) -> None:
        while True:
            try:
                async with self._client.start_session() as session:
                    return await session.with_transaction(body)
            except PyMongoError:
                continue  # conflicts used up its time: the buyer tries again


class Conditional(Plain):
    """One conditional update, then a row of its own."""

    async def reserve(self) -> str:
        key = secrets.token_hex(8)
        await self._move({"free": -1, "reserved": 1}, None)
        await self._holds.insert_one({"_id": key, "quantity": 1})
        return key

    async def end(self, held: str, *, sold: bool) -> None:
        await self._move({"reserved": -1} if sold else {"reserved": -1, "free": 1}, None)
        await self._holds.delete_one({"_id": held})


WAYS: MappingProxyType[str, Any] = MappingProxyType(
    {"kassa": Kassa, "conditional": Conditional, "transaction": Transaction}
)

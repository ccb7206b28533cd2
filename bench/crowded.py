"""What many live reservations of one level cost: `make bench-crowded`.

One level holds so many reservations all the time: each worker reserves a unit, then commits the
oldest one that is held, again and again, over three sets of stores with connections of their own,
while the journal is written. Once with all holds in the level's own document, once with those for
which it has no room in documents of their own (`docs/adr/0009-far-holds.md`). A number is a median
of rounds that alternate.
"""

from __future__ import annotations

import asyncio
import json
import platform
import secrets
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop

from domain import ids
from domain.ids import Kind, LocationId, ReservationId, Sku
from domain.stock import Authority, ReservationLine, Step, StepKind, StockLevel
from domain.values import SYSTEM_ACTOR
from gateway import embedded
from storage.mongo.clock import Clock
from storage.mongo.driver import Database
from storage.mongo.journal.leader import Leader
from storage.mongo.migrate import WITH_OUTBOX, migrate
from storage.mongo.stock import LEVELS
from storage.mongo.stock.far import MOST_NEAR
from storage.mongo.stock.holds import MongoHolds

LIVE = (500, 2_000, 5_000, 10_000)
WAYS = {"all near": 10**9, "far beyond 2,000": MOST_NEAR}
GATEWAYS, WORKERS = 3, 300
ROUNDS, SECONDS = 3, 5.0
UNITS = 2_000_000
SKU, PLACE = Sku("MUG"), LocationId("loc_1")
RESULT = Path(__file__).parent / "results" / "crowded.json"


def a_level(now: datetime) -> StockLevel:
    return StockLevel(
        id=ids.derived(Kind.STOCK_LEVEL, SKU, PLACE),
        updated_at=now,
        sku=SKU,
        location_id=PLACE,
        on_hand=UNITS,
        committed=0,
        reserved=0,
        unavailable=0,
        free=UNITS,
        authority=Authority("on_hand", "kassa", now),
        observed_at=now,
    )


def a_step(kind: StepKind, reservation: str) -> Step:
    return Step(
        kind=kind,
        reservation=ReservationId(reservation),
        line=ReservationLine(SKU, PLACE, 1),
        minutes=60,
        cause=secrets.token_hex(20),
        actor=SYSTEM_ACTOR,
        deadline=datetime.now(UTC) + timedelta(minutes=5),
    )


class Crowd:
    """Buyers of one level, and how long each of their steps took."""

    def __init__(self, databases: Sequence[Database], most_near: int) -> None:
        self._holds = [MongoHolds(each, Clock(each), most_near) for each in databases]
        self._held = deque[str]()
        self.seconds: list[float] = []

    async def fill(self, live: int) -> None:
        while len(self._held) < live:
            most = min(live - len(self._held), WORKERS)
            await asyncio.gather(*(self._reserve(n) for n in range(most)))

    async def trade(self, seconds: float) -> float:
        """Steps a second."""
        self.seconds.clear()
        began, until = time.monotonic(), time.monotonic() + seconds
        await asyncio.gather(*(self._work(n, until) for n in range(WORKERS)))
        return len(self.seconds) / (time.monotonic() - began)

    async def _work(self, n: int, until: float) -> None:
        while time.monotonic() < until:
            await self._reserve(n)
            await self._step(n, StepKind.COMMIT, self._held.popleft())

    async def _reserve(self, n: int) -> None:
        reservation = ids.mint(Kind.RESERVATION, datetime.now(UTC))
        await self._step(n, StepKind.RESERVE, reservation)
        self._held.append(reservation)

    async def _step(self, n: int, kind: StepKind, reservation: str) -> None:
        began = time.monotonic()
        done = await self._holds[n % GATEWAYS].step(a_step(kind, reservation))
        self.seconds.append(time.monotonic() - began)
        assert done.outcome == "DONE", done


async def one(url: str, live: int, most_near: int) -> Mapping[str, float]:
    name = f"crowd_{secrets.token_hex(4)}"
    databases = [Database(url, name, timeoutMS=30_000) for _ in range(GATEWAYS)]
    await migrate(databases[0])
    await databases[0].add(LEVELS.name, [LEVELS.document(a_level(datetime.now(UTC)))])
    over = asyncio.Event()
    telling = asyncio.create_task(tell(databases[0], over))
    crowd = Crowd(databases, most_near)
    await crowd.fill(live)
    await crowd.trade(1.0)
    rate = await crowd.trade(SECONDS)
    waits = statistics.quantiles(crowd.seconds, n=100)
    over.set()
    await telling
    await databases[0].drop()
    for each in databases:
        await each.close()
    return {
        "steps_a_second": round(rate),
        "p50_ms": round(waits[49] * 1e3),
        "p99_ms": round(waits[98] * 1e3),
    }


async def tell(database: Database, over: asyncio.Event) -> None:
    leader = Leader(database, WITH_OUTBOX)
    while not over.is_set():
        if not await leader.append():
            await asyncio.sleep(0.02)


async def measured(url: str, live: int) -> dict[str, Any]:
    rounds = [
        {way: await one(url, live, most) for way, most in WAYS.items()} for _ in range(ROUNDS)
    ]
    return {"live": live, **{way: middle([each[way] for each in rounds]) for way in WAYS}}


def middle(rounds: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


async def main() -> None:
    rows: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.running(Path(folder), with_redis=False) as servers,
    ):
        assert servers.mongodb_url
        for live in LIVE:
            rows.append(await measured(servers.mongodb_url, live))
            print(json.dumps(rows[-1]))
    setting = {"gateways": GATEWAYS, "workers": WORKERS, "rounds": ROUNDS, "seconds": SECONDS}
    result = {"python": platform.python_version(), **setting, "measured": rows}
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    uvloop.run(main())

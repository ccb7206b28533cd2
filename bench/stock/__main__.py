"""Reservations a second on one sku, beside the ways that a team would try first.

Two processes, 600 in flight, each buyer holds a unit and then sells it or lets it go. Everything
is on: keys, expiry, journal. All of it, the load and MongoDB too, on one machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvloop

from bench.stock import http, load, ways
from domain.ids import Kind, mint
from domain.journal import Happening
from domain.values import SYSTEM_ACTOR
from gateway import embedded
from storage.mongo import outbox
from storage.mongo.driver import Database
from storage.mongo.journal.leader import Leader
from storage.mongo.migrate import WITH_OUTBOX, migrate
from storage.mongo.stock import LEVELS
from storage.mongo.stock.opening import empty_level, level_document

RESULTS = Path(__file__).parents[1] / "results"
LIVE = (500, 2_000)
DOCUMENTS, HAPPENINGS_EACH = 400, 100


def way(url: str, name: str, live: int, seconds: float) -> dict[str, Any]:
    """What one way does in so many seconds."""
    asyncio.run(ways.prepare(url, live))
    seen = load.run(url, name, seconds)
    latencies = sorted(each for process in seen for each in process.latencies)
    held = sum(process.held for process in seen)
    return {
        "way": name,
        "live_reservations": live,
        "reservations_per_s": round(held / max(process.seconds for process in seen)),
        "p50_ms": _ms(latencies, 0.5),
        "p99_ms": _ms(latencies, 0.99),
        "client_cpu_us": round(sum(process.cpu_seconds for process in seen) / held * 1e6),
    }


def _ms(latencies: list[float], share: float) -> float:
    return round(latencies[int(len(latencies) * share)] * 1000, 1)


async def appended_per_second(url: str) -> int:
    """How many happenings the appender numbers a second, from outboxes that are full."""
    database = Database(url, ways.NAME)
    await database.drop()
    await migrate(database)
    now = datetime.now(UTC)
    await database.add(LEVELS.name, [_full(n, now) for n in range(DOCUMENTS)])
    leader = Leader(database, WITH_OUTBOX)
    began, done = time.perf_counter(), 0
    while count := await leader.append():
        done += count
    took = time.perf_counter() - began
    await database.close()
    if done != DOCUMENTS * HAPPENINGS_EACH:
        raise RuntimeError(f"{done} entries were appended")
    return round(done / took)


def _full(n: int, now: datetime) -> dict[str, Any]:
    level = empty_level(ways.SKU, ways.LocationId(mint(Kind.LOCATION, now)), now)
    told = [
        Happening(
            seq=seq,
            type="StockReserved",
            at=now,
            actor=SYSTEM_ACTOR,
            cause=f"{n}-{seq}",
            changes={"free": (10, 9), "reserved": (0, 1)},
            subjects=(mint(Kind.RESERVATION, now),),
        )
        for seq in range(1, HAPPENINGS_EACH + 1)
    ]
    document = level_document(level)
    return {**document, "outbox": [outbox.told(each) for each in told], "pending_since": now}


async def through_http(servers: embedded.Embedded, seconds: float) -> dict[str, int]:
    """Answers a second, by question; rounds alternate."""
    url = str(servers.mongodb_url)
    await ways.prepare(url, 0)
    rates: dict[str, list[float]] = {"typename": [], "reserve": []}
    async with http.server(url, str(servers.redis_url)) as port:
        for _ in range(3):
            rates["typename"].append(await http.per_second(port, http.typename, seconds / 3))
            rates["reserve"].append(await http.per_second(port, http.reserve, seconds / 3))
    return {name: round(statistics.median(each)) for name, each in rates.items()}


def table(result: dict[str, Any]) -> str:
    """For people."""
    rows = [
        f"| {each['way']} | {each['live_reservations']} | {each['reservations_per_s']:,} "
        f"| {each['p50_ms']} | {each['p99_ms']} |"
        for each in result["ways"]
    ]
    asked = result["http_per_s"]
    where = (
        f"{result['machine']}; MongoDB {result['mongodb']}, PyMongo {result['pymongo']}, "
        f"Python {result['python']}. {load.PROCESSES} processes, {load.IN_FLIGHT} in flight, "
        f"{result['seconds']:g} s each, all on one machine."
    )
    beside = (
        "`kassa` has keys, expiry and journal on; the others have none of them. Each "
        "reservation is then sold or let go, which is as much work again and not counted."
    )
    http_too = (
        f"Through HTTP, one server process, {http.CONNECTIONS} connections that hold a unit and "
        f"let it go: {asked['reserve']:,} mutations/s beside {asked['typename']:,} "
        f"`{{ __typename }}`/s, a ratio of {result['http_ratio']}. "
        f"The appender numbers {result['journal_events_per_s']:,} events/s."
    )
    head = "| way | live reservations | reservations/s | p50 ms | p99 ms |"
    parts = ["# Holding units of one sku", "", where, "", head, "|---|---:|---:|---:|---:|"]
    return "\n".join([*parts, *rows, "", beside, "", http_too, ""])


def machine() -> str:
    """What it ran on."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} processors"


def measured(seconds: float) -> dict[str, Any]:
    """Everything, one after the other."""
    with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder)) as servers:
        url = str(servers.mongodb_url)
        found = [way(url, "kassa", live, seconds) for live in LIVE]
        found += [way(url, name, 0, min(seconds, 10)) for name in ("conditional", "transaction")]
        asked = uvloop.run(through_http(servers, min(seconds, 24)))
        appended = uvloop.run(appended_per_second(url))
    return {
        "machine": machine(),
        "python": platform.python_version(),
        "pymongo": version("pymongo"),
        "mongodb": "6.0.5",
        "seconds": seconds,
        **{name: found[0][name] for name in ("reservations_per_s", "p99_ms", "live_reservations")},
        "http_ratio": round(asked["reserve"] / asked["typename"], 2),
        "journal_events_per_s": appended,
        "http_per_s": asked,
        "ways": found,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--dry", action="store_true", help="leave the kept results alone")
    options = parser.parse_args()
    result = measured(options.seconds)
    print(table(result))
    if not options.dry:
        (RESULTS / "stock.json").write_text(json.dumps(result, indent=2) + "\n")
        (RESULTS / "stock.md").write_text(table(result))


if __name__ == "__main__":
    main()

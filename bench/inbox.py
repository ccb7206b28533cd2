"""What taking in deliveries costs: how many a second, how soon acknowledged, how soon applied.

One real `kassa serve` over a real MongoDB, and the load beside them on the same machine. The
channel is the tests' invented one; each delivery is a payment of its own with one movement.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any, NamedTuple

import httpx2

from bench.http.machine import described
from bench.limits.wire import Wire
from domain.channels.accounts import Secret
from gateway import embedded
from storage.mongo.driver import Database
from tests.channels.paying import event, movement, payment, signs

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parents[1]
KASSA = str(Path(sys.executable).with_name("kassa"))
SECRET = Secret(secrets.token_hex(16))
RATE = 200
CONNECTIONS = 32
WAIT_SECONDS = 120
CHANNELS = """
[channels.penny]
kind = "tests.channels.penny"
account = "bench"
secrets = [{ env = "BENCH_SECRET" }]
poll_seconds = 86400
"""
NUMBERS = count()
UNAPPLIED = {"state": {"$ne": "APPLIED"}}


def delivery() -> bytes:
    """A request that posts the next payment."""
    n = next(NUMBERS)
    taken = movement(f"mv_{n}", "take", 5_00)
    body = event(f"ev_{n}", "payment.changed", payment=payment(f"pp_{n}", 5_00, taken))
    [(name, signature)] = signs(body, SECRET, datetime.now(UTC)).items()
    head = (
        f"POST /webhooks/penny HTTP/1.1\r\nhost: kassa\r\n{name}: {signature}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def steady(port: int, seconds: float) -> list[float]:
    """Milliseconds to each acknowledgement, where so many come each second."""
    wires = [Wire(port) for _ in range(CONNECTIONS)]
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for wire in wires:
        free.put_nowait(wire)
    found: list[float] = []

    async def one() -> None:
        due = monotonic()
        wire = await free.get()
        status, _ = await wire.ask(delivery())
        assert status == 200, status
        found.append((monotonic() - due) * 1000)
        free.put_nowait(wire)

    async with asyncio.TaskGroup() as group:
        began = monotonic()
        for n in range(int(RATE * seconds)):
            await asyncio.sleep(max(0.0, began + n / RATE - monotonic()))
            group.create_task(one())
    for wire in wires:
        wire.close()
    return sorted(found)


async def flooded(port: int, seconds: float) -> float:
    """Deliveries a second that are acknowledged, when each connection sends the next at once."""
    done, until = 0, monotonic() + seconds

    async def one() -> None:
        nonlocal done
        wire = Wire(port)
        while monotonic() < until:
            status, _ = await wire.ask(delivery())
            assert status == 200, status
            done += 1
        wire.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(one())
    return done / seconds


class Applied(NamedTuple):
    """Milliseconds from coming in to being applied, and how many were applied a second."""

    lags: Sequence[float]
    per_second: float


async def applied(database: Database) -> Applied:
    """How all that is in the inbox was applied, once it is; and leave the inbox empty."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await database.count("inbox", UNAPPLIED, 1):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.2)
    rows = await database.find("inbox", {}, fields=("received_at", "applied_at"))
    await database.delete("inbox", {})
    lags = sorted((row["applied_at"] - row["received_at"]).total_seconds() * 1000 for row in rows)
    ends, begins = (
        max(row["applied_at"] for row in rows),
        min(row["received_at"] for row in rows),
    )
    return Applied(lags, len(rows) / (ends - begins).total_seconds())


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[int, Database]]:
    """A gateway that is ready, and its database."""
    (folder / "channels.toml").write_text(CHANNELS)
    with embedded.running(folder / "servers") as servers:
        assert servers.mongodb_url
        port = 20_000 + secrets.randbelow(20_000)
        settings = {
            "KASSA_PORT": str(port),
            "KASSA_MONGODB_URL": servers.mongodb_url,
            "KASSA_REDIS_URL": str(servers.redis_url),
            "BENCH_SECRET": SECRET.reveal(),
            "KASSA_CHANNELS": str(folder / "channels.toml"),
        }
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *(KASSA, "serve"), cwd=ROOT, env={**os.environ, **settings}, stdout=quiet, stderr=quiet
        )
        database = Database(servers.mongodb_url, "kassa")
        try:
            await _ready(port)
            yield port, database
        finally:
            process.terminate()
            await process.wait()
            await database.close()


async def _ready(port: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS), httpx2.AsyncClient(trust_env=False) as http:
        while True:
            try:
                if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.2)


def at(values: Sequence[float], share: float) -> float:
    return round(values[min(int(len(values) * share), len(values) - 1)], 1)


async def measured(seconds: float, rounds: int) -> dict[str, Any]:
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="kassa-inbox-") as folder:
        async with serving(Path(folder)) as (port, database):
            await steady(port, 1.0)
            await applied(database)
            found = [await one_round(port, database, seconds) for _ in range(rounds)]
            machine = described(await database.version(), load)
    spread = {name: spread_of([each[name] for each in found]) for name in found[0]}
    return {"at_per_s": RATE, "seconds": seconds, "rounds": rounds, **spread, "machine": machine}


async def one_round(port: int, database: Database, seconds: float) -> dict[str, float]:
    """At an even rate, then at full speed."""
    acks = await steady(port, seconds)
    even = await applied(database)
    fast = await flooded(port, seconds / 2)
    full = await applied(database)
    return {
        "ack_p50_ms": at(acks, 0.5),
        "ack_p99_ms": at(acks, 0.99),
        "applied_p50_ms": at(even.lags, 0.5),
        "applied_p99_ms": at(even.lags, 0.99),
        "deliveries_per_s": round(fast),
        "applied_per_s": round(full.per_second),
    }


def spread_of(values: Sequence[float]) -> dict[str, float]:
    """The median of the rounds, the least and the most."""
    return {"median": median(values), "least": min(values), "most": max(values)}


def table(found: dict[str, Any]) -> str:
    """The same for people."""
    machine = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    lines = {
        f"acknowledged a second, {CONNECTIONS} connections at full speed": "deliveries_per_s",
        "applied a second, of what came at full speed": "applied_per_s",
        f"acknowledgement at {RATE}/s, p50, ms": "ack_p50_ms",
        f"acknowledgement at {RATE}/s, p99, ms": "ack_p99_ms",
        f"from coming in to applied at {RATE}/s, p50, ms": "applied_p50_ms",
        f"from coming in to applied at {RATE}/s, p99, ms": "applied_p99_ms",
    }
    rows = "\n".join(
        f"| {text} | {found[name]['median']} | {found[name]['least']}-{found[name]['most']} |"
        for text, name in lines.items()
    )
    return f"""# Deliveries

| | median | range |
|---|---|---|
{rows}

{found["rounds"]} rounds of {found["seconds"]} s at an even rate and half as long at full speed.
Each delivery is a payment of its own. One gateway, MongoDB and the load on the same machine:
{machine}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    found = asyncio.run(measured(given.seconds, given.rounds))
    (RESULTS / "inbox.json").write_text(json.dumps(found, indent=2) + "\n")
    (RESULTS / "inbox.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()

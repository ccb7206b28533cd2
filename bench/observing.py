"""What figures and traces cost a request: `make bench-observing`.

In one process, without a wire: the same application, observed in one way or another, round by
round in turn. Writes `bench/results/observing.json` and `bench/results/observing.md`.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import process_time_ns
from typing import Any

import orjson

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SHARED = FOLDER in os.environ  # prometheus_client looks when it is imported

from starlette.types import ASGIApp  # noqa: E402

from adapters import demo  # noqa: E402
from gateway import app, bootstrap, embedded  # noqa: E402
from gateway.observing import NOBODY, Observing, observing  # noqa: E402
from gateway.settings import Listen, Settings  # noqa: E402
from schema import views  # noqa: E402
from storage.mongo import MongoRepositories  # noqa: E402
from storage.mongo.driver import Database  # noqa: E402
from storage.mongo.migrate import migrate  # noqa: E402
from storage.mongo.shelf import MongoShelf  # noqa: E402
from storage.mongo.stores import MongoStores  # noqa: E402
from tests.peers.collector import collecting  # noqa: E402

RESULTS = Path(__file__).parent / "results"
QUESTIONS = {
    "{ __typename }": (300, "{ __typename }"),
    "a customer with 20 orders, 5 reads": (
        4,
        (Path(__file__).parent / "http/queries/q1-customer-360.graphql").read_text(),
    ),
}
ROUNDS = 41
UNTIL = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEADERS = [
    (b"host", b"kassa.test"),
    (b"content-type", b"application/json"),
    (b"authorization", b"Bearer dev.system"),
]


async def ask(application: ASGIApp, body: bytes) -> None:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": HEADERS,
        "client": ("127.0.0.1", 1),
    }
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        told.append(message)

    await application(scope, receive, send)
    assert told[0]["status"] == 200
    assert b'"errors"' not in told[1]["body"], told[1]["body"][:300]


async def microseconds(application: ASGIApp, times: int, body: bytes) -> float:
    """CPU of a request; each in a task of its own, as the server has it."""
    began = process_time_ns()
    for _ in range(times):
        await asyncio.create_task(ask(application, body))
    return (process_time_ns() - began) / times / 1000


def built(database: Database, seen: Observing) -> ASGIApp:
    return app.build(
        Settings(),
        views.unified(),
        seen.repositories(MongoRepositories(database)),
        MongoStores(database, taken=seen.stock),
        checks={},
        page_config=dict,
        observing=seen,
    )


async def measured(url: str, collector: str) -> Mapping[str, Mapping[str, Any]]:
    ways = {
        "unobserved": NOBODY,
        "unobserved again": NOBODY,
        "figures": observing(Settings(metrics=Listen("127.0.0.1", 0))),
    }
    if not SHARED:
        ways["traces"] = observing(Settings(traces=collector))
    databases = [
        Database(url, "bench", timed=seen.mongodb, listeners=seen.listeners)
        for seen in ways.values()
    ]
    await migrate(databases[0])
    shop = demo.shop(UNTIL)
    await MongoShelf(databases[0]).fill(shop)
    sold = Counter(each.customer_id for each in shop.orders if each.customer_id)
    [(customer, _)] = sold.most_common(1)
    applications = [built(*each) for each in zip(databases, ways.values(), strict=True)]
    named = dict(zip(ways, applications, strict=True))
    bootstrap.keep_what_is_there()
    found = {
        name: await _alternating(named, times, _body(text, customer))
        for name, (times, text) in QUESTIONS.items()
    }
    for seen in ways.values():
        await seen.close()
    for each in databases:
        await each.close()
    return found


def _body(text: str, customer: str) -> bytes:
    return orjson.dumps({"query": text, "variables": {"id": customer}})


async def _alternating(
    applications: Mapping[str, ASGIApp], times: int, body: bytes
) -> Mapping[str, Any]:
    rounds: dict[str, list[float]] = {name: [] for name in applications}
    for n in range(ROUNDS + 1):
        for name, application in list(applications.items())[:: 1 if n % 2 else -1]:
            took = await microseconds(application, times, body)
            if n:  # the first compiles
                rounds[name].append(took)
    return {name: _told(took, rounds["unobserved"]) for name, took in rounds.items()}


def _told(took: list[float], plain: list[float]) -> Mapping[str, float]:
    """Medians; `more` is the median of the differences round by round, with its quartiles."""
    more = [a - b for a, b in zip(took, plain, strict=True)]
    low, middle, high = statistics.quantiles(more, n=4)
    shown = {"cpu_us": statistics.median(took), "more_us": middle, "from": low, "to": high}
    return {name: round(value, 1) for name, value in shown.items()}


def main() -> None:
    """Measure; for figures that processes share, once more in a process that shares them."""
    if SHARED:
        json.dump(_measured(), sys.stdout)
        return
    found = {name: dict(ways) for name, ways in _measured().items()}
    for name, ways in _shared().items():
        found[name]["figures, shared by processes"] = ways["figures"]
    (RESULTS / "observing.json").write_text(json.dumps(found, indent=2) + "\n")
    (RESULTS / "observing.md").write_text(_page(found))


def _measured() -> Mapping[str, Mapping[str, Any]]:
    with (
        tempfile.TemporaryDirectory(prefix="kassa-observing-") as folder,
        embedded.running(Path(folder) / "data", with_redis=False) as servers,
        collecting() as collector,
    ):
        assert servers.mongodb_url
        return asyncio.run(measured(servers.mongodb_url, collector.url))


def _shared() -> Mapping[str, Mapping[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="kassa-figures-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.observing"],
            env={**os.environ, FOLDER: folder},
            capture_output=True,
            check=True,
        )
    return json.loads(done.stdout)


def _page(found: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        "# What being observed costs",
        "",
        f"`make bench-observing`: microseconds of CPU of a request, no wire; {ROUNDS} rounds",
        "in turn. `more` is the median of the differences to `unobserved`, and their quartiles.",
    ]
    for name, ways in found.items():
        lines += ["", f"## {name}", "", "| | CPU | more |", "|---|---|---|"]
        for way, told in ways.items():
            more = (
                "" if way == "unobserved" else f"{told['more_us']} ({told['from']} to {told['to']})"
            )
            lines.append(f"| {way} | {told['cpu_us']} | {more} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

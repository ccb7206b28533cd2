"""`/metrics`, as Prometheus reads it of a real server with two processes."""

from __future__ import annotations

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import httpx2
from prometheus_client import Metric

from gateway.metrics import instruments
from tests import processes
from tests.observing.conftest import REGISTERED, SUPPORT, WATCH, WORKERS
from tests.observing.scraping import Scrape, scrape
from tests.processes import Serving

ASKED = 40


def counted(of: Serving | Scrape, operation: str | None = None) -> float:
    """Operations, of one name or of all."""
    figures = of if isinstance(of, Scrape) else scrape(of)
    labels = {"operation": operation} if operation else {}
    return figures.value("kassa_operations_total", **labels)


def test_operations_are_counted_over_all_processes(kassa: Serving):
    before = scrape(kassa)

    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda _: kassa.ask("{ channels { code } }"), range(ASKED)):
            assert "errors" not in answer

    processes.until(lambda: counted(kassa) >= counted(before) + ASKED)
    after = scrape(kassa)
    series = {"operation": "query channels", "outcome": "ok"}
    for name, labels in (
        ("kassa_operations_total", series),
        ("kassa_operation_seconds_count", {"operation": "query channels"}),
        ("kassa_operation_reads_total", {"operation": "query channels"}),
        ("kassa_read_keys_count", {"read": "channels.all"}),
    ):
        assert after.value(name, **labels) - before.value(name, **labels) == ASKED, name


def test_a_registered_operation_is_counted_by_its_name(kassa: Serving):
    before = scrape(kassa)

    said = {"documentId": f"sha256:{sha256(REGISTERED.encode()).hexdigest()}"}
    assert "errors" not in kassa.http.post("/graphql", json=said, headers=SUPPORT).json()

    labels = {"operation": "ForTheTill", "outcome": "ok"}
    is_now = before.value("kassa_operations_total", **labels) + 1
    processes.until(lambda: scrape(kassa).value("kassa_operations_total", **labels) == is_now)


def test_nobody_makes_series_by_asking(kassa: Serving):
    for query in ("{ channels { code } }", "query X { nothing }"):
        kassa.ask(query)
    processes.until(lambda: counted(kassa, "query channels") and counted(kassa, "(refused)"))
    before = scrape(kassa)

    for n in range(ASKED):
        kassa.ask(f"query Canary{n} {{ canary{n}: channels {{ code }} }}")
        kassa.ask(f"query Canary{n} {{ canary{n} }}")

    processes.until(lambda: counted(kassa) >= counted(before) + 2 * ASKED)
    after = scrape(kassa)
    assert "anary" not in after.text
    assert after.labels("kassa_operations_total", "operation") == before.labels(
        "kassa_operations_total", "operation"
    )


def test_what_is_refused_is_counted_by_its_code(kassa: Serving):
    figures = scrape(kassa)

    for code in ("GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED"):
        assert figures.value("kassa_refused_total", code=code) >= 1


def test_reservations_are_counted_by_what_came_of_them(kassa: Serving):
    figures = scrape(kassa)

    for outcome in ("done", "short"):
        assert figures.value("kassa_stock_steps_total", step="reserve", outcome=outcome) == 1
    assert figures.value("kassa_stock_batch_steps_sum") == 2


def test_what_channels_post_and_do_not_answer_is_counted(kassa: Serving):
    figures = scrape(kassa)

    labels = figures.labels("kassa_webhooks_total", "channel")
    assert labels == {"cards", "(unknown)"}
    assert figures.value("kassa_webhooks_total", channel="cards", outcome="refused") == 1
    processes.until(lambda: scrape(kassa).value("kassa_channel_silences_total", channel="cards"))
    assert figures.value("kassa_inbox_parked") == 0
    assert figures.labels("kassa_instructions_total", "kind") == {
        *("capture", "cancel", "refund"),
        *("open_link", "close_link"),
    }
    assert figures.value("kassa_instructions_open") == 0
    assert figures.value("kassa_instructions_lag_seconds") == 0
    assert figures.value("kassa_live_reads_total", channel="cards", outcome="fresh") == 0


def test_what_is_looked_up_comes_soon(kassa: Serving):
    with kassa.http.stream("POST", "/graphql", json=WATCH, headers=SUPPORT):
        processes.until(lambda: scrape(kassa).value("kassa_subscribers") == 1)
        assert scrape(kassa).value("kassa_connections") >= 1
    processes.until(lambda: scrape(kassa).value("kassa_subscribers") == 0)

    figures = scrape(kassa)
    assert figures.value("kassa_executions_total", by="introspection") >= 1
    assert figures.value("kassa_plans_compiled_total") >= 1
    assert figures.value("kassa_journal_entries") >= 1
    assert figures.value("kassa_resident_memory_bytes") > 20_000_000
    assert figures.value("kassa_mongodb_seconds_count", asked="find") >= 1
    assert figures.value("kassa_redis_seconds_count") >= 1


def test_the_port_of_the_graph_has_no_figures(kassa: Serving):
    assert kassa.http.get("/metrics").status_code == 404


def test_the_page_names_each_metric_and_no_other(kassa: Serving):
    page = (processes.ROOT / "docs" / "operations.md").read_text()

    said = set(re.findall(r"^\| `(kassa_\w+)", page, re.MULTILINE))
    counted = {name_of(family) for family in instruments.REGISTRY.collect()}
    assert said == counted >= {name_of(family) for family in scrape(kassa).families}


def name_of(family: Metric) -> str:
    return family.name + "_total" * (family.type == "counter")


def test_processes_that_died_leave_their_counts_and_take_their_gauges(kassa: Serving):
    before, workers = scrape(kassa), workers_of(kassa)
    assert len(workers) == WORKERS
    with kassa.http.stream("POST", "/graphql", json=WATCH, headers=SUPPORT):
        processes.until(lambda: scrape(kassa).value("kassa_subscribers") == 1)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        processes.until(lambda: scrape(kassa).value("kassa_subscribers") == 0)
    processes.until(lambda: len(workers_of(kassa) - workers) == WORKERS)

    name = "kassa_operations_total"
    assert scrape(kassa).value(name) >= before.value(name) > 0


def workers_of(kassa: Serving) -> set[int]:
    """The server processes; Python's `multiprocessing` has one of its own beside them."""
    commands = {number: Path(f"/proc/{number}/cmdline") for number in kassa.children()}
    return {number for number, file in commands.items() if b"spawn_main" in told(file)}


def told(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # it has just ended


def test_an_address_that_is_taken_is_said_in_one_sentence(kassa: Serving, tmp_path: Path):
    taken = httpx2.URL(re.search(r"are at (\S+)/metrics", kassa.greeting)[1]).netloc.decode()

    refused = processes.run("serve", "--embedded", data=tmp_path / "data", port=0, metrics=taken)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"kassa: KASSA_METRICS={taken} cannot be listened on")
    assert refused.stderr.count("\n") == 1

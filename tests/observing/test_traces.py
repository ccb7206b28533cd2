"""Traces, as a collector receives them of a real server."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests import processes
from tests.peers.collector import Collected, attributes, collecting
from tests.processes import ROOT, serving

TRACE, CALLER = secrets.token_hex(16), secrets.token_hex(8)
CANARY = "CANARY-070-123 45 67"
ORDERS = """query %s { canary: customer(number: "K-1001") {
  displayName orders(first: 2) { edges { node { payments { state } } } } } }"""
LOOK = """query($value: String!) {
  findCustomers(by: {kind: PHONE, value: $value}, purpose: PICKUP) { displayName } }"""
NO_OPENTELEMETRY = """
import sys
sys.modules["opentelemetry"] = None
from gateway.cli import main
main()
"""


@pytest.fixture(scope="module", params=["pymongo", "motor"])
def collected(request, tmp_path_factory) -> Iterator[Collected]:
    """All spans of a server that was asked a few things, and has ended."""
    folder = tmp_path_factory.mktemp("traced")
    with collecting() as found:
        settings = {"traces": found.url, "mongodb_driver": request.param}
        with serving(folder / "data", **settings) as kassa:
            bearer = {"authorization": "Bearer dev.support"}
            parent = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
            for body in (
                {"query": ORDERS % "Canary"},
                {"query": LOOK, "variables": {"value": CANARY}},
                {"query": f'{{ customer(number: "{CANARY}") {{ canary: nothing }} }}'},
            ):
                kassa.http.post("/graphql", json=body, headers={**bearer, **parent})
            kassa.http.get(f"/{CANARY}", headers=parent)
            kassa.http.get("/readyz", headers=parent)
            assert kassa.end(signal.SIGTERM) == 0
            assert "pan" not in kassa.log.read_text()  # OpenTelemetry complains of its use there
        yield found


@pytest.fixture
def operation(collected: Collected) -> Span:
    [found] = collected.named("query customer")
    return found


def test_a_request_stands_in_the_trace_of_its_caller(collected: Collected, operation: Span):
    [request] = [each for each in collected.spans if each.span_id == operation.parent_span_id]

    assert request.name == "POST /graphql"
    assert request.kind == Span.SPAN_KIND_SERVER
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, CALLER)
    assert attributes(request) == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
    }


def test_each_level_of_an_operation_is_a_span_with_its_commands(
    collected: Collected, operation: Span
):
    resolvers = [each for each in collected.spans if "kassa.parents" in attributes(each)]
    mine = {each.name: each for each in resolvers if each.trace_id == operation.trace_id}

    assert {"Query.customer", "Customer.orders", "Order.payments"} <= mine.keys()
    assert attributes(mine["Order.payments"])["kassa.parents"] == 2
    [command] = collected.below(mine["Order.payments"])
    assert (command.name, command.kind) == ("find payments", Span.SPAN_KIND_CLIENT)
    assert attributes(command) == {
        "db.system.name": "mongodb",
        "db.operation.name": "find",
        "db.collection.name": "payments",
    }
    assert attributes(operation) == {"graphql.operation.type": "query"}


def test_what_redis_is_asked_for_a_request_is_a_span(collected: Collected):
    budgets = [
        each for each in collected.spans if attributes(each).get("db.system.name") == "redis"
    ]

    assert {"EVAL", "EVALSHA"} & {each.name for each in budgets}
    assert {each.trace_id.hex() for each in budgets} == {TRACE}


def test_a_refused_operation_says_by_which_code(collected: Collected):
    [refused] = collected.named("(refused)")

    assert refused.status.code == Status.STATUS_CODE_ERROR
    assert attributes(refused)["error.type"] == "GRAPHQL_VALIDATION_FAILED"


def test_nothing_that_was_sent_is_in_a_trace(collected: Collected):
    told = b"".join(collected.bodies)

    for canary in (b"CANARY", b"anary", b"K-1001", b"070-123", b"dev.support", b"displayName"):
        assert canary not in told


def test_what_nobody_asked_for_is_not_traced(collected: Collected):
    """Neither the work beside answering nor whether the process lives."""
    assert {each.trace_id.hex() for each in collected.spans} == {TRACE}
    assert "GET /readyz" not in {each.name for each in collected.spans}
    assert "GET (unknown)" in {each.name for each in collected.spans}


def test_a_trace_says_of_whom_it_is(collected: Collected):
    assert {each["service.name"] for each in collected.resources} == {"kassa"}


def test_without_opentelemetry_there_is_a_sentence(tmp_path):
    def run(**settings: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", NO_OPENTELEMETRY, "migrate"],
            cwd=ROOT,
            env=processes.environment(data=tmp_path, **settings),
            capture_output=True,
            text=True,
            check=False,
        )

    wanted, unwanted = run(traces="http://127.0.0.1:4318"), run()

    assert wanted.returncode == 1
    assert wanted.stderr.startswith("kassa: KASSA_TRACES needs OpenTelemetry: `pip install")
    assert wanted.stderr.count("\n") == 1
    assert "Set KASSA_MONGODB_URL" in unwanted.stderr


def test_where_nothing_is_traced_our_tracing_is_not_even_imported():
    asked = "import sys, gateway.bootstrap, gateway.cli; print('gateway.tracing' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"

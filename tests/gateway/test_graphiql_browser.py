"""GraphiQL in a real Chromium: one walk through the page, and what it showed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from graphql import build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway import pages
from gateway.graphiql import build

BROWSER = Path(__file__).parents[1] / "browser"
WALK_SECONDS = 90

SCHEMA = build_schema('''
    """An amount of money, in minor units."""
    type Money { amount: Int!, currency: String! }
    enum OrderStatus { OPEN PAID SHIPPED }
    type OrderLine { sku: ID!, quantity: Int!, price: Money! }
    type Order { id: ID!, status: OrderStatus!, total: Money!, lines: [OrderLine!]! }
    type Customer { id: ID!, name: String!, orders(first: Int! = 10): [Order!]! }
    type Query {
        """The customer who asks."""
        me: Customer
        order(id: ID!): Order
    }
    type Mutation { cancelOrder(id: ID!): Order }
''')

ORDER = {
    "id": "ord_1042",
    "status": "PAID",
    "total": {"amount": 64900, "currency": "SEK"},
    "lines": [
        {"sku": "MUG-BLUE", "quantity": 2, "price": {"amount": 14900, "currency": "SEK"}},
        {"sku": "TEA-POT", "quantity": 1, "price": {"amount": 35100, "currency": "SEK"}},
    ],
}
ROOT = {
    "me": {"id": "cus_astrid", "name": "Astrid Lindqvist", "orders": [ORDER]},
    "order": ORDER,
}

MY_ORDERS = """# What did I buy, and what did it cost?
query MyOrders($first: Int!) {
  me {
    name
    orders(first: $first) {
      id
      status
      total {
        amount
        currency
      }
    }
  }
}
"""
ONE_ORDER = """query OneOrder($id: ID!) {
  order(id: $id) {
    status
    lines {
      sku
      quantity
    }
  }
}
"""
CONFIG = {
    "endpoint": "/graphql",
    "roles": [
        {"name": "shopper", "label": "Shopper Astrid Lindqvist", "token": "dev.shopper.cus_1"},
        {"name": "clerk", "label": "Clerk, Stockholm", "token": "dev.clerk.sto"},
        {"name": "stranger", "label": "Stranger", "token": "dev.stranger"},
    ],
    "examples": [
        {
            "title": "My orders",
            "role": "shopper",
            "query": MY_ORDERS,
            "variables": '{\n  "first": 5\n}',
        },
        {
            "title": "One order and its lines",
            "role": "clerk",
            "query": ONE_ORDER,
            "variables": '{\n  "id": "ord_1042"\n}',
        },
        {
            "title": "Cancel an order",
            "role": "clerk",
            "query": "mutation Cancel {\n  cancelOrder(id: 1042) {\n    status\n  }\n}\n",
            "variables": "",
        },
    ],
}
WALK = {
    "answer": "Astrid Lindqvist",
    "role": "clerk",
    "example": "One order and its lines",
    "exampleAnswer": "TEA-POT",
    "refusedRole": "stranger",
}


@pytest.fixture(scope="module")
def walk() -> dict[str, Any]:
    """What the walk through the page saw."""
    command, environ = _node(), {"KASSA_CHROMIUM": _chromium(), "KASSA_WALK": json.dumps(WALK)}
    _require_built_page()
    with _served() as url:
        return _walk(command, {**os.environ, **environ, "KASSA_URL": url})


def test_the_page_is_ready_to_run_its_first_example(walk):
    assert walk["first"]["title"] == "Kassa · GraphiQL"
    assert walk["first"]["role"] == "shopper"
    assert '"name": "Astrid Lindqvist"' in walk["first"]["answer"]


def test_no_request_leaves_the_origin(walk):
    assert walk["requests"]
    assert walk["outside"] == []


def test_the_policy_is_never_violated(walk):
    assert walk["violations"] == []


def test_the_console_stays_silent(walk):
    assert walk["errors"] == []


def test_the_editors_have_their_workers(walk):
    kinds = {Path(path).name.split(".")[0] for path in walk["workers"]}

    assert {"graphql", "json"} <= kinds


def test_another_role_sends_another_token_and_reads_the_schema_again(walk):
    assert walk["switched"]["introspection"] == "Bearer dev.clerk.sto"
    assert walk["switched"]["authorization"] == "Bearer dev.clerk.sto"


def test_an_example_opens_in_its_own_tab_as_its_role_and_runs(walk):
    assert walk["example"]["newTabs"] == 1
    assert walk["example"]["role"] == "clerk"
    assert walk["example"]["authorization"] == "Bearer dev.clerk.sto"
    assert '"sku": "TEA-POT"' in walk["example"]["answer"]


def test_completion_and_documentation_speak_of_the_schema(walk):
    assert walk["tools"]["completion"]
    assert "Query" in walk["tools"]["documentation"]


def test_failures_are_sentences(walk):
    assert "The gateway does not accept the token of this role (401)." in walk["refused"]
    assert "The gateway did not answer." in walk["offline"]


def test_the_role_is_remembered_and_no_token_is(walk):
    assert walk["remembered"] == "stranger"
    assert "dev." not in walk["stored"]
    assert walk["address"].endswith("/")


async def _graphql(request: Request) -> Response:
    authorization = request.headers.get("authorization")
    if authorization == "Bearer dev.stranger":
        return PlainTextResponse("no", 401)
    asked = await request.json()
    result = graphql_sync(
        SCHEMA,
        asked["query"],
        ROOT,
        variable_values=asked.get("variables"),
        operation_name=asked.get("operationName"),
    )
    return JSONResponse(result.formatted, media_type="application/graphql-response+json")


@contextmanager
def _served() -> Iterator[str]:
    """A toy graph behind the real pages, on a free port."""
    graph = Route("/graphql", _graphql, methods=["POST"])
    app = Starlette(routes=[graph, *pages.routes(lambda: CONFIG)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            # Connections wait in the socket's queue until the server takes them.
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


def _walk(node: Sequence[str], environ: Mapping[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [*node, "graphiql.mjs"],
        cwd=BROWSER,
        env=environ,
        capture_output=True,
        text=True,
        timeout=WALK_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _node() -> Sequence[str]:
    try:
        return build.find_tools().node
    except build.BuildError as error:
        pytest.skip(str(error))


def _chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("KASSA_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    return found or pytest.skip("there is no Chromium on PATH; KASSA_CHROMIUM may name one.")


def _require_built_page() -> None:
    if not (pages.DIST / "index.html").is_file():
        pytest.skip("the GraphiQL page was not built; run `make graphiql`.")
    if not (BROWSER / "node_modules" / "playwright-core").is_dir():
        pytest.skip("playwright-core is absent; run `npm ci` in tests/browser.")

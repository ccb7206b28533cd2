"""Six subgraphs behind Apollo's gateway answer as the one graph does.

The subgraphs are six processes of `kassa serve --subgraph` over one database.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from domain.shop import Shop
from domain.viewer import Role
from gateway.embedded import Embedded
from schema import views
from schema.fields import Column
from storage.mongo.driver import Database
from tests import node
from tests.client import Client
from tests.walks.crossings import Operation, operations

ADDRESS = re.compile(r"is at (http://[\d.:]+)")
KASSA = Path(sys.executable).parent / "kassa"
STOP_SECONDS = 15


@contextmanager
def subgraph(column: Column, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that serves one subgraph on a free port."""
    with subprocess.Popen(
        [KASSA, "serve", "--subgraph", column],
        env={**os.environ, **environment, "KASSA_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=STOP_SECONDS)


def address(process: subprocess.Popen[str]) -> str:
    """Where it says that it is."""
    assert process.stdout
    for line in process.stdout:
        if found := ADDRESS.search(line):
            return f"{found[1]}/graphql"
    raise AssertionError("the subgraph ended before it was served")


@pytest.fixture(scope="module")
def places(servers: Embedded, stocked: Database) -> Iterator[Mapping[Column, str]]:
    """Where each subgraph is served."""
    environment = {
        "KASSA_MONGODB_URL": servers.mongodb_url or "",
        "KASSA_MONGODB_DATABASE": stocked.name,
        "KASSA_REDIS_URL": servers.redis_url or "",
    }
    with ExitStack() as stack:
        started = {c: stack.enter_context(subgraph(c, environment)) for c in Column}
        yield {column: address(process) for column, process in started.items()}


@pytest.fixture(scope="module")
def asked(shop: Shop) -> Mapping[str, Operation]:
    return operations(shop)


@pytest.fixture(scope="module")
async def answers(
    places: Mapping[Column, str],
    asked: Mapping[str, Operation],
    tokens: dict[Role, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Any]:
    """What the router answers to each operation."""
    folder = tmp_path_factory.mktemp("router")
    for column in Column:
        (folder / f"{column}.graphql").write_text(views.subgraph(column).sdl)
    supergraph, questions = folder / "supergraph.graphql", folder / "operations.json"
    pairs = [f"{column}={url}" for column, url in places.items()]
    await node.run("compose.mjs", str(folder), str(supergraph), *pairs)
    written = [
        {"query": query, "variables": variables, "token": tokens.get(role)}
        for role, query, variables in asked.values()
    ]
    questions.write_text(json.dumps(written))
    answered = json.loads(await node.run("router.mjs", str(supergraph), str(questions)))
    return dict(zip(asked, answered, strict=True))


NAMES = [
    "customer to stock",
    "node",
    "nodes of every type",
    "availability",
    "refunds",
    "payments",
    "stock levels",
    "a family by phone",
    "search",
    "a shopper's own",
    "a partner's orders",
]


@pytest.mark.parametrize("name", NAMES)
async def test_the_router_answers_as_the_one_graph(
    kassa: Client,
    tokens: dict[Role, str],
    asked: Mapping[str, Operation],
    answers: Mapping[str, Any],
    name: str,
):
    role, query, variables = asked[name]

    whole = await kassa.ask(query, tokens.get(role), **variables)

    assert answers[name] == {"data": whole}
    assert any(whole.values())


def test_every_operation_is_compared(asked: Mapping[str, Operation]):
    assert list(asked) == NAMES

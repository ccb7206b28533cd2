"""The console in a real Chromium over real gateways: one walk through it, and what it showed."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient

from gateway import pages
from gateway.embedded import Embedded
from storage.mongo.driver import Database
from tests import node
from tests.channels.conftest import CHANNELS, ENVIRONMENT, NOBODY, WEBHOOK
from tests.channels.paying import event, signs
from tests.making import an_incident, opened
from tests.processes import Serving, serving

pytestmark = pytest.mark.timeout(300)
"""The first test waits for the whole walk."""

RESERVE = """mutation { reserveStock(input: {idempotencyKey: "%s", lines: [
  {sku: "MUG-FJORD-MOSS", location: "%s", quantity: 1}]}) { userErrors { message } } }"""


@pytest.fixture(scope="module")
def walk(servers: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the walk through the console saw."""
    environ = {"KASSA_CHROMIUM": node.chromium()}
    node.require_built(pages.CONSOLE)
    node.require_built(pages.GRAPHIQL)
    folder = tmp_path_factory.mktemp("console")
    settings = {
        "mongodb_url": servers.mongodb_url,
        "redis_url": servers.redis_url,
        "mongodb_database": f"console_{secrets.token_hex(4)}",
        "channels": folder / "channels.toml",
    }
    (folder / "channels.toml").write_text(CHANNELS.format(url=NOBODY))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        for name, value in ENVIRONMENT.items():
            patched.setenv(name, value)
        other = stack.enter_context(serving(folder / "other", **settings))
        asyncio.run(_something_happens(settings))
        stage = Stage(stack, other, folder, settings)
        yield stage.played(environ)
    with MongoClient(servers.mongodb_url) as client:
        client.drop_database(settings["mongodb_database"])


async def _something_happens(settings: dict[str, Any]) -> None:
    database = Database(settings["mongodb_url"], settings["mongodb_database"])
    await opened(database, an_incident())
    await database.close()


class Stage:
    """Two gateways on one database: the browser's, which is killed on the way, and another."""

    def __init__(
        self, stack: ExitStack, other: Serving, folder: Path, settings: dict[str, Any]
    ) -> None:
        self._stack, self._other = stack, other
        self._folder, self._settings = folder, settings
        self._shown = self._start(0)

    def played(self, environ: dict[str, str]) -> dict[str, Any]:
        """What the program printed last, after each of its wishes was granted."""
        program = [node.installed(node.BROWSER), str(node.BROWSER / "console.mjs")]
        with subprocess.Popen(
            program,
            env={**os.environ, **environ, "KASSA_URL": f"{self._shown.url}/"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdin
                assert process.stdout
                for line in process.stdout:
                    if line.startswith("{"):
                        return json.loads(line)
                    self._grant(line.strip())
                    process.stdin.write("done\n")
                    process.stdin.flush()
                raise AssertionError(process.stderr and process.stderr.read())
            finally:
                process.kill()

    def _grant(self, wish: str) -> None:
        match wish:
            case "POST":
                self._post()
            case "STOP":
                self._shown.end(signal.SIGKILL)
            case "SELL":
                self._sell()
            case "START":
                self._shown = self._start(urlsplit(self._shown.url).port or 0)
            case _:
                raise AssertionError(wish)

    def _start(self, port: int) -> Serving:
        data = self._folder / f"shown-{secrets.token_hex(2)}"
        return self._stack.enter_context(serving(data, port=port, **self._settings))

    def _post(self) -> None:
        body = event("ev_1", "payment.polished")
        signed = signs(body, WEBHOOK, datetime.now(UTC))
        answer = self._other.http.post("/webhooks/penny-nl", content=body, headers=signed)
        assert answer.status_code == 200, answer.text

    def _sell(self) -> None:
        places = self._other.ask("{ locations { id code } }")["data"]["locations"]
        [helsinki] = [place["id"] for place in places if place["code"] == "HEL"]
        for n in range(3):
            answer = self._other.ask(RESERVE % (f"away {n}", helsinki), role="system")
            assert answer["data"]["reserveStock"]["userErrors"] == []


def test_a_sale_in_one_window_changes_the_other(
    walk: dict[str, Any], record_property: Callable[[str, object], None]
):
    """How soon is told, not tested: the walk itself waits for it, and fails if it never comes."""
    record_property("milliseconds", walk["sale"]["milliseconds"])

    assert walk["sale"]["free"] == 10
    assert walk["sale"]["left"].startswith("14:") or walk["sale"]["left"].startswith("15:")


def test_a_refused_reservation_shows_where_else_there_is_stock(walk: dict[str, Any]):
    refusal = walk["refusal"]

    assert "4" in refusal["sentence"]
    assert any("Örebro" in place for place in refusal["places"])
    assert refusal["there"] != "Reserve at Fjord & Bean Malmö Möllan"
    assert refusal["there"].startswith("Reserve at ")


def test_a_telephone_number_leads_to_a_person_their_order_and_its_money(walk: dict[str, Any]):
    assert len(walk["found"]["names"]) == 3
    assert "refund" in walk["found"]["operations"]
    assert "1,00" in walk["found"]["operations"]
    assert "refund" in walk["found"]["timeline"].lower()


def test_the_first_key_leads_past_the_navigation(walk: dict[str, Any]):
    assert walk["keyboard"] == {"first": "Skip to content", "then": "MAIN"}


def test_axe_finds_no_serious_fault_light_or_dark(walk: dict[str, Any]):
    assert len(walk["looks"]) == 7
    for page, look in walk["looks"].items():
        assert (look["light"], look["dark"]) == ([], []), page
    assert walk["refusal"]["faults"] == []


def test_no_page_is_wider_than_a_telephone(walk: dict[str, Any]):
    assert {page: look["wider"] for page, look in walk["looks"].items() if look["wider"] > 0} == {}


def test_no_request_leaves_the_origin_and_the_policy_holds(walk: dict[str, Any]):
    assert any(address.startswith("ws:") for address in walk["requests"])
    assert walk["outside"] == []
    assert walk["violations"] == []
    assert walk["errors"] == []


def test_a_server_that_was_away_is_missed_and_nothing_else_is(walk: dict[str, Any]):
    away = walk["away"]

    assert away["lost"].startswith("Not connected. What you see is how it was at ")
    assert away["stale"] == away["before"]
    assert away["back"] == "Back, and nothing was missed."
    assert away["journal"].count("Units were reserved.") == 3


def test_the_graph_page_tells_a_subscription_and_the_plan_of_a_query(walk: dict[str, Any]):
    assert walk["graph"]["role"] == "support"
    assert set(walk["graph"]["extensions"]) == {"cost", "plan"}
    assert "onHand" in walk["graph"]["told"]


def test_a_delivery_that_waits_for_a_person_is_shown_with_its_reason(walk: dict[str, Any]):
    channel = walk["channel"]

    assert "Last heard" in channel["before"]
    assert "Parked deliveries" not in channel["before"]
    assert "The adapter does not know what type means here." in channel["after"]
    assert "penny-nl:ev_1" in channel["after"]
    assert channel["faults"] == []


def test_an_incident_is_shown_to_those_who_may_look_and_closed(walk: dict[str, Any]):
    assert "unknown word" in walk["incident"]["told"]
    assert "A word that nobody knows." in walk["incident"]["told"]
    assert walk["incident"]["faults"] == []
    assert "Stock that runs low" in walk["switched"]["panels"]
    assert "Incidents" not in walk["switched"]["panels"]


def test_another_role_asks_with_its_token_and_no_token_is_kept(walk: dict[str, Any]):
    assert walk["switched"]["authorization"].startswith("Bearer dev.finance")
    assert "dev." not in walk["switched"]["stored"]

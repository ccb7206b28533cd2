"""A server whose figures may be read, and which has been asked this and that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest

from tests import processes
from tests.observing.scraping import scrape
from tests.processes import Serving, serving

REGISTERED = "query ForTheTill { channels { code } }"
RESERVE = """mutation { reserveStock(input: {idempotencyKey: "%s", lines: [
  {sku: "MUG-FJORD-MOSS", location: "loc_01JGFJJZ00RGRKCK36AA8N2JNB", quantity: %d}]}) {
  userErrors { code } } }"""
ASKED = 5
WORKERS = 2
SUPPORT = {"authorization": "Bearer dev.support", "accept": "text/event-stream, application/json"}
CHANNELS = """
[channels.cards]
kind = "stripe"
account = "acct_1"
channel = "CARDS"
base_url = "http://127.0.0.1:9"
key = {{ file = "{secret}" }}
secrets = [{{ file = "{secret}" }}]
poll_seconds = 10

[channels.shop]
kind = "shopify"
account = "shop.myshopify.com"
channel = "SHOP"
base_url = "http://127.0.0.1:9"
key = {{ file = "{secret}" }}
secrets = [{{ file = "{secret}" }}]
locations = {{ "7" = "{place}" }}
push_stock = true
"""
"""Nobody is at that port."""
WATCH = {"query": 'subscription { stockChanged(skus: ["MUG-FJORD-MOSS"]) { kind } }'}


@pytest.fixture(scope="package")
def manifest(tmp_path_factory) -> Path:
    digest = sha256(REGISTERED.encode()).hexdigest()
    operation = {"id": digest, "name": "ForTheTill", "type": "query", "body": REGISTERED}
    found = tmp_path_factory.mktemp("documents") / "manifest.json"
    found.write_text(
        json.dumps(
            {
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [operation],
            }
        )
    )
    return found


@pytest.fixture(scope="package")
def channels(tmp_path_factory) -> Path:
    """A payment provider that nobody reaches."""
    folder = tmp_path_factory.mktemp("channels")
    secret, found = folder / "secret", folder / "channels.toml"
    secret.write_text("whsec_" + "0" * 32)
    found.write_text(CHANNELS.format(secret=secret, place="STO"))
    return found


@pytest.fixture(scope="package")
def kassa(tmp_path_factory, manifest, channels) -> Iterator[Serving]:
    """Two server processes."""
    data = tmp_path_factory.mktemp("observed") / "data"
    settings = {"metrics": "127.0.0.1:0", "documents": manifest, "channels": channels}
    with serving(data, "--workers", str(WORKERS), **settings) as found:
        traffic(found)
        processes.until(lambda: scrape(found).value("kassa_operations_total") == ASKED)
        yield found


def traffic(kassa: Serving) -> None:
    """A little of everything; `ASKED` operations, which are counted a little later."""
    asked = (REGISTERED, "{ __schema { types { name } } }", "{ nothing }")
    for query in (*asked, RESERVE % ("a", 1), RESERVE % ("b", 1_000)):
        kassa.ask(query, "system")
    with kassa.http.stream("POST", "/graphql", json=WATCH, headers=SUPPORT) as told:
        assert "SNAPSHOT" in next(line for line in told.iter_lines() if "data:" in line)
    posted = [kassa.http.post(f"/webhooks/{name}", json={}) for name in ("cards", "canary")]
    assert {each.status_code for each in posted} == {401}
    nobody = httpx2.post(f"{kassa.url}/graphql", json=WATCH, headers={"authorization": "Bearer x"})
    assert nobody.status_code == 401

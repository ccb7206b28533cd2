"""Signing in to the console in a real Chromium: at an OpenID provider, and with a token."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway import bootstrap, pages
from gateway.bootstrap.admitting import providers
from gateway.settings import Settings
from storage.mongo.driver import Database
from tests import node
from tests.gateway.serving import served
from tests.peers.issuer import Peer, toml
from tests.walks import applications

STAFF = ('role = "support"', 'console = { client = "kassa-console" }')


@pytest.fixture(scope="module")
async def visit(stocked: Database, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser saw, and what the provider was asked."""
    environ = {"KASSA_CHROMIUM": node.chromium()}
    node.require_built(pages.CONSOLE)
    peer = Peer()
    path = tmp_path_factory.mktemp("issuers") / "issuers.toml"
    async with served(peer.application) as peer.url:
        path.write_text(toml(peer.url, STAFF))
        settings = Settings(issuers=path)
        door = bootstrap.door(settings, stocked)
        application = applications.application(
            stocked,
            settings,
            page_config=lambda: {"roles": []},
            providers=providers(settings),
            door=door,
        )
        async with served(application) as address:
            environ["KASSA_URL"] = f"{address}/"
            seen = json.loads(await node.run("signin.mjs", project=node.BROWSER, environ=environ))
        await door.close()
    return {**seen, "peer": peer.url, "asked": peer.asked}


def test_who_signs_in_at_the_provider_comes_back_to_where_they_were(visit: dict[str, Any]):
    assert visit["asked"].count("authorize") == 1
    assert "Anna Clerk" in visit["inside"]["who"]
    assert visit["inside"]["address"].endswith("/#/stock")
    assert visit["inside"]["products"]


def test_a_token_is_kept_by_its_tab_alone(visit: dict[str, Any]):
    assert visit["inside"]["lasting"] == "{}"
    assert "kassa:token" not in visit["kept"]


def test_a_token_that_is_refused_is_a_sentence(visit: dict[str, Any]):
    assert "credentials" in visit["refused"]


def test_a_code_that_nobody_asked_for_is_refused(visit: dict[str, Any]):
    assert visit["forged"] == "This sign-in was not begun here. Begin anew."


def test_nobody_else_is_asked_than_the_provider(visit: dict[str, Any]):
    assert visit["violations"] == []
    assert visit["elsewhere"]
    assert [each for each in visit["elsewhere"] if not each.startswith(visit["peer"])] == []

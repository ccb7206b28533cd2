"""Credentials over HTTP: what a client reads when they are good, bad, or cannot be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.viewer import Role
from gateway import auth, bootstrap
from gateway.identity.admission import REFUSED
from gateway.settings import Env, Settings
from storage.mongo.driver import Database
from tests.client import Client
from tests.gateway.serving import served
from tests.peers.issuer import Peer, toml
from tests.walks.applications import application

ORDERS = "{ orders(first: 1) { edges { node { number } } } }"


@pytest.fixture
async def peer():
    found = Peer()
    async with served(found.application) as url:
        found.url = url
        yield found


@pytest.fixture
async def kassa(stocked: Database, peer: Peer, tmp_path: Path):
    """The demo shop, which takes the tokens of one issuer."""
    path = tmp_path / "issuers.toml"
    path.write_text(toml(peer.url))
    door = bootstrap.door(Settings(issuers=path), stocked)
    async with Client(application(stocked, door=door)) as client:
        yield client
    await door.close()


async def sent(kassa: Client, token: str):
    headers = {"authorization": f"Bearer {token}"}
    return await kassa.http.post("/graphql", json={"query": ORDERS}, headers=headers)


async def test_a_token_of_an_issuer_opens_what_its_role_may_see(kassa: Client, peer: Peer):
    data = await kassa.ask(ORDERS, peer.token())

    assert data["orders"]["edges"]


async def test_a_bad_token_is_a_401_that_says_nothing(kassa: Client, peer: Peer):
    for token in (peer.token(aud="other"), peer.token(exp=1), "x", peer.token()[:-9]):
        answer = await sent(kassa, token)

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json() == {
            "errors": [{"message": REFUSED, "extensions": {"code": "UNAUTHENTICATED"}}]
        }


async def test_when_the_issuer_is_down_at_first_one_is_told_to_come_back(kassa, peer):
    peer.fault = "down"

    answer = await sent(kassa, peer.token())

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_development_tokens_prove_nothing_in_production(stocked: Database):
    settings = Settings(env=Env.PRODUCTION)
    async with Client(application(stocked, settings)) as client:
        answer = await sent(client, auth.token(Role.SYSTEM))
        page = await client.http.get("/", headers={"accept": "text/html"})

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"] == REFUSED
    assert page.status_code == 404

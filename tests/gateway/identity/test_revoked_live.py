"""A key is revoked or changed, and what it had open ends: through a real server, by itself."""

from __future__ import annotations

from asyncio import to_thread
from datetime import UTC, datetime

import pytest

from domain.api_keys import Mode
from gateway import bootstrap
from gateway.embedded import Embedded
from gateway.identity.vigil import CHANGED
from gateway.settings import Settings
from storage.mongo.api_keys import MongoApiKeys
from storage.mongo.driver import Database
from storage.mongo.journal.following import MongoFollowing
from tests.gateway.identity.test_keyring import CHANNEL, Keys
from tests.gateway.live.board import talking
from tests.gateway.serving import served
from tests.processes import run
from tests.walks.applications import application

ORDERS = f'subscription {{ orderUpdated(channel: "{CHANNEL}") {{ kind }} }}'


@pytest.fixture
async def address(database: Database):
    door = bootstrap.door(Settings(), database)
    following = MongoFollowing(database)
    live = application(database, door=door, following=following)
    async with served(live, lifespan="on") as found:
        yield found


async def test_a_revoked_key_loses_its_socket_and_another_does_not(address, database: Database):
    pepper = (await bootstrap.peppers(Settings(), database))[0]
    keys = Keys(database)
    key, text = await keys.make(Mode.TEST, pepper)
    _, other = await keys.make(Mode.TEST, pepper)

    async with talking(address, text) as talk, talking(address, other) as others:
        await MongoApiKeys(database).revoke(key, datetime.now(UTC))

        assert (await talk.closed())[0] == 4401
        await others.tell("ping")
        assert await others.hear() == {"type": "pong"}


async def test_a_key_whose_scopes_change_is_sent_away_and_comes_back_with_less(
    servers: Embedded, address, database: Database
):
    pepper = (await bootstrap.peppers(Settings(), database))[0]
    key, text = await Keys(database).make(Mode.TEST, pepper)
    there = {"mongodb_url": servers.mongodb_url, "mongodb_database": database.name}

    async with talking(address, text) as talk:
        await talk.tell("subscribe", id="1", payload={"query": ORDERS})
        assert (await talk.hear())["payload"]["data"] == {"orderUpdated": {"kind": "SNAPSHOT"}}
        await to_thread(run, "keys", "scopes", key, "--scope", "catalog", **there)

        code, reason = await talk.closed()
        assert (code, reason) == (4403, CHANGED)

    async with talking(address, text) as talk:
        await talk.tell("subscribe", id="1", payload={"query": ORDERS})
        refused = await talk.hear()
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["code"] == "FORBIDDEN"

"""A key is revoked, and what it had open ends: through a real server, with nobody's help."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.api_keys import Mode
from gateway import bootstrap
from gateway.settings import Settings
from storage.mongo.api_keys import MongoApiKeys
from storage.mongo.driver import Database
from tests.gateway.identity.test_keyring import Keys
from tests.gateway.live.board import talking
from tests.gateway.serving import served
from tests.walks.applications import application


@pytest.fixture
async def address(database: Database):
    door = bootstrap.door(Settings(), database)
    async with served(application(database, door=door), lifespan="on") as found:
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

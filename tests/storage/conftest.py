"""The demo shop, read by a connection that is listened to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.embedded import Embedded
from storage.mongo.driver import Database
from tests.storage.explaining import Asker
from tests.storage.listening import Told


@pytest.fixture(scope="module")
async def asker(servers: Embedded, stocked: Database) -> AsyncIterator[Asker]:
    listener = Told()
    database = Database(servers.mongodb_url or "", stocked.name, listeners=[listener])
    yield Asker(database, listener)
    await database.close()

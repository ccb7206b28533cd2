"""MongoDB does what it is asked, and its answer is lost on the way: the driver asks once more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo.monitoring import CommandListener

from gateway.embedded import Embedded
from gateway.embedded.server import HOST, free_port
from storage.mongo.driver import Database
from tests.chaos.proxy import Proxy
from tests.trading import SYSTEM, Trading, counted, gateway, more, mugs, tender, text_of

ASKED = {
    "adjustStock": ("commitTransaction", {"changes": [more(3)]}),
    "countStock": ("commitTransaction", {"counts": [counted(7)]}),
    "reserveStock": ("findAndModify", {"lines": [mugs(1)]}),
    "recordPayment": ("commitTransaction", tender()),
}
"""By which command each is done."""


class Losing(CommandListener):
    """Loses the answer to the first command of a name."""

    def __init__(self, way: Proxy, name: str) -> None:
        self.asked = asyncio.Event()
        self._way = way
        self._name = name

    def started(self, event: Any) -> None:
        if event.command_name == self._name and not self.asked.is_set():
            self._way.hold(only_answers=True)
            self.asked.set()

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...


@pytest.fixture
async def way(servers: Embedded) -> AsyncIterator[Proxy]:
    """A way to the server on which answers may be lost."""
    proxy = Proxy(free_port(), urlsplit(servers.mongodb_url or "").port or 0)
    await proxy.open()
    yield proxy
    proxy.close()


@pytest.mark.parametrize("mutation", ASKED)
async def test_what_was_done_and_not_heard_of_is_heard_of(
    stall: Trading, way: Proxy, mutation: str
):
    done_by, given = ASKED[mutation]
    losing = Losing(way, done_by)
    url = f"mongodb://{HOST}:{way.port}/?directConnection=true"
    database = Database(url, stall.database.name, listeners=[losing])
    text, key = text_of(mutation), {"idempotencyKey": "a-key"}

    async with gateway(database) as deaf:
        asked = asyncio.create_task(deaf.post(text, SYSTEM, input={**key, **given}))
        await losing.asked.wait()
        while not await stall.told():  # noqa: ASYNC110  # the update sets no event of ours
            await asyncio.sleep(0.01)
        way.cut()
        way.release()
        answer = await asked
    await database.close()

    assert "errors" not in answer, answer
    assert answer["data"]["done"]["userErrors"] == []
    assert len(await stall.told()) == 1

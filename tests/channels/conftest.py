"""A small shop with an account at Penny, behind a gateway that takes her deliveries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commands.channels import applying
from domain.channels.accounts import Secret
from gateway import app, upkeep
from gateway.bootstrap import channels
from gateway.channels.configuring import Configuration, load
from gateway.settings import Settings
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.payments import PAYMENTS
from storage.mongo.stores import MongoStores
from tests.channels.paying import signs
from tests.trading import Trading

WEBHOOK = Secret("webhook-secret-of-penny")
OLDER = Secret("webhook-secret-before-that")
ENVIRONMENT = {
    "PENNY_KEY": "key-at-penny-0123",
    "PENNY_WEBHOOK": WEBHOOK.reveal(),
    "PENNY_WEBHOOK_OLD": OLDER.reveal(),
}
CHANNELS = """
[channels.penny-nl]
kind = "tests.channels.penny"
account = "acct_nl"
channel = "PENNY"
title = "Penny, Netherlands"
base_url = "{url}"
key = {{ env = "PENNY_KEY" }}
secrets = [{{ env = "PENNY_WEBHOOK" }}, {{ env = "PENNY_WEBHOOK_OLD" }}]
currency = "EUR"
poll_seconds = 1
"""

NOBODY = "http://127.0.0.1:9"


def configured(folder: Path, url: str = NOBODY) -> Configuration:
    """The configuration of one account at Penny."""
    path = folder / "channels.toml"
    path.write_text(CHANNELS.format(url=url))
    return load(path, is_development=True, environ=ENVIRONMENT)


class Desk:
    """A gateway that takes deliveries, with its workers at hand."""

    def __init__(self, database: Database, lines: channels.Lines, http: httpx2.AsyncClient) -> None:
        self.database, self.lines, self.http = database, lines, http
        self.parts = channels.receiving(database, MongoStores(database))

    async def deliver(
        self, body: bytes, secret: Secret = WEBHOOK, endpoint: str = "penny-nl", **headers: str
    ) -> httpx2.Response:
        """Post a delivery as Penny does, now."""
        signed = {**signs(body, secret, datetime.now(UTC)), **headers}
        return await self.http.post(f"/webhooks/{endpoint}", content=body, headers=signed)

    async def work(self) -> None:
        """Apply what is due, until nothing is."""
        while await applying.work(self.parts, self.lines, 50):
            pass

    async def come(self) -> None:
        """Let all that waits be due now."""
        at = datetime(2020, 1, 1, tzinfo=UTC)
        await self.database.change_all(INBOX.name, {"state": "WAITING"}, {"$set": {"due": at}})

    async def rows(self, **where: Any) -> list[dict[str, Any]]:
        """What stands in the inbox."""
        return await self.database.find(INBOX.name, where, sort=[("received_at", 1), ("_id", 1)])

    async def payments(self) -> list[dict[str, Any]]:
        return await self.database.find(PAYMENTS.name, {}, sort=[("_id", 1)])

    async def incidents(self, **where: Any) -> list[dict[str, Any]]:
        return await self.database.find(INCIDENTS.name, where, sort=[("_id", 1)])


@asynccontextmanager
async def desk_over(database: Database, found: Configuration):
    """A desk over a database."""
    settings, stores = Settings(), MongoStores(database)
    async with channels.connected(settings, database, stores, found) as lines:
        webhooks, asking = channels.doors(database, stores)
        webhooks.lines = asking.lines = lines
        application = app.build(
            settings,
            views.unified(),
            MongoRepositories(database),
            stores,
            checks={},
            page_config=dict,
            webhooks=webhooks,
            asking=asking,
        )
        transport = httpx2.ASGITransport(app=application)
        async with httpx2.AsyncClient(transport=transport, base_url="http://kassa") as http:
            yield Desk(database, lines, http)
        await upkeep.ended(asking.close())


@pytest.fixture
async def desk(stall: Trading, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_over(stall.database, configured(tmp_path)) as found:
        await stall.database.delete(INBOX.name, {})
        await stall.database.delete(INCIDENTS.name, {})
        yield found

"""The web application over a database that is there, as the settings say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from gateway import app
from gateway.settings import Settings
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.stores import MongoStores
from tests.client import Client


def application(database: Database, settings: Settings | None = None, **parts: Any) -> Starlette:
    """Everything that users come to; `parts` are other arguments of `app.build`."""
    return app.build(
        settings or Settings(),
        views.unified(),
        MongoRepositories(database),
        MongoStores(database),
        **{"checks": {}, "page_config": dict, **parts},
    )


@asynccontextmanager
async def clients(database: Database) -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    """Makes clients of applications with these settings; they are closed in the end."""
    async with AsyncExitStack() as open_ones:

        async def opened(**settings: Any) -> Client:
            client = Client(application(database, Settings(**settings)))
            return await open_ones.enter_async_context(client)

        yield opened

"""A shop that is traded in, and subscribers who listen to it through a hub of their own."""

from __future__ import annotations

import socket
from asyncio import Event, timeout
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import orjson
import pytest

from domain.viewer import SYSTEM, Viewer
from gateway import app, auth, upkeep
from gateway.answering import Graph
from gateway.contexts import contexts
from gateway.execution.engine import Engine, Outcome
from gateway.identity.admission import plainly
from gateway.live.hub import Hub, Parts
from gateway.live.mailbox import Mailbox
from gateway.live.streams import Stream, Wanted
from gateway.settings import Settings
from gateway.wiring import WIRING
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.journal.following import MongoFollowing
from storage.mongo.journal.leader import Leader
from storage.mongo.migrate import WITH_OUTBOX
from storage.mongo.stores import MongoStores
from tests import pypi
from tests.gateway.serving import served
from tests.trading import Trading

PATIENCE_SECONDS = 10


class Listener:
    """A subscriber: what it was told, and what it is told next."""

    def __init__(self) -> None:
        self._mail = Event()
        self.mailbox = Mailbox(self._mail.set)
        self.stream: Stream | None = None
        self.told: list[Any] = []
        self._read = 0

    async def next(self, *, beats: bool = False) -> Any:
        """The next event, but for heartbeats."""
        async with timeout(PATIENCE_SECONDS):
            while True:
                while self._read < len(self.told):
                    self._read += 1
                    if beats or self.told[self._read - 1]["kind"] != "HEARTBEAT":
                        return self.told[self._read - 1]
                await self._collect()

    async def ending(self) -> Any:
        """Why nothing more comes."""
        async with timeout(PATIENCE_SECONDS):
            while self.mailbox.end is None:
                await self._collect()
        self._take()
        return orjson.loads(self.mailbox.end.errors or b"[]")

    async def _collect(self) -> None:
        await self._mail.wait()
        self._mail.clear()
        self._take()

    def _take(self) -> None:
        for message in self.mailbox.take():
            answer = orjson.loads(message.payload)
            assert "errors" not in answer, answer
            [event] = answer["data"].values()
            assert event["cursor"] == message.cursor
            self.told.append(event)


Subscribe = Callable[..., Awaitable[Listener]]


class Listening:
    """Opens subscriptions with one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def ask(
        self, query: str, viewer: Viewer = SYSTEM, after: str | None = None, **variables: Any
    ) -> tuple[Listener, Stream | Outcome]:
        listener = Listener()
        wanted = Wanted(query, None, variables, viewer, after)
        return listener, await self.hub.open(wanted, listener.mailbox)

    async def open(self, query: str, viewer: Viewer = SYSTEM, **variables: Any) -> Listener:
        listener, stream = await self.ask(query, viewer, **variables)
        assert not isinstance(stream, Outcome), stream.errors
        listener.stream = stream
        return listener

    async def refused(self, query: str, viewer: Viewer = SYSTEM, **variables: Any) -> Any:
        _, outcome = await self.ask(query, viewer, **variables)
        assert isinstance(outcome, Outcome)
        assert not outcome.executed
        [error] = outcome.errors
        return error.extensions["code"], error.message


def hub_of(database: Database) -> Hub:
    view = views.unified()
    repositories = MongoRepositories(database)

    engine = Engine(view.core, WIRING)
    graph = Graph(
        engine,
        who=plainly(auth.viewer),
        context=contexts(view, repositories, MongoStores(database), "SE"),
    )
    return Hub(Parts(graph, MongoFollowing(database), repositories))


@asynccontextmanager
async def listening(database: Database) -> AsyncIterator[Listening]:
    hub = hub_of(database)
    journal = {"journal": (Leader(database, WITH_OUTBOX).append, 0.005)}
    async with upkeep.running(journal), hub.running():
        yield Listening(hub)


@pytest.fixture
async def ears(stall: Trading) -> AsyncIterator[Listening]:
    """Subscriptions to the shop of `stall`, whose journal is kept meanwhile."""
    async with listening(stall.database) as found:
        yield found


Serve = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
async def serve(stall: Trading) -> AsyncIterator[Serve]:
    """Starts a gateway to the shop, at the same address each time; takes arguments of `build`."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    @asynccontextmanager
    async def started(**parts: Any) -> AsyncIterator[str]:
        built = app.build(
            Settings(),
            views.unified(),
            MongoRepositories(stall.database),
            MongoStores(stall.database),
            checks={},
            page_config=dict,
            following=MongoFollowing(stall.database),
            **parts,
        )
        async with served(built, port=port, lifespan="on") as address:
            yield address

    jobs = {"journal": (Leader(stall.database, WITH_OUTBOX).append, 0.005)}
    async with upkeep.running(jobs):
        yield started


@pytest.fixture(scope="session")
def python() -> str:
    """An interpreter that has `gql`."""
    return pypi.interpreter()

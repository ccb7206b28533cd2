"""Real MongoDB and Redis, started once; each test that writes has a database of its own.

The tests of storage and the walks run on both MongoDB drivers, all others on PyMongo's;
`--driver` chooses one for all.
"""

from __future__ import annotations

import io
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from pymongo.monitoring import CommandListener

from adapters import demo
from domain.ids import ChannelId
from domain.shop import Shop
from domain.viewer import Role
from gateway import app, embedded, logs
from gateway.embedded import Embedded
from gateway.settings import Settings
from gateway.welcome import Welcome, welcome
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database, Driver
from storage.mongo.migrate import migrate
from storage.mongo.shelf import MongoShelf
from storage.mongo.stores import MongoStores
from storage.redis import Bell
from tests.client import Client
from tests.making import a_link_of, an_incident, connected, linked, opened
from tests.trading import Trading, shelve, trading

UNTIL = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""The instant up to which the tests' demo shop has traded."""


DRIVERS: tuple[Driver, ...] = get_args(Driver)
ON_BOTH = [Path(__file__).parent / room for room in ("storage", "walks")]

logs.configure(for_people=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--driver",
        choices=DRIVERS,
        help="the only MongoDB driver to test (default: where due, both)",
    )
    parser.addoption(
        "--first-seed", type=int, default=0, help="where the seeds of generated cases begin"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Has each test that reaches a database say on which driver; with one only, silently."""
    if "driver" not in metafunc.fixturenames:
        return
    path = metafunc.definition.path
    due = DRIVERS if any(path.is_relative_to(room) for room in ON_BOTH) else DRIVERS[:1]
    only = metafunc.config.getoption("driver")
    names = (only,) if only else due
    shown = names if len(names) > 1 else [pytest.HIDDEN_PARAM]
    metafunc.parametrize("driver", names, indirect=True, ids=shown, scope="session")


@pytest.fixture(scope="session")
def driver(request: pytest.FixtureRequest) -> Driver:
    """The MongoDB client that this test runs on."""
    return request.param


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with embedded.running(Path(tmp_path_factory.mktemp("servers"))) as found:
        yield found


class Reads(CommandListener):
    """Counts what is asked of MongoDB."""

    COUNTED = frozenset({"find", "aggregate", "getMore", "count", "distinct"})

    def __init__(self) -> None:
        self.commands: list[str] = []

    def started(self, event: Any) -> None:
        if event.command_name in self.COUNTED:
            self.commands.append(event.command_name)

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...

    def __len__(self) -> int:
        return len(self.commands)

    def forget(self) -> None:
        self.commands.clear()


@pytest.fixture(scope="session")
def reads() -> Reads:
    """The reads of the shared demo shop's database."""
    return Reads()


@pytest.fixture
async def database(servers: Embedded, driver: Driver) -> AsyncIterator[Database]:
    """An empty, migrated database of this test alone."""
    assert servers.mongodb_url
    found = Database(servers.mongodb_url, f"test_{secrets.token_hex(6)}", driver=driver)
    await migrate(found)
    yield found
    await found.drop()
    await found.close()


@pytest.fixture
async def shelf(servers: Embedded, driver: Driver) -> AsyncIterator[Trading]:
    """A small shop that may be traded in, behind one gateway."""
    assert servers.mongodb_url
    async with trading(servers.mongodb_url, driver) as found:
        yield found


@pytest.fixture(scope="session")
async def _stall(servers: Embedded, driver: Driver) -> AsyncIterator[Trading]:
    assert servers.mongodb_url
    async with trading(servers.mongodb_url, driver, gateways=3, with_upkeep=False) as found:
        yield found


@pytest.fixture
async def stall(_stall: Trading) -> Trading:
    """The same small shop behind three gateways, without upkeep: one database, filled anew."""
    await shelve(_stall.database)
    return Trading(_stall.databases, _stall.gateways)


@pytest.fixture(scope="session")
def shop() -> Shop:
    """The demo shop, as values."""
    return demo.shop(UNTIL)


@pytest.fixture(scope="session")
async def stocked(
    servers: Embedded, driver: Driver, shop: Shop, reads: Reads
) -> AsyncIterator[Database]:
    """The demo shop in a database that no test may write to."""
    assert servers.mongodb_url
    found = Database(servers.mongodb_url, f"demo_{driver}", driver=driver, listeners=[reads])
    await migrate(found)
    await MongoShelf(found).fill(shop)
    await opened(found, an_incident(channel_id=shop.channels[0].id))
    await linked(found, a_link_of(shop))
    await connected(found, ChannelId(shop.channels[0].id))
    yield found
    await found.close()


@pytest.fixture(scope="session")
async def offers(stocked: Database) -> Welcome:
    """The roles and examples that a developer is offered."""
    return await welcome(MongoRepositories(stocked), views.unified())


@pytest.fixture(scope="session")
async def kassa(servers: Embedded, stocked: Database, offers: Welcome) -> AsyncIterator[Client]:
    """The web application over the demo shop; `ask` it as anybody."""
    assert servers.redis_url
    bell = Bell(servers.redis_url)
    application = app.build(
        Settings(),
        views.unified(),
        MongoRepositories(stocked),
        MongoStores(stocked),
        checks={"mongodb": stocked.ping, "redis": bell.ping},
        page_config=offers.page_config,
    )
    async with Client(application) as client:
        yield client
    await bell.close()


@pytest.fixture(scope="session")
def tokens(offers: Welcome) -> dict[Role, str]:
    """A development token for each role but anonymous."""
    return {guise.name: guise.token for guise in offers.roles}


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, as production writes it."""
    written, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure(for_people=False)
    [handler] = root.handlers
    handler.setStream(written)  # type: ignore[attr-defined]
    yield written
    root.handlers[:] = before
    root.setLevel(level)
    logs.configure(for_people=True)

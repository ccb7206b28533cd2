"""A small shop that may be traded in: a database of its own, and as many gateways as wanted.

Mugs are at two stores and in a warehouse. Each gateway is an application with its own stores and
connections, as another process would have; the upkeep runs once, unless a test wants none.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from domain.ids import Kind
from domain.viewer import Role
from gateway import app, auth, bootstrap, upkeep
from gateway.settings import Settings
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.catalog import LOCATIONS, product_document
from storage.mongo.driver import Database, Driver
from storage.mongo.journal.leader import Leader
from storage.mongo.migrate import WITH_OUTBOX, migrate
from storage.mongo.operations import CHANNELS
from storage.mongo.orders import order_document
from storage.mongo.stock import LEVELS
from storage.mongo.stock.opening import level_document
from storage.mongo.stores import MongoStores
from tests.client import Client
from tests.making import a_channel, a_level, a_location, a_product, an_order, new_id

MUG = "SKU-0"
SYSTEM = auth.token(Role.SYSTEM)

FREE = (10, 4, 100)
"""Free mugs at each location."""


class Trading:
    """A shop with mugs, and gateways to it."""

    def __init__(self, database: Database, gateways: list[Client]) -> None:
        self.database = database
        self.gateways = gateways
        self.kassa = gateways[0]
        self.leader = Leader(database, WITH_OUTBOX)

    @property
    def stores(self) -> MongoStores:
        return MongoStores(self.database)

    async def do(self, mutation: str, gateway: int = 0, token: str = SYSTEM, **given: Any) -> Any:
        """The payload of a mutation; a key is made up if none is given."""
        given = {"idempotencyKey": secrets.token_hex(8), **given}
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        text = (
            f"mutation ($input: {kind}!) {{ done: {mutation}(input: $input) {PAYLOADS[mutation]} }}"
        )
        return (await self.gateways[gateway].ask(text, token, input=given))["done"]

    async def level(self, location: int = 0) -> dict[str, Any]:
        """The mugs of a location, as they stand in the database."""
        where = {"sku": MUG, "location_id": place(location)}
        return (await self.database.find(LEVELS.name, where))[0]

    async def told(self) -> list[dict[str, Any]]:
        """The whole journal, once everything is in it."""
        while await self.leader.append():
            pass
        return await self.database.find("journal", {}, sort=[("_id", 1)])


def place(n: int) -> str:
    return new_id(Kind.LOCATION, n)


def mugs(quantity: int, at: int = 0) -> dict[str, Any]:
    """A line that asks for mugs."""
    return {"sku": MUG, "location": place(at), "quantity": quantity}


ERRORS = """userErrors { __typename code message path retryable
  ... on InsufficientStock { asked sellable product { sku } location { code }
    elsewhere { sellable location { code } } }
  ... on VersionConflict { expected actual current { id } }
  ... on IllegalTransition { fromState toState allowed } } replayed"""
LEVEL = "id version onHand committed reserved unavailable free incoming location { code }"
RESERVATION = f"""{{ {ERRORS} reservation {{ id version state expiresAt
  lines {{ quantity product {{ sku }} location {{ code }} }} }} }}"""
STOCK = f"{{ {ERRORS} levels {{ {LEVEL} }} }}"
TRANSFER = (
    f"{{ {ERRORS} levels {{ {LEVEL} }} transfer {{ id version state quantity received sentAt "
    "product { sku } source { code } target { code } } }"
)
PAYLOADS = {
    "adjustStock": STOCK,
    "countStock": STOCK,
    "transferStock": TRANSFER,
    "receiveTransfer": TRANSFER,
    "reserveStock": RESERVATION,
    "extendReservation": RESERVATION,
    "releaseReservation": RESERVATION,
    "commitReservation": RESERVATION,
}


async def stock_up(database: Database) -> None:
    """Fill the shop."""
    await database.add(CHANNELS.name, [CHANNELS.document(a_channel())])
    await database.add(LOCATIONS.name, [LOCATIONS.document(a_location(n)) for n in range(3)])
    await database.add("products", [product_document(a_product())])
    await database.add("orders", [order_document(an_order())])
    levels = [a_level(free, n) for n, free in enumerate(FREE)]
    await database.add(LEVELS.name, [level_document(level) for level in levels])


@asynccontextmanager
async def trading(
    url: str, driver: Driver, *, gateways: int = 1, with_upkeep: bool = True, **settings: Any
) -> AsyncGenerator[Trading]:
    """A filled shop behind so many gateways."""
    name = f"trade_{secrets.token_hex(6)}"
    async with AsyncExitStack() as stack:
        databases = [Database(url, name, driver=driver, **settings) for _ in range(gateways)]
        for each in databases:
            stack.push_async_callback(each.close)
        stack.push_async_callback(databases[0].drop)
        await migrate(databases[0])
        await stock_up(databases[0])
        clients = [await stack.enter_async_context(_client(each)) for each in databases]
        if with_upkeep:
            jobs = bootstrap.jobs(databases[0], MongoStores(databases[0]))
            await stack.enter_async_context(upkeep.running(jobs))
        yield Trading(databases[0], clients)


def _client(database: Database) -> Client:
    built = app.build(
        Settings(),
        views.unified(),
        MongoRepositories(database),
        MongoStores(database),
        checks={},
        page_config=dict,
    )
    return Client(built)

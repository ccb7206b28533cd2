"""A shop of this room's own, in which two of everything overlap, and all who come to it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping

import pytest
from msgspec.structs import replace

from domain.ids import ChannelId, CustomerId, LocationId
from domain.scopes import Scope
from domain.shop import Shop
from domain.viewer import ANONYMOUS, Role, Viewer
from gateway.embedded import Embedded
from gateway.identity.admission import Admission
from gateway.identity.door import Door
from storage.mongo.driver import Database, Driver
from storage.mongo.migrate import migrate
from storage.mongo.shelf import MongoShelf
from tests.client import Client
from tests.edge.owners import Owners
from tests.making import a_link_of, an_incident, linked, opened
from tests.storage.listening import Told
from tests.walks.applications import application
from tests.walks.belongings import Belongings, two_who_have_everything


class Guests(Door):
    """A door that knows its viewers by name."""

    def __init__(self, viewers: Mapping[str, Viewer]) -> None:
        super().__init__(is_development=False)
        self.viewers = {f"Bearer {name}": viewer for name, viewer in viewers.items()}

    async def who(self, authorization: str | None) -> Admission:
        return Admission(self.viewers[authorization or "Bearer visitor"])


@pytest.fixture(scope="package")
def people(shop: Shop) -> tuple[Belongings, Belongings]:
    return two_who_have_everything(shop)


@pytest.fixture(scope="package")
def viewers(shop: Shop, people: tuple[Belongings, Belongings]) -> Mapping[str, Viewer]:
    """Two of each role that is somebody's, one of each other; and some with fewer scopes."""
    anna, bo = (CustomerId(each.customer.id) for each in people)
    stores = {each.code: LocationId(each.id) for each in shop.locations}
    channels = {each.code: ChannelId(each.id) for each in shop.channels}
    sto, got = (Viewer(Role.CLERK, location=stores[code]) for code in ("STO", "GOT"))
    market = Viewer(Role.PARTNER, channels=(channels["nordicfinds"],))
    web = Viewer(Role.PARTNER, channels=(channels["webshop-se"],))
    support = Viewer(Role.SUPPORT)
    whole: Mapping[str, Viewer] = {
        "visitor": ANONYMOUS,
        "shopper anna": Viewer(Role.SHOPPER, customer=anna),
        "shopper bo": Viewer(Role.SHOPPER, customer=bo),
        "clerk sto": sto,
        "clerk got": got,
        "partner market": market,
        "partner web": web,
        "support": support,
        "finance": Viewer(Role.FINANCE),
        "system": Viewer(Role.SYSTEM),
    }
    orders = frozenset({Scope.ORDERS})
    less = {
        "partner web, orders alone": replace(web, scopes=orders),
        "partner web, recording alone": replace(web, scopes=frozenset({Scope.RECORD})),
        "support, customers alone": replace(support, scopes=frozenset({Scope.CUSTOMERS})),
        "support, merging": replace(support, scopes=frozenset({Scope.CUSTOMERS, Scope.MERGE})),
        "clerk sto, moving alone": replace(sto, scopes=frozenset({Scope.MOVE})),
        "support, nothing": replace(support, scopes=frozenset()),
    }
    return {**whole, **less}


@pytest.fixture(scope="package")
def told() -> Told:
    """What is asked of the world's database."""
    return Told()


@pytest.fixture(scope="package")
async def world(
    servers: Embedded, driver: Driver, shop: Shop, told: Told
) -> AsyncIterator[Database]:
    """The demo shop, where these tests may write."""
    assert servers.mongodb_url
    name = f"edge_{secrets.token_hex(4)}"
    found = Database(servers.mongodb_url, name, driver=driver, listeners=[told])
    await migrate(found)
    await MongoShelf(found).fill(shop)
    await opened(found, an_incident(channel_id=shop.channels[0].id))
    await linked(found, a_link_of(shop))
    yield found
    await found.drop()
    await found.close()


@pytest.fixture(scope="package")
async def kassa(world: Database, viewers: Mapping[str, Viewer]) -> AsyncIterator[Client]:
    async with Client(application(world, door=Guests(viewers))) as client:
        yield client


@pytest.fixture(scope="package")
def owners(shop: Shop) -> Owners:
    return Owners(shop)

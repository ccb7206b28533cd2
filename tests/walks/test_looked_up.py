"""Whoever looks a person up leaves a trace of why; and staff see no more than people allow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.customers import Consent, ConsentPurpose, Customer
from domain.shop import Shop
from domain.viewer import Role
from gateway import auth
from storage.mongo.customers import CUSTOMERS
from storage.mongo.driver import Database
from storage.mongo.lookups import LOOKUPS
from storage.mongo.operations import CHANNELS
from tests.client import Client
from tests.conftest import UNTIL
from tests.walks.applications import application

FIND = """{ findCustomers(by: {kind: PHONE, value: "070-123 45 67"}, purpose: PICKUP) { id } }"""
ABOUT = """query ($id: ID!) { customer(id: $id) {
  identities { kind } addresses { city } preferences { key } consents { purpose granted }
} }"""
SERVICE, LIKES, CARDS = (
    ConsentPurpose.SERVICE,
    ConsentPurpose.PERSONALISATION,
    ConsentPurpose.CARD_RECOGNITION,
)


@pytest.fixture
async def kassa(database: Database) -> AsyncIterator[Client]:
    async with Client(application(database)) as client:
        yield client


@pytest.fixture
def maja(shop: Shop) -> Customer:
    """A customer with everything that needs a consent, who has said nothing yet."""
    found = shop.customers[0]
    assert found.addresses
    assert found.preferences
    assert "CARD_FINGERPRINT" in [each.kind for each in found.identities]
    return replace(found, consents=())


async def put(database: Database, shop: Shop, customer: Customer) -> None:
    await database.add(CUSTOMERS.name, [CUSTOMERS.document(customer)])
    await database.add(CHANNELS.name, [CHANNELS.document(each) for each in shop.channels])


def saying(customer: Customer, *said: tuple[ConsentPurpose, bool], day: int = 0) -> Customer:
    at, channel = UNTIL + timedelta(days=day), customer.identities[0].source_id
    assert channel
    new = tuple(Consent(purpose, granted, at, channel) for purpose, granted in said)
    return replace(customer, consents=(*customer.consents, *new))


async def test_a_look_up_is_kept_with_its_purpose(kassa, database, shop, maja):
    await put(database, shop, maja)

    await kassa.ask(FIND, auth.token(Role.SUPPORT))
    await kassa.ask(FIND, auth.token(Role.SHOPPER, maja.id))
    await kassa.ask(FIND)

    [kept] = await database.find(LOOKUPS.name, {})
    assert (kept["role"], kept["by"], kept["purpose"], kept["found"]) == (
        *("support", "PHONE", "PICKUP"),
        1,
    )
    assert "070" not in str(kept)
    assert maja.id not in str(kept)


SAID = {
    "nothing": ((), ["EMAIL", "PHONE", "LOYALTY_NO"], 1, 0),
    "yes to all": (((SERVICE, True), (LIKES, True), (CARDS, True)), None, 1, 1),
    "no to being served": (((SERVICE, False), (LIKES, True), (CARDS, True)), [], 0, 1),
    "no to all": (((SERVICE, False), (LIKES, False), (CARDS, False)), [], 0, 0),
}


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.SYSTEM])
@pytest.mark.parametrize("said", SAID)
async def test_staff_see_what_people_allow(kassa, database, shop, maja, said: str, role: Role):
    consents, kinds, addresses, likes = SAID[said]
    await put(database, shop, saying(maja, *consents))

    shown = (await kassa.ask(ABOUT, auth.token(role), id=maja.id))["customer"]
    own = (await kassa.ask(ABOUT, auth.token(Role.SHOPPER, maja.id), id=maja.id))["customer"]

    everything = [each.kind for each in maja.identities]
    assert [each["kind"] for each in shown["identities"]] == (
        everything if kinds is None else [kind for kind in everything if kind in kinds]
    )
    assert bool(shown["addresses"]) == bool(addresses)
    assert bool(shown["preferences"]) == bool(likes)
    assert [each["kind"] for each in own["identities"]] == everything
    assert own["addresses"]
    assert own["preferences"]


async def test_what_was_said_last_counts(kassa, database, shop, maja):
    changed = saying(saying(maja, (LIKES, False), day=2), (LIKES, True), day=1)
    await put(database, shop, changed)

    shown = (await kassa.ask(ABOUT, auth.token(Role.SUPPORT), id=maja.id))["customer"]

    assert shown["preferences"] == []

"""Everybody asks for everything, and nobody sees what is not theirs.

Each query, mutation, subscription, `node`, list, nested edge and `_entities`, as each viewer: two
customers, two stores and two partners whose orders overlap. Planted leaks are found.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from domain.customers import Identity
from domain.scopes import Scope
from domain.shop import Shop
from domain.viewer import Everything, Role, Subject, Viewer
from domain.viewer import reaching as access
from storage.mongo.driver import Database
from tests.client import Client
from tests.edge import asking
from tests.edge.owners import Owners
from tests.live.conftest import Listening, hub_of
from tests.walks.belongings import Belongings

People = tuple[Belongings, Belongings]
NAMES = (
    *("visitor", "shopper anna", "shopper bo", "clerk sto", "clerk got", "partner market"),
    *("partner web", "support", "finance", "system", "partner web, orders alone"),
    *("partner web, recording alone", "support, customers alone", "clerk sto, moving alone"),
    *("support, nothing", "support, merging"),
)
REFUSED = {"FORBIDDEN", "BAD_USER_INPUT"}


async def leaks_of_queries(
    world: Database,
    kassa: Client,
    shop: Shop,
    people: People,
    owners: Owners,
    name: str,
    viewer: Viewer,
) -> list[str]:
    found: list[str] = []
    await owners.learn(world)
    for person in people:
        for document, _ in asking.queries(shop, person.customer):
            answer = await kassa.post(document, name)
            assert "errors" not in answer, answer["errors"]
            found += owners.leaks(viewer, asking.text(answer["data"]))
    return found


@pytest.mark.parametrize("name", NAMES)
async def test_no_query_shows_what_is_not_the_viewers(
    world: Database,
    kassa: Client,
    shop: Shop,
    people: People,
    owners: Owners,
    viewers: Mapping[str, Viewer],
    name: str,
):
    assert await leaks_of_queries(world, kassa, shop, people, owners, name, viewers[name]) == []


@pytest.mark.parametrize("name", ["clerk sto", "clerk got"])
async def test_a_clerks_lists_are_of_their_store(kassa, shop, viewers, name: str):
    places = {each.id: each.location_ids for each in (*shop.orders, *shop.payments)}
    for root in ("orders", "payments"):
        data = await kassa.ask(f"{{ {root}(first: 100) {{ edges {{ node {{ id }} }} }} }}", name)

        found = [edge["node"]["id"] for edge in data[root]["edges"]]
        assert found
        assert all(viewers[name].location in places[each] for each in found)


@pytest.mark.parametrize("name", NAMES)
async def test_no_subscription_tells_what_is_not_the_viewers(
    world: Database,
    shop: Shop,
    people: People,
    owners: Owners,
    viewers: Mapping[str, Viewer],
    name: str,
):
    hub, heard = hub_of(world), 0
    ears = Listening(hub)
    async with hub.running():
        for person in people:
            for document, _ in asking.told(shop, person.customer):
                listener, stream = await ears.ask(document, viewers[name])
                if listener_is_refused := not hasattr(stream, "close"):
                    codes = {error.extensions["code"] for error in stream.errors}
                    assert codes == {"FORBIDDEN"}
                if not listener_is_refused:
                    event = await listener.next()
                    assert event["kind"] == "SNAPSHOT"
                    heard += 1
                    assert owners.leaks(viewers[name], asking.text(event)) == []
                    stream.close()
    assert heard >= 2  # what is available is for everybody


@pytest.mark.parametrize("name", NAMES)
async def test_no_mutation_answers_with_what_is_not_the_viewers(
    kassa: Client,
    world: Database,
    shop: Shop,
    people: People,
    viewers: Mapping[str, Viewer],
    name: str,
):
    owners, viewer = Owners(shop), viewers[name]
    level = next(each for each in shop.stock_levels if each.free > 10)
    place = f'sku: "{level.sku}", location: "{level.location_id}"'
    more = f"""mutation {{ adjustStock(input: {{ idempotencyKey: "%s", changes: [
      {{ {place}, delta: 100, reason: "delivery" }}] }}) {{ userErrors {{ code }} }} }}"""
    reserve = f"""mutation {{ reserveStock(input: {{ idempotencyKey: "held for {name}", lines: [
      {{ {place}, quantity: 1 }}] }}) {{
      userErrors {{ code message }} reservation {{ id }} }} }}"""
    for n, (person, owner) in enumerate(zip(people, ("shopper anna", "shopper bo"), strict=True)):
        await kassa.ask(more % f"{name} {n}", "system")
        done = (await kassa.ask(reserve, owner))["reserveStock"]
        assert done["userErrors"] == []
        held = done["reservation"]["id"]
        sent = shop.transfers[0].id
        key = NAMES.index(name) * 2 + n
        for document, _ in asking.changes(shop, person.customer, held, sent, key):
            answer = await kassa.post(document, name)
            codes = {each["extensions"]["code"] for each in answer.get("errors", ())}
            assert codes <= REFUSED, answer
            await owners.learn(world)
            assert owners.leaks(viewer, asking.text(answer["data"], document)) == [], document


def test_every_field_of_the_graph_is_asked_for(shop: Shop, people: People):
    customer = people[0].customer
    documents = (
        *asking.queries(shop, customer),
        *asking.told(shop, customer),
        *asking.changes(shop, customer, "res_1", "trf_1", 1),
    )

    asked = {pair for _, writer in documents for pair in writer.asked}

    assert asking.all_fields() - asked == set()


# Planted leaks


def everything(_: Viewer) -> Everything:
    return Everything()


PLANTS = {
    "a shopper reaches all orders": ("shopper anna", Role.SHOPPER, Subject.ORDERS),
    "a shopper reaches all payments": ("shopper bo", Role.SHOPPER, Subject.PAYMENTS),
    "a shopper reaches all points": ("shopper anna", Role.SHOPPER, Subject.POINTS),
    "a shopper lists all orders": ("shopper anna", Role.SHOPPER, Subject.ORDER_LIST),
    "a partner reaches customers": ("partner web", Role.PARTNER, Subject.CUSTOMERS),
    "a partner reaches other channels": ("partner market", Role.PARTNER, Subject.ORDERS),
    "a partner lists other payments": ("partner market", Role.PARTNER, Subject.PAYMENT_LIST),
    "a visitor reaches stock": ("visitor", Role.ANONYMOUS, Subject.STOCK),
    "a visitor reaches the journal": ("visitor", Role.ANONYMOUS, Subject.JOURNAL),
    "a visitor reaches what is hidden": ("visitor", Role.ANONYMOUS, Subject.CATALOG),
}


@pytest.mark.parametrize("plant", PLANTS)
async def test_a_planted_leak_is_found(
    world, kassa, shop, people, owners, viewers, monkeypatch: pytest.MonkeyPatch, plant: str
):
    name, role, subject = PLANTS[plant]
    planted: Mapping[Role, Any] = {
        **access.REACH,
        role: {**access.REACH[role], subject: everything},
    }
    monkeypatch.setattr(access, "REACH", MappingProxyType(planted))

    assert await leaks_of_queries(world, kassa, shop, people, owners, name, viewers[name]) != []


async def test_a_scope_that_is_not_asked_for_is_found(
    world, kassa, shop, people, owners, viewers, monkeypatch: pytest.MonkeyPatch
):
    lax = MappingProxyType({**access.SCOPES, Subject.PAYMENTS: Scope.CATALOG})
    monkeypatch.setattr(access, "SCOPES", lax)
    name = "partner web, orders alone"

    assert await leaks_of_queries(world, kassa, shop, people, owners, name, viewers[name]) != []


async def test_contact_data_in_clear_is_found(
    world, kassa, shop, people, owners, viewers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Identity, "shown_to", lambda self, _: self.value)

    assert (
        await leaks_of_queries(world, kassa, shop, people, owners, "finance", viewers["finance"])
        != []
    )

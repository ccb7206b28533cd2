"""What a viewer may not reach is not found, by any door: the filter is in the database's hands."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from domain.catalog import search_terms
from domain.customers import IdentityKind
from domain.ids import CustomerId
from domain.orders import Order, OrderQuery
from domain.pages import Page, PageRequest
from domain.payments import PaymentQuery
from domain.shop import Shop
from domain.stock import StockQuery
from domain.viewer import ANONYMOUS, SYSTEM, Role, Viewer
from gateway.embedded import Embedded
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from tests.storage.listening import Told, values_in

MANY = PageRequest(100)


@pytest.fixture
def found(stocked: Database) -> MongoRepositories:
    return MongoRepositories(stocked)


@pytest.fixture(scope="module")
def order(shop: Shop) -> Order:
    """An order that has everything an order can have, of a customer who has points."""
    members = {each.customer_id for each in shop.loyalty_entries}
    returned = {each.order_id for each in shop.returns}
    sent = {each.order_id for each in shop.fulfillments}
    return next(
        order
        for order in shop.orders
        if order.customer_id in members
        and order.refs
        and order.id in returned & sent
        and order.location_ids
    )


@pytest.fixture(scope="module")
def stranger(shop: Shop, order: Order) -> Viewer:
    """A shopper with orders and points, none of which are of `order`."""
    other = next(
        each.customer_id
        for each in shop.loyalty_accounts
        if each.customer_id != order.customer_id
        and any(sold.customer_id == each.customer_id for sold in shop.orders)
    )
    return Viewer(Role.SHOPPER, customer=other)


def ids_of(page: Page[Any]) -> set[str]:
    return {edge.node.id for edge in page.edges}


async def everything_about(
    found: MongoRepositories, viewer: Viewer, order: Order, shop: Shop
) -> dict[str, Any]:
    """What a viewer who knows all its names finds of an order."""
    ref = order.refs[0]
    sent = [each.id for each in shop.fulfillments if each.order_id == order.id]
    back = [each.id for each in shop.returns if each.order_id == order.id]
    paid = [each for each in shop.payments if each.order_id == order.id]
    refs = [f"{ref.system}:{ref.value}" for each in paid for ref in each.refs]
    operations = [operation.id for each in paid for operation in each.operations]
    owner = [order.customer_id or CustomerId("")]
    pages = await found.orders.pages_of(viewer, owner, OrderQuery(), MANY)
    counts = await found.orders.counts_of(viewer, owner, OrderQuery(), 100)
    return {
        "order by id": await found.orders.by_ids(viewer, [order.id]),
        "order by number": await found.orders.by_numbers(viewer, [order.number]),
        "order by ref": await found.orders.by_refs(
            viewer, [f"{ref.system}:{ref.kind}:{ref.value}"]
        ),
        "orders of the customer": [page.edges for page in pages.values() if page.edges],
        "how many orders": [count for count in counts.values() if count],
        "fulfillments by id": await found.orders.fulfillments_by_ids(viewer, sent),
        "fulfillments": (await found.orders.fulfillments_of(viewer, [order.id]))[order.id],
        "returns by id": await found.orders.returns_by_ids(viewer, back),
        "returns": (await found.orders.returns_of(viewer, [order.id]))[order.id],
        "payments by id": await found.payments.by_ids(viewer, [each.id for each in paid]),
        "payments by ref": await found.payments.by_refs(viewer, refs),
        "payments by operation": await found.payments.by_operations(viewer, operations),
        "payments": (await found.payments.of_orders(viewer, [order.id]))[order.id],
    }


async def person_behind(
    found: MongoRepositories, viewer: Viewer, order: Order, shop: Shop
) -> dict[str, Any]:
    """What a viewer who knows all the names of a customer finds of them."""
    person = next(each for each in shop.customers if each.id == order.customer_id)
    key = CustomerId(person.id)
    accounts = [each.id for each in shop.loyalty_accounts if each.customer_id == key]
    entries = [each.id for each in shop.loyalty_entries if each.customer_id == key]
    phone = next(each.value for each in person.identities if each.kind is IdentityKind.PHONE)
    pages = await found.customers.entry_pages(viewer, accounts, MANY)
    return {
        "by id": await found.customers.by_ids(viewer, [key]),
        "by number": await found.customers.by_numbers(viewer, [person.number]),
        "by phone": await found.customers.found_by(viewer, IdentityKind.PHONE, phone),
        "account by id": await found.customers.accounts_by_ids(viewer, accounts),
        "account": await found.customers.accounts_of(viewer, [key]),
        "entries by id": await found.customers.entries_by_ids(viewer, entries),
        "entries": [page.edges for page in pages.values() if page.edges],
    }


def empty(answers: dict[str, Any]) -> set[str]:
    return {name for name, answer in answers.items() if not answer}


async def test_a_shopper_finds_all_of_an_order_of_their_own(
    found: MongoRepositories, shop: Shop, order: Order
):
    owner = Viewer(Role.SHOPPER, customer=order.customer_id)

    assert not empty(await everything_about(found, owner, order, shop))
    assert empty(await person_behind(found, owner, order, shop)) == {"by phone"}


async def test_nobody_finds_anything_of_somebody_elses_order(
    found: MongoRepositories, shop: Shop, order: Order, stranger: Viewer
):
    for viewer in (stranger, ANONYMOUS, Viewer(Role.SHOPPER), Viewer(Role.PARTNER)):
        about = await everything_about(found, viewer, order, shop)
        behind = await person_behind(found, viewer, order, shop)

        assert empty(about) == about.keys()
        assert empty(behind) == behind.keys()


async def test_a_shopper_browses_own_orders_and_payments_only(
    found: MongoRepositories, shop: Shop, stranger: Viewer
):
    own = {each.id for each in shop.orders if each.customer_id == stranger.customer}
    paid = {each.id for each in shop.payments if each.customer_id == stranger.customer}

    assert ids_of(await found.orders.page(stranger, OrderQuery(), MANY)) == own
    assert await found.orders.count(stranger, OrderQuery(), 1000) == len(own)
    assert ids_of(await found.payments.page(stranger, PaymentQuery(), MANY)) == paid


async def test_a_partner_finds_what_was_sold_through_its_channels(
    found: MongoRepositories, shop: Shop, order: Order
):
    partner = Viewer(Role.PARTNER, channels=(order.channel_id,))
    other = next(each.id for each in shop.channels if each.id != order.channel_id)
    rival = Viewer(Role.PARTNER, channels=(other,))

    about = await everything_about(found, rival, order, shop)
    page = await found.orders.page(partner, OrderQuery(), MANY)
    asked_for_more = OrderQuery(channels=(order.channel_id, other))

    assert not empty(await everything_about(found, partner, order, shop))
    assert empty(about) == about.keys()
    assert {edge.node.channel_id for edge in page.edges} == {order.channel_id}
    wider = await found.orders.page(partner, asked_for_more, MANY)
    assert ids_of(wider) == ids_of(page)
    assert len(empty(await person_behind(found, partner, order, shop))) == 7


async def test_a_clerk_browses_the_own_store_but_finds_any_order_by_its_names(
    found: MongoRepositories, shop: Shop, order: Order
):
    elsewhere = next(each.id for each in shop.locations if each.id not in order.location_ids)
    clerk = Viewer(Role.CLERK, location=elsewhere)

    page = await found.orders.page(clerk, OrderQuery(), MANY)
    paid = await found.payments.page(clerk, PaymentQuery(), MANY)
    theirs = await found.orders.page(clerk, OrderQuery(location=order.location_ids[0]), MANY)

    assert not empty(await everything_about(found, clerk, order, shop))
    assert all(elsewhere in edge.node.location_ids for edge in [*page.edges, *paid.edges])
    assert order.id not in ids_of(theirs)
    assert all(elsewhere in edge.node.location_ids for edge in theirs.edges)
    own = [each for each in shop.orders if elsewhere in each.location_ids and each.placed_at]
    assert await found.orders.count(clerk, OrderQuery(), 10_000) == len(own)
    assert own


@pytest.mark.parametrize("role", [Role.ANONYMOUS, Role.SHOPPER, Role.PARTNER])
async def test_numbers_of_stock_are_for_staff(found: MongoRepositories, shop: Shop, role: Role):
    level, viewer = shop.stock_levels[0], Viewer(role)

    assert await found.stock.by_ids(viewer, [level.id]) == {}
    assert (await found.stock.levels_of(viewer, [level.sku]))[level.sku] == []
    assert (await found.stock.page(viewer, StockQuery(), MANY)).edges == ()
    assert (await found.stock.promises_of(viewer, [level.sku]))[level.sku]


@pytest.mark.parametrize("role", Role)
async def test_what_is_not_published_is_for_staff_and_for_who_bought_it(
    found: MongoRepositories, shop: Shop, role: Role
):
    hidden = next(each for each in shop.products if not each.is_published)
    viewer = Viewer(role)
    keys = [hidden.sku]

    by_id = await found.catalog.products_by_ids(viewer, [hidden.id])
    by_sku = await found.catalog.products_by_skus(viewer, keys)
    found_by_name = await found.catalog.search(viewer, search_terms(hidden.name), MANY)

    sees = viewer.is_staff
    assert [bool(by_id), bool(by_sku), hidden.id in ids_of(found_by_name)] == [sees] * 3
    assert await found.catalog.products_sold(viewer, keys) == {hidden.sku: hidden}


@pytest.fixture(scope="module")
async def told(servers: Embedded, stocked: Database) -> AsyncIterator[tuple[Database, Told]]:
    """The demo shop, read by a connection that is listened to."""
    listener = Told()
    database = Database(servers.mongodb_url or "", stocked.name, listeners=[listener])
    yield database, listener
    await database.close()


async def test_the_reach_is_part_of_every_question(
    told: tuple[Database, Told], shop: Shop, order: Order
):
    database, listener = told
    owner = CustomerId(f"cus_{secrets.token_hex(4)}")
    viewer = Viewer(Role.SHOPPER, customer=owner)
    found = MongoRepositories(database)

    await everything_about(found, viewer, order, shop)
    await person_behind(found, viewer, order, shop)
    await found.orders.page(viewer, OrderQuery(), MANY)
    await found.orders.count(viewer, OrderQuery(), 9)
    await found.payments.page(viewer, PaymentQuery(), MANY)

    commands = listener.heard()
    assert len(commands) > 20
    assert all(owner in values_in(command) for command in commands)


async def test_who_reaches_nothing_asks_nothing(
    told: tuple[Database, Told], shop: Shop, order: Order
):
    database, listener = told
    found = MongoRepositories(database)

    await everything_about(found, ANONYMOUS, order, shop)
    await person_behind(found, replace(SYSTEM, role=Role.PARTNER), order, shop)

    assert listener.heard() == []

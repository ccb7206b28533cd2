"""What is not for sale is invisible, but what was bought stays readable on the order."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from domain.orders import Order
from domain.shop import Shop
from domain.viewer import Role
from gateway import auth
from gateway.welcome import Welcome
from storage.mongo.driver import Database
from storage.mongo.shelf import MongoShelf
from tests.client import Client
from tests.walks import applications
from tests.walks.belongings import UNKNOWN

HIDDEN = "CUP-XMAS-SPICE"
DOORS = """
query ($id: ID!, $sku: String!, $text: String!) {
  node(id: $id) { id }
  nodes(ids: [$id]) { id }
  byId: product(id: $id) { id }
  bySku: product(sku: $sku) { id }
  products(skus: [$sku]) { id }
  searchProducts(text: $text) { edges { node { id } } }
}"""
CLOSED = {
    "node": None,
    "nodes": [None],
    "byId": None,
    "bySku": None,
    "products": [None],
    "searchProducts": {"edges": []},
}
LINES = """
query ($id: ID!) {
  order(id: $id) { lines { sku name product { sku name levels { id } } } }
}"""


@pytest.fixture
def order(shop: Shop) -> Order:
    """An order of the demo shop's first customer."""
    return next(order for order in shop.orders if order.customer_id == shop.customers[0].id)


@pytest.fixture
async def winter(
    database: Database, shop: Shop, order: Order, offers: Welcome
) -> AsyncIterator[Client]:
    """A shop that no longer sells anything on that order."""
    bought = {line.sku for line in order.lines}
    cleared = replace(
        shop,
        products=[
            replace(product, is_published=product.sku not in bought) for product in shop.products
        ],
        orders=[order],
        fulfillments=[one for one in shop.fulfillments if one.order_id == order.id],
        returns=[],
        payments=[one for one in shop.payments if one.order_id == order.id],
        loyalty_entries=[],
    )
    await MongoShelf(database).fill(cleared)
    application = applications.application(database, page_config=offers.page_config)
    async with Client(application) as client:
        yield client


@pytest.mark.parametrize("role", [Role.ANONYMOUS, Role.SHOPPER, Role.PARTNER])
async def test_what_is_not_published_is_behind_no_door(
    kassa: Client, shop: Shop, tokens: dict[Role, str], role: Role
):
    hidden = next(product for product in shop.products if product.sku == HIDDEN)
    asked = {"id": hidden.id, "sku": hidden.sku, "text": hidden.name}

    there = await kassa.post(DOORS, tokens.get(role), **asked)
    nowhere = await kassa.post(
        DOORS, tokens.get(role), id=f"prd_{UNKNOWN}", sku="NOTHING", text="nothing"
    )

    assert there == nowhere == {"data": CLOSED}


@pytest.mark.parametrize("role", [Role.CLERK, Role.SUPPORT, Role.FINANCE, Role.SYSTEM])
async def test_staff_see_what_is_not_published(
    kassa: Client, shop: Shop, tokens: dict[Role, str], role: Role
):
    hidden = next(product for product in shop.products if product.sku == HIDDEN)

    found = await kassa.ask(DOORS, tokens[role], id=hidden.id, sku=hidden.sku, text=hidden.name)

    one = {"id": hidden.id}
    assert found == {
        "node": one,
        "nodes": [one],
        "byId": one,
        "bySku": one,
        "products": [one],
        "searchProducts": {"edges": [{"node": one}]},
    }


async def test_what_was_bought_stays_readable_on_the_order_and_nowhere_else(
    winter: Client, shop: Shop, order: Order
):
    token = auth.token(Role.SHOPPER, order.customer_id)
    product = next(each for each in shop.products if each.sku == order.lines[0].sku)

    found = await winter.ask(LINES, token, id=order.id)
    elsewhere = await winter.ask(DOORS, token, id=product.id, sku=product.sku, text=product.name)

    assert found["order"]["lines"] == [
        {
            "sku": line.sku,
            "name": line.name,
            "product": {"sku": line.sku, "name": line.name, "levels": []},
        }
        for line in order.lines
    ]
    assert elsewhere == CLOSED

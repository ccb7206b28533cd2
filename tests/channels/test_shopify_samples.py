"""Real payloads of Shopify's parse and land. They are read where they are, never copied here."""

from __future__ import annotations

import json
from asyncio import to_thread
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from adapters import shopify
from commands.channels import telling
from commands.channels.payments import Teller
from domain.channels.abilities import Thing
from domain.channels.accounts import Account
from domain.channels.inbound import RefetchHint, Snapshot, Unreadable
from domain.ids import ChannelId, Kind
from domain.money import Currency
from storage.mongo.catalog import PRODUCTS
from storage.mongo.customers import CUSTOMERS
from storage.mongo.orders import ORDERS
from tests.admin_schema import official
from tests.channels.conformance import Down, Example, Trouble
from tests.channels.shopping import SHOP, said, signs
from tests.making import new_id

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "shopify"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not on this machine")

ACCOUNT = Account(
    name="web",
    channel_id=ChannelId(new_id(Kind.CHANNEL, 7)),
    account=SHOP,
    currency=Currency("USD"),
)
ADAPTER = shopify.adapter(ACCOUNT, Down(Trouble.UNAVAILABLE))
BY = Teller("shopify", ACCOUNT, "web:sample")
ORDER = RefetchHint(Thing.ORDER, "gid://shopify/Order/450789469")

TOPICS = {
    "order": "orders/updated",
    "refund": "refunds/create",
    "transaction": "order_transactions/create",
    "tender_transaction": "tender_transactions/create",
    "customer": "customers/update",
    "inventory_level": "inventory_levels/update",
    "inventory_item": "inventory_items/update",
    "location": "locations/update",
    "product": "products/update",
}


def resources(name: str) -> list[dict[str, Any]]:
    """What a file holds: one resource, or several."""
    [found] = json.loads((SAMPLES / f"{name}.json").read_text()).values()
    return found if isinstance(found, list) else [found]


def news_of(kind: str, body: dict[str, Any]) -> Any:
    delivery = Example(opens=shopify.adapter, signs=signs, bodies=[]).delivery(
        said(TOPICS[kind], **body)
    )
    return ADAPTER.parse(delivery)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rest_refund_0", "refund"),
        ("rest_refund_1", "refund"),
        ("rest_transaction_0", "transaction"),
        ("rest_transaction_2", "transaction"),
        ("py_transaction", "transaction"),
        ("rest_tender_transaction_0", "tender_transaction"),
    ],
)
def test_what_is_of_an_order_asks_for_it(name, kind):
    for body in resources(name):
        assert news_of(kind, body) == [ORDER]


@pytest.mark.parametrize("name", ["rest_inventory_level_0", "rest_inventory_level_3"])
def test_a_level_is_asked_for_by_its_own_name(name):
    for body in resources(name):
        named = RefetchHint(Thing.STOCK, body["admin_graphql_api_id"])
        assert news_of("inventory_level", body) == [named]


@pytest.mark.parametrize("name", ["rest_location_0", "py_location", "rest_inventory_item_0"])
def test_what_concerns_nobody_is_no_news(name):
    kind = "inventory_item" if "item" in name else "location"

    assert [news_of(kind, body) for body in resources(name)] == [[]] * len(resources(name))


async def test_an_order_lands(shelf):
    [body] = resources("rest_order_0")
    [news] = news_of("order", body)
    assert isinstance(news, Snapshot)

    await telling.tell(shelf.stores, BY, news.told)

    [order] = await shelf.database.find(ORDERS.name, {"number": "#1001"})
    [person] = await shelf.database.find(CUSTOMERS.name, {})
    assert order["totals"]["grand"]["gross_minor"] == 598_94
    assert [line["ordered"] for line in order["lines"]] == [1, 1, 1]
    assert (order["customer_id"], person["display_name"]) == (person["_id"], "Bob Norman")


def test_a_part_of_an_order_is_no_order():
    [body] = resources("rest_order_6")

    with pytest.raises(Unreadable):
        news_of("order", body)


@pytest.mark.parametrize("name", ["rest_customer_0", "rest_customer_11"])
async def test_customers_land(shelf, name):
    for body in resources(name):
        [news] = news_of("customer", body)
        await telling.tell(shelf.stores, BY, news.told)

    people = await shelf.database.find(CUSTOMERS.name, {})
    assert len(people) == len(resources(name))
    assert {"EMAIL", "PHONE"} <= {each["kind"] for each in people[0]["identities"]}


@pytest.mark.parametrize("name", ["rest_variant_0", "rest_variant_3"])
async def test_variants_land(shelf, name):
    variants = resources(name)
    told = news_of("product", {"title": "IPod Nano", "status": "active", "variants": variants})

    for news in told:
        await telling.tell(shelf.stores, BY, news.told)

    skus = [each.told.sku for each in told]
    found = await shelf.database.find(PRODUCTS.name, {"sku": {"$in": skus}})
    assert len(found) == len(variants)
    assert {each["prices"][0]["currency"] for each in found} == {"USD"}


async def test_the_official_schema_is_the_one_that_others_found_too():
    schema = await to_thread(official)
    queries = json.loads((SAMPLES / "admin_queries_valid_2026-10.json").read_text())

    wrong = {name for name, query in queries.items() if validate(schema, parse(query))}

    assert wrong == {"bad"}

"""A list walked page by page is the whole list, in its order, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain import catalog
from domain.orders import Order, OrderState
from domain.shop import Shop
from domain.stock import StockLevel
from domain.viewer import Role
from schema.scalars import show_time
from tests.client import Client
from tests.conftest import UNTIL
from tests.walks.paging import PAGE_INFO, pages, walk

IDS = f"edges {{ cursor node {{ id }} }} {PAGE_INFO}"
ORDER_FILTERS = "channels: $channels, states: $states, since: $since, orderBy: $by"
ORDERS = f"""
query ($cursor: Cursor, $n: Int, $channels: [ID!], $location: ID, $states: [OrderState!],
       $since: DateTime, $by: OrderSort = PLACED_AT) {{
  orders(first: $n, after: $cursor, location: $location, {ORDER_FILTERS}) {{ {IDS} }}
}}"""
ORDERS_BACKWARD = ORDERS.replace("first:", "last:").replace("after:", "before:")
OF_CUSTOMER = f"""
query ($number: String, $cursor: Cursor, $n: Int, $channels: [ID!], $states: [OrderState!],
       $since: DateTime, $by: OrderSort = PLACED_AT) {{
  customer(number: $number) {{ orders(first: $n, after: $cursor, {ORDER_FILTERS}) {{ {IDS} }} }}
}}"""
OF_CUSTOMER_BACKWARD = OF_CUSTOMER.replace("first:", "last:").replace("after:", "before:")
PAYMENTS = f"""
query ($cursor: Cursor, $n: Int, $providers: [String!], $channels: [ID!],
       $states: [PaymentState!], $since: DateTime) {{
  payments(first: $n, after: $cursor, providers: $providers, channels: $channels,
           states: $states, since: $since) {{ {IDS} }}
}}"""
LEVELS = f"""
query ($cursor: Cursor, $n: Int, $skus: [ID!], $locations: [ID!], $low: Boolean! = false) {{
  stockLevels(first: $n, after: $cursor, skus: $skus, locations: $locations, lowOnly: $low) {{
    {IDS}
  }}
}}"""
SEARCH = f"""
query ($cursor: Cursor, $n: Int, $text: String!) {{
  searchProducts(first: $n, after: $cursor, text: $text) {{ {IDS} }}
}}"""
ENTRIES = f"""
query ($number: String, $cursor: Cursor, $n: Int) {{
  customer(number: $number) {{ loyalty {{ entries(first: $n, after: $cursor) {{ {IDS} }} }} }}
}}"""


def ids_of(items: Sequence[Any]) -> list[str]:
    return [item["id"] if isinstance(item, dict) else item.id for item in items]


def newest_first(items: Any, time: str) -> list[str]:
    found = sorted(items, key=lambda item: (getattr(item, time), item.id), reverse=True)
    return ids_of(found)


def of_customer(data: Any) -> Any:
    return data["customer"]["orders"]


def of_account(data: Any) -> Any:
    return data["customer"]["loyalty"]["entries"]


@pytest.fixture
def token(tokens: dict[Role, str]) -> str:
    return tokens[Role.SYSTEM]


Filter = tuple[dict[str, Any], Callable[[Order], bool]]


def order_filters(shop: Shop, time: str) -> dict[str, Filter]:
    web, till = (
        next(it.id for it in shop.channels if it.code == code) for code in ("webshop-se", "pos-no")
    )
    store = next(it.id for it in shop.locations if it.code == "GOT")
    since = UNTIL - timedelta(days=20)
    return {
        "all": ({}, lambda _: True),
        "channels": ({"channels": [web, till]}, lambda it: it.channel_id in {web, till}),
        "location": ({"location": store}, lambda it: store in it.location_ids),
        "states": (
            {"states": ["CANCELLED", "PLACED"]},
            lambda it: it.state in {OrderState.CANCELLED, OrderState.PLACED},
        ),
        "since": ({"since": show_time(since)}, lambda it: getattr(it, time) >= since),
        "everything at once": (
            {
                "channels": [till],
                "location": store,
                "states": ["COMPLETED"],
                "since": show_time(since),
            },
            lambda it: (
                it.channel_id == till
                and store in it.location_ids
                and it.state is OrderState.COMPLETED
                and getattr(it, time) >= since
            ),
        ),
        "no channel": ({"channels": []}, lambda _: False),
    }


FILTERS = ("all", "channels", "location", "states", "since", "everything at once", "no channel")


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize(
    ("sort", "time"), [("PLACED_AT", "placed_at"), ("UPDATED_AT", "updated_at")]
)
async def test_orders_are_walked_either_way(
    kassa: Client, shop: Shop, token: str, name: str, sort: str, time: str
):
    given, keeps = order_filters(shop, time)[name]
    wanted = newest_first(filter(keeps, shop.orders), time)
    size = 100 if len(wanted) > 300 else 7

    found = await walk(kassa, ORDERS, token, n=size, by=sort, **given)
    back = await walk(kassa, ORDERS_BACKWARD, token, backward=True, n=size, by=sort, **given)

    assert ids_of(found) == wanted
    assert ids_of(back) == wanted


@pytest.mark.parametrize("number", ["K-1001", "K-1002", "K-1003"])
@pytest.mark.parametrize(
    ("sort", "time"), [("PLACED_AT", "placed_at"), ("UPDATED_AT", "updated_at")]
)
@pytest.mark.parametrize("size", [1, 5, 100])
async def test_a_customers_orders_are_walked_either_way(
    kassa: Client, shop: Shop, token: str, number: str, sort: str, time: str, size: int
):
    who = next(customer.id for customer in shop.customers if customer.number == number)
    wanted = newest_first((it for it in shop.orders if it.customer_id == who), time)
    given = {"find": of_customer, "number": number, "n": size, "by": sort}

    found = await walk(kassa, OF_CUSTOMER, token, **given)
    back = await walk(kassa, OF_CUSTOMER_BACKWARD, token, backward=True, **given)

    assert ids_of(found) == wanted
    assert ids_of(back) == wanted


async def test_a_customers_orders_are_filtered(kassa: Client, shop: Shop, token: str):
    who = shop.customers[0].id
    for name, (given, keeps) in order_filters(shop, "placed_at").items():
        if "location" in given:
            continue
        hers = (it for it in shop.orders if it.customer_id == who and keeps(it))

        found = await walk(
            kassa, OF_CUSTOMER, token, find=of_customer, number="K-1001", n=4, **given
        )

        assert ids_of(found) == newest_first(hers, "placed_at"), name


async def test_payments_are_walked(kassa: Client, shop: Shop, token: str):
    web = next(it.id for it in shop.channels if it.code == "webshop-se")
    since = UNTIL - timedelta(days=10)
    table: list[tuple[dict[str, Any], Callable[[Any], bool]]] = [
        ({"n": 100}, lambda _: True),
        ({"providers": ["klarna", "swish"]}, lambda it: it.provider in {"klarna", "swish"}),
        ({"channels": [web]}, lambda it: it.channel_id == web),
        ({"states": ["REFUNDED", "PENDING"]}, lambda it: it.state in {"REFUNDED", "PENDING"}),
        ({"since": show_time(since)}, lambda it: it.created_at >= since),
        (
            {"providers": ["stripe"], "channels": [web], "states": ["CAPTURED"]},
            lambda it: (it.provider, it.channel_id, it.state) == ("stripe", web, "CAPTURED"),
        ),
        ({"providers": []}, lambda _: False),
        ({"providers": ["$ne"]}, lambda _: False),
    ]
    for given, keeps in table:
        found = await walk(kassa, PAYMENTS, token, **{"n": 9, **given})

        assert ids_of(found) == newest_first(filter(keeps, shop.payments), "created_at"), given


async def test_stock_levels_are_walked(kassa: Client, shop: Shop, token: str):
    first, second = shop.locations[0].id, shop.locations[-2].id
    skus = [product.sku for product in shop.products[:3]]
    table: list[tuple[dict[str, Any], Callable[[StockLevel], bool]]] = [
        ({"n": 50}, lambda _: True),
        ({"low": True}, lambda it: it.is_low),
        ({"skus": skus}, lambda it: it.sku in skus),
        ({"locations": [first, second]}, lambda it: it.location_id in {first, second}),
        (
            {"skus": skus, "locations": [first, second], "low": True, "n": 1},
            lambda it: it.sku in skus and it.location_id in {first, second} and it.is_low,
        ),
        ({"skus": []}, lambda _: False),
    ]
    for given, keeps in table:
        wanted = sorted(filter(keeps, shop.stock_levels), key=lambda it: (it.sku, it.id))

        found = await walk(kassa, LEVELS, token, **{"n": 8, **given})

        assert ids_of(found) == ids_of(wanted), given


@pytest.mark.parametrize("text", ["b", "bean", "Fjord mug", "latte", "caffe LATTE", "zzz"])
async def test_found_products_are_walked(kassa: Client, shop: Shop, text: str):
    terms = set(catalog.search_terms(text))
    wanted = [
        product
        for product in sorted(shop.products, key=lambda it: (it.name, it.id))
        if product.is_published
        and terms <= set(catalog.prefixes((product.name, product.sku, *product.barcodes)))
    ]

    found = await walk(kassa, SEARCH, text=text, n=2)

    assert ids_of(found) == ids_of(wanted)


@pytest.mark.parametrize("member", [0, 1, 7])
@pytest.mark.parametrize("size", [1, 7, 100])
async def test_points_are_walked(kassa: Client, shop: Shop, token: str, member: int, size: int):
    who = shop.loyalty_accounts[member].customer_id
    number = next(customer.number for customer in shop.customers if customer.id == who)
    hers = (entry for entry in shop.loyalty_entries if entry.customer_id == who)

    found = await walk(kassa, ENTRIES, token, find=of_account, number=number, n=size)

    assert ids_of(found) == newest_first(hers, "at")
    assert found


async def test_pages_are_full_but_for_the_last(kassa: Client, shop: Shop, token: str):
    walked = await pages(kassa, ORDERS, token, n=99)
    sizes = [len(page["edges"]) for page in walked]
    cursors = Counter(edge["cursor"] for page in walked for edge in page["edges"])

    assert sizes[:-1] == [99] * (len(shop.orders) // 99)
    assert sum(sizes) == len(shop.orders)
    assert cursors.most_common(1)[0][1] == 1


async def test_a_page_that_ends_with_the_list_is_the_last(kassa: Client, shop: Shop, token: str):
    count = sum(it.state is OrderState.PLACED for it in shop.orders)

    walked = await pages(kassa, ORDERS, token, n=count, states=["PLACED"])

    assert [len(page["edges"]) for page in walked] == [count]


async def test_twenty_is_a_page_unless_said_otherwise(kassa: Client, token: str):
    data = await kassa.ask(ORDERS, token)

    assert len(data["orders"]["edges"]) == 20


@pytest.mark.parametrize("room", ["orders", "payments"])
async def test_since_is_inclusive(kassa: Client, shop: Shop, token: str, room: str):
    query, time = (ORDERS, "placed_at") if room == "orders" else (PAYMENTS, "created_at")
    middle = sorted(getattr(shop, room), key=lambda it: getattr(it, time))[-50]
    moment: datetime = getattr(middle, time)

    at = await walk(kassa, query, token, n=100, since=show_time(moment))
    after = await walk(
        kassa, query, token, n=100, since=show_time(moment + timedelta(milliseconds=1))
    )

    assert middle.id in ids_of(at)
    assert middle.id not in ids_of(after)
    assert at[: len(after)] == after


async def test_since_is_about_the_time_sorted_by(kassa: Client, shop: Shop, token: str):
    since = UNTIL - timedelta(days=1)

    found = await walk(kassa, ORDERS, token, n=100, since=show_time(since), by="UPDATED_AT")

    late = {it.id for it in shop.orders if it.updated_at >= since and it.placed_at < since}
    assert late
    assert late <= set(ids_of(found))

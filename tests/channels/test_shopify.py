"""Shopify passes as a channel, and its words become ours."""

from __future__ import annotations

from asyncio import to_thread
from typing import Any

import pytest
from graphql import parse, validate
from msgspec.structs import replace

from adapters import shopify
from adapters.shopify.translate.news import of_listed
from adapters.shopify.translate.queries import ASKED, shaped
from adapters.shopify.translate.words import Options
from domain.channels.abilities import Thing
from domain.channels.inbound import (
    Delivery,
    Forged,
    RefetchHint,
    Snapshot,
    Unreadable,
    Unrecognised,
)
from domain.channels.told import OrderTold
from domain.customers import EvidenceStrength
from domain.orders import OrderState
from domain.ports.channels import CallFailed
from tests.admin_schema import official
from tests.channels.conformance import NEW, NOW, Conformance, Down, Example, Trouble
from tests.channels.shopping import (
    a_customer,
    a_line,
    a_product,
    an_order,
    at,
    bag,
    said,
    signs,
)

MERGED = {"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/501", "status": "completed"}
BODIES = [
    said("orders/create", **an_order()),
    said("orders/updated", **an_order(financial_status="partially_refunded", updated_at=at(1))),
    said("orders/edited", order_edit={"order_id": 9001}),
    said("order_transactions/create", id=1, order_id=9001),
    said("refunds/create", id=2, order_id=9001),
    said("customers/update", **a_customer()),
    said("customers/merge", **MERGED),
    said("inventory_levels/update", inventory_item_id=5, location_id=6, available=None),
    said("products/update", **a_product()),
    said("products/delete", id=601),
]
UNKNOWN = [
    said("orders/polished", **an_order()),
    said("orders/updated", **an_order(financial_status="half")),
]


class TestShopify(Conformance):
    @pytest.fixture
    def example(self) -> Example:
        def signed(body: bytes, secret: Any, when: Any) -> Any:
            return signs(body, secret, when, shop="acct_example")

        return Example(
            opens=shopify.adapter, signs=signed, bodies=BODIES, unknown=UNKNOWN, signs_time=False
        )


EXAMPLE = Example(opens=shopify.adapter, signs=signs, bodies=BODIES)
SHOP = shopify.adapter(
    replace(EXAMPLE.account(), account="kitchen.myshopify.com"), Down(Trouble.UNAVAILABLE)
)


def delivery(topic: str, **fields: Any) -> Delivery:
    return EXAMPLE.delivery(said(topic, **fields))


def told(topic: str, **fields: Any) -> Any:
    """What the one piece of news in a delivery tells of."""
    [news] = SHOP.parse(delivery(topic, **fields))
    assert isinstance(news, Snapshot)
    return news.told


def ordered(**fields: Any) -> OrderTold:
    return told("orders/updated", **an_order(**fields))


def test_an_order_adds_up():
    order = ordered()

    assert (order.ref, order.number, order.state) == ("9001", "#1001", OrderState.CONFIRMED)
    assert (order.total_minor, order.delivery_minor) == (25_00, 5_00)
    [line] = order.lines
    assert (line.total_minor, line.tax_minor, line.unit_minor) == (20_00, 3_47, 10_00)
    assert order.customer
    assert order.customer.ref == "501"


def test_tax_that_is_added_stands_inside():
    line = a_line(
        tax_lines=[{"price_set": bag("4.00")}], discount_allocations=[{"amount_set": bag("1.00")}]
    )
    order = ordered(taxes_included=False, line_items=[line], total_price_set=bag("28.00"))

    [found] = order.lines
    assert (found.total_minor, found.tax_minor, found.unit_minor) == (23_00, 4_00, 12_00)


def test_a_tip_that_stands_in_no_line_is_part_of_the_rest():
    order = ordered(total_tip_received="2.00", total_price_set=bag("27.00"))

    assert order.delivery_minor == 7_00


def refunded(kind: str, quantity: int = 1) -> list[dict[str, Any]]:
    return [
        {"refund_line_items": [{"quantity": quantity, "restock_type": kind, "line_item_id": 71}]}
    ]


@pytest.mark.parametrize(
    ("fulfilled", "line", "refunds", "buckets"),
    [
        (None, {}, [], (0, 0, 0)),
        ("partial", {"fulfillable_quantity": 1}, [], (0, 1, 0)),
        ("fulfilled", {"fulfillable_quantity": 0}, [], (0, 2, 0)),
        (
            "fulfilled",
            {"fulfillable_quantity": 0, "current_quantity": 1},
            refunded("return"),
            (0, 2, 1),
        ),
        (
            None,
            {"fulfillable_quantity": 1, "current_quantity": 1},
            refunded("cancel"),
            (1, 0, 0),
        ),
        (
            None,
            {"fulfillable_quantity": 1, "current_quantity": 1},
            refunded("no_restock"),
            (1, 0, 0),
        ),
        ("partial", {"fulfillable_quantity": 0, "current_quantity": 1}, [], (1, 1, 0)),
    ],
)
def test_each_unit_is_in_one_bucket(fulfilled, line, refunds, buckets):
    order = ordered(fulfillment_status=fulfilled, line_items=[a_line(**line)], refunds=refunds)

    [found] = order.lines
    assert (found.cancelled, found.handed_over, found.returned) == buckets


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"financial_status": "pending"}, OrderState.PLACED),
        ({"fulfillment_status": "fulfilled"}, OrderState.COMPLETED),
        ({"cancelled_at": at(), "fulfillment_status": "fulfilled"}, OrderState.CANCELLED),
        ({"financial_status": "half"}, OrderState.CONFIRMED),
    ],
)
def test_where_an_order_is_in_its_life(fields, state):
    assert ordered(**fields).state is state


def test_what_was_never_sent_of_a_cancelled_order_is_cancelled():
    [line] = ordered(cancelled_at=at()).lines

    assert (line.cancelled, line.handed_over) == (2, 0)


def test_an_address_that_was_not_confirmed_is_only_claimed():
    claimed = told("customers/update", **a_customer(verified_email=False))

    strength = {each.kind.value: each.strength for each in claimed.identities}
    assert strength["EMAIL"] is EvidenceStrength.WEAK


def test_only_a_merge_that_is_done_is_news():
    assert SHOP.parse(delivery("customers/merge", **{**MERGED, "status": "failed"})) == []
    [hint] = SHOP.parse(delivery("customers/merge", **MERGED))
    assert hint == RefetchHint(Thing.CUSTOMER, "gid://shopify/Customer/501")


def test_each_variant_is_a_product():
    found = [each.told for each in SHOP.parse(delivery("products/update", **a_product()))]

    assert [(each.sku, each.name) for each in found] == [
        ("LID-blue", "Lid, blue"),
        ("LID-red", "Lid, red"),
    ]
    assert {each.price.minor for each in found} == {3_00}


def test_a_coin_that_does_not_exist_is_refused():
    with pytest.raises(Unreadable, match=r"25\.001"):
        ordered(total_price_set=bag("25.001"))


def test_a_delivery_for_another_shop_is_not_taken():
    body = said("orders/create", **an_order())
    other = Delivery(
        endpoint="example",
        headers=signs(body, NEW, shop="other.myshopify.com"),
        body=body,
        received_at=NOW,
    )

    with pytest.raises(Forged):
        SHOP.verify(other, [NEW], NOW)


@pytest.mark.parametrize("thing", ASKED)
@pytest.mark.parametrize("query", ["nodes", "changed"])
async def test_each_query_is_valid_in_the_official_schema(thing, query):
    schema = await to_thread(official)

    assert validate(schema, parse(getattr(ASKED[thing], query))) == []


async def test_a_field_that_shopify_does_not_have_would_be_seen():
    schema = await to_thread(official)

    assert validate(schema, parse("{ orders(first: 1) { nodes { totalPrise } } }"))


def test_what_does_not_fit_into_an_answer_is_told_and_spoils_no_other():
    whole = {"nodes": [], "pageInfo": {"hasNextPage": True}}

    found = shaped({"refunds": [{"refund_line_items": whole}]}, ASKED[Thing.ORDER])

    assert isinstance(found, CallFailed)
    assert "more of it" in found.why
    [news] = of_listed(found, EXAMPLE.account(), Options())
    assert isinstance(news, Unrecognised)

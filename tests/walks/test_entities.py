"""What a router asks for: many entities by their keys, in few reads, each failing alone."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from domain.shop import Shop
from domain.viewer import SYSTEM, Role
from gateway import logs
from resolvers import entities as resolvers
from resolvers.context import Context, Info
from resolvers.selection import Selection
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.stores import MongoStores
from tests.client import Client
from tests.conftest import UNTIL, Reads
from tests.walks.representations import ENTITIES, Representation, by_id


async def found(
    kassa: Client, representations: list[Representation], token: str | None
) -> list[Any]:
    data = await kassa.ask(ENTITIES, token, representations=representations)
    return data["_entities"]


KINDS = [
    "Channel",
    "Customer",
    "Fulfillment",
    "Incident",
    "JournalEntry",
    "Location",
    "LoyaltyAccount",
    "LoyaltyEntry",
    "Order",
    "Payment",
    "PaymentLink",
    "PaymentOperation",
    "Product",
    "Refund",
    "Reservation",
    "Return",
    "StockLevel",
    "Transfer",
]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_hundred_of_a_kind_are_one_read(
    kassa: Client, reads: Reads, staff: str, entities: Mapping[str, list[str]], kind: str
):
    asked = entities[kind][:100]
    reads.forget()

    answers = await found(kassa, [by_id(kind, key) for key in asked], staff)

    assert [(answer["__typename"], answer["id"]) for answer in answers] == [
        (kind, key) for key in asked
    ]
    assert len(reads) == 1, reads.commands


async def test_each_type_and_key_is_one_read_and_order_and_duplicates_are_kept(
    kassa: Client, reads: Reads, staff: str, shop: Shop
):
    orders, customers = shop.orders[:3], shop.customers[:3]
    asked = [
        *({"__typename": "Order", "id": order.id} for order in orders),
        *({"__typename": "Customer", "number": one.number} for one in customers),
        *({"__typename": "Order", "number": order.number} for order in reversed(orders)),
        {"__typename": "Order", "id": orders[1].id},
        *({"__typename": "Customer", "id": one.id} for one in customers),
        {"__typename": "Order", "id": orders[1].id},
    ]
    reads.forget()

    answers = await found(kassa, asked, staff)

    assert [answer["number"] for answer in answers] == [
        *(order.number for order in orders),
        *(one.number for one in customers),
        *(order.number for order in reversed(orders)),
        orders[1].number,
        *(one.number for one in customers),
        orders[1].number,
    ]
    assert len(reads) == 4, reads.commands


async def test_what_is_asked_below_is_one_read_a_level(
    kassa: Client, reads: Reads, staff: str, shop: Shop
):
    query = """
    query ($representations: [_Any!]!) {
      _entities(representations: $representations) {
        ... on Order { payments { state } lines { product { name } } }
      }
    }"""
    asked = [by_id("Order", order.id) for order in shop.orders[:50]]
    reads.forget()

    await kassa.ask(query, staff, representations=asked)

    assert len(reads) == 3, reads.commands


async def test_names_find_what_ids_find(kassa: Client, staff: str, shop: Shop):
    product, location = shop.products[0], shop.locations[0]

    answers = await found(
        kassa,
        [
            {"__typename": "Product", "sku": product.sku},
            {"__typename": "Location", "code": location.code},
        ],
        staff,
    )

    assert [answer["id"] for answer in answers] == [product.id, location.id]


async def test_a_level_is_found_by_its_sku_and_the_code_of_its_location(
    kassa: Client, reads: Reads, staff: str, shop: Shop
):
    codes = {location.id: location.code for location in shop.locations}
    levels = shop.stock_levels[:40]
    asked = [
        {
            "__typename": "StockLevel",
            "product": {"sku": level.sku},
            "location": {"code": codes[level.location_id]},
        }
        for level in levels
    ]
    reads.forget()

    answers = await found(kassa, asked, staff)

    assert [answer["id"] for answer in answers] == [level.id for level in levels]
    assert len(reads) == 2, reads.commands


async def test_a_key_that_finds_nothing_is_null_without_an_error(
    kassa: Client, staff: str, shop: Shop
):
    other = shop.orders[0].id[:-4] + "0000"
    level = {"product": {"sku": "NOTHING"}, "location": {"code": "NOWHERE"}}

    answers = await found(
        kassa,
        [
            by_id("Order", other),
            {"__typename": "Product", "sku": "NOTHING"},
            {"__typename": "Customer", "number": ""},
            {"__typename": "StockLevel", **level},
        ],
        staff,
    )

    assert answers == [None, None, None, None]


async def test_what_is_out_of_reach_is_as_what_does_not_exist(
    kassa: Client, reads: Reads, tokens: dict[Role, str], shop: Shop
):
    hers = next(one for one in shop.orders if one.customer_id == shop.customers[0].id)
    theirs = next(one for one in shop.orders if one.customer_id != shop.customers[0].id)
    asked = [by_id("Order", hers.id), by_id("Order", theirs.id)]

    assert [each and each["id"] for each in await found(kassa, asked, tokens[Role.SHOPPER])] == [
        hers.id,
        None,
    ]
    reads.forget()
    assert await found(kassa, asked, None) == [None, None]
    assert len(reads) == 0


async def test_surplus_fields_are_ignored(kassa: Client, staff: str, shop: Shop):
    order = shop.orders[0]
    asked = {"__typename": "Order", "id": order.id, "number": 42, "nope": {"a": [1]}}

    assert (await found(kassa, [asked], staff))[0]["number"] == order.number


async def test_representations_are_left_as_they_were(stocked: Database, shop: Shop):
    level = {"product": {"sku": "A"}, "location": {"code": "STO"}}
    asked = [
        {"__typename": "Order", "id": shop.orders[0].id, "more": [1]},
        {"__typename": "StockLevel", **level},
        {"__typename": "Nope"},
    ]
    before = deepcopy(asked)
    context = Context(
        SYSTEM,
        MongoRepositories(stocked),
        MongoStores(stocked),
        served=views.unified().served,
        now=UNTIL,
        country="SE",
        audit=logs.audit,
    )

    await resolvers.entities(Info(context, Selection((), {})), representations=asked)

    assert asked == before


async def test_none_asked_none_answered(kassa: Client, reads: Reads, staff: str):
    reads.forget()

    assert await found(kassa, [], staff) == []
    assert len(reads) == 0


async def test_a_thousand_are_answered_and_one_more_is_refused(
    kassa: Client, reads: Reads, staff: str, shop: Shop
):
    asked = [by_id("Product", shop.products[n % 5].id) for n in range(1000)]
    reads.forget()

    assert len(await found(kassa, asked, staff)) == 1000
    assert len(reads) == 1

    error = await kassa.refusal(ENTITIES, staff, representations=[*asked, asked[0]])
    assert error["message"] == "Ask for at most 1000 representations at once."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_literal_may_hold_variables(kassa: Client, staff: str, shop: Shop):
    query = """
    query ($id: ID!) {
      _entities(representations: [{__typename: "Order", id: $id}]) { ... on Order { number } }
    }"""

    data = await kassa.ask(query, staff, id=shop.orders[0].id)

    assert data["_entities"][0]["number"] == shop.orders[0].number


async def test_the_service_shows_its_sdl(kassa: Client):
    data = await kassa.ask("{ _service { sdl } }")

    assert data["_service"]["sdl"].startswith("extend schema @link(")

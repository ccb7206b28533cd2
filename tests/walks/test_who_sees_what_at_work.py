"""Visitors, clerks, partners and the rest: what each of them reaches."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

from domain.catalog import Location
from domain.customers import IdentityKind
from domain.operations import Channel
from domain.shop import Shop
from domain.viewer import Role
from gateway import auth
from tests.client import Client
from tests.walks.belongings import UNKNOWN, two_who_have_everything
from tests.walks.everything import documents
from tests.walks.paging import PAGE_INFO, walk

ORDERS = f"""
query ($cursor: Cursor, $channels: [ID!], $location: ID) {{
  orders(first: 100, after: $cursor, channels: $channels, location: $location) {{
    edges {{ cursor node {{ id }} }} {PAGE_INFO}
  }}
}}"""
PAYMENTS = f"""
query ($cursor: Cursor, $channels: [ID!]) {{
  payments(first: 100, after: $cursor, channels: $channels) {{
    edges {{ cursor node {{ id }} }} {PAGE_INFO}
  }}
}}"""
COUNT = "{ orders { totalCount(cap: 10000) } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
FIND = """
query ($kind: IdentityKind!, $value: String!) {
  findCustomers(by: { kind: $kind, value: $value }, purpose: SALE) { number }
}"""
PHONE = {"kind": "PHONE", "value": "070-123 45 67"}
OF_PEOPLE = re.compile(r"\b(?:cus|loy|lye|ord|orl|ful|ret|pay|pop|rfd|adr|stk)_[0-9A-Z]{26}\b")
A_CUSTOMER = re.compile(r"\b(?:cus|loy|lye|adr)_[0-9A-Z]{26}\b")
SEARCHERS = frozenset({Role.CLERK, Role.SUPPORT, Role.SYSTEM})


def id_set(items: Iterable[Any]) -> set[str]:
    return {item["id"] if isinstance(item, dict) else item.id for item in items}


def store(shop: Shop, code: str) -> Location:
    return next(location for location in shop.locations if location.code == code)


def channel(shop: Shop, code: str) -> Channel:
    return next(channel for channel in shop.channels if channel.code == code)


# Visitors


async def test_a_visitor_sees_the_catalogue_and_what_is_available(kassa: Client, shop: Shop):
    query = """
    query ($channel: ID!) {
      product(sku: "MUG-FJORD-BLUE") {
        name price(channel: $channel) { unit { gross { minor } } }
        availability(channel: $channel) { edges { node { sellable explain { quantity } } } }
      }
      locations { code }
      channels { code }
    }"""

    data = await kassa.ask(query, channel=channel(shop, "webshop-se").id)

    assert data["product"]["price"]["unit"]["gross"]["minor"] > 0
    assert data["product"]["availability"]["edges"]
    assert len(data["locations"]) == len(shop.locations)
    assert len(data["channels"]) == len(shop.channels)


async def test_a_visitor_sees_no_person_no_order_no_payment_and_no_stock_level(
    kassa: Client, shop: Shop
):
    for document in documents(shop, shop.customers[0]):
        answer = await kassa.ask(document)

        assert OF_PEOPLE.findall(json.dumps(answer)) == []


@pytest.mark.parametrize("role", [Role.ANONYMOUS, Role.SHOPPER, Role.PARTNER])
async def test_stock_levels_are_for_staff(
    kassa: Client, shop: Shop, tokens: dict[Role, str], role: Role
):
    level, query = shop.stock_levels[0], "query ($id: ID!) { node(id: $id) { id } }"
    there = await kassa.post(query, tokens.get(role), id=level.id)
    nowhere = await kassa.post(query, tokens.get(role), id=f"stk_{UNKNOWN}")
    lists = await kassa.ask(
        '{ stockLevels { edges { cursor } } product(sku: "MUG-FJORD-BLUE") { levels { id } } }',
        tokens.get(role),
    )

    assert there == nowhere == {"data": {"node": None}}
    assert lists == {"stockLevels": {"edges": []}, "product": {"levels": []}}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("kind", "value"), [("PHONE", "070-123 45 67"), ("EMAIL", "maja.sundberg@example.com")]
)
async def test_only_who_serves_people_may_look_them_up(
    kassa: Client, tokens: dict[Role, str], role: Role, kind: str, value: str
):
    found = await kassa.ask(FIND, tokens.get(role), kind=kind, value=value)

    assert bool(found["findCustomers"]) is (role in SEARCHERS)


# Clerks


@pytest.mark.parametrize("code", ["STO", "GOT"])
async def test_a_clerks_lists_are_those_of_the_store(kassa: Client, shop: Shop, code: str):
    here = store(shop, code).id
    token = auth.token(Role.CLERK, here)

    orders = await walk(kassa, ORDERS, token)
    payments = await walk(kassa, PAYMENTS, token)
    counted = await kassa.ask(COUNT, token)

    wanted = id_set(order for order in shop.orders if here in order.location_ids)
    assert id_set(orders) == wanted
    assert counted["orders"]["totalCount"] == len(wanted)
    assert id_set(payments) == id_set(it for it in shop.payments if here in it.location_ids)


async def test_a_clerk_who_filters_for_another_store_sees_what_both_have(kassa: Client, shop: Shop):
    here, there = store(shop, "STO").id, store(shop, "GOT").id

    orders = await walk(kassa, ORDERS, auth.token(Role.CLERK, here), location=there)

    assert id_set(orders) == id_set(
        order for order in shop.orders if {here, there} <= set(order.location_ids)
    )


async def test_a_clerk_with_a_key_reaches_further_than_the_store(kassa: Client, shop: Shop):
    token = auth.token(Role.CLERK, store(shop, "HEL").id)
    person, _ = two_who_have_everything(shop)
    keys = [person.customer.id, person.orders[0].id, person.payments[0].id]
    query = """
    query ($number: String!, $order: String!) {
      customer(number: $number) { orders { totalCount } }
      order(number: $order) { id payments { id } }
    }"""

    data = await kassa.ask(
        query, token, number=person.customer.number, order=person.orders[0].number
    )
    found = await kassa.ask(NODES, token, ids=keys)

    assert data["customer"]["orders"]["totalCount"] == len(person.orders)
    assert data["order"]["id"] == person.orders[0].id
    assert data["order"]["payments"]
    assert found["nodes"] == [{"id": key} for key in keys]


# Partners


@pytest.mark.parametrize("code", ["nordicfinds", "webshop-fi"])
async def test_a_partner_reaches_their_channels_alone(kassa: Client, shop: Shop, code: str):
    own = channel(shop, code).id
    token = auth.token(Role.PARTNER, own)
    every_channel = [each.id for each in shop.channels]

    orders = await walk(kassa, ORDERS, token, channels=every_channel)
    payments = await walk(kassa, PAYMENTS, token, channels=every_channel)
    counted = await kassa.ask(COUNT, token)

    wanted = id_set(order for order in shop.orders if order.channel_id == own)
    assert id_set(orders) == wanted
    assert counted["orders"]["totalCount"] == len(wanted)
    assert id_set(payments) == id_set(it for it in shop.payments if it.channel_id == own)


@pytest.mark.parametrize("room", ["orders", "payments", "fulfillments", "returns"])
async def test_an_id_leads_a_partner_to_their_channels_alone(kassa: Client, shop: Shop, room: str):
    own = channel(shop, "webshop-fi").id
    things = getattr(shop, room)
    mine = [it.id for it in things if it.channel_id == own][:100]
    others = [it.id for it in things if it.channel_id != own][:100]
    token = auth.token(Role.PARTNER, own)

    assert (await kassa.ask(NODES, token, ids=mine))["nodes"] == [{"id": key} for key in mine]
    assert (await kassa.ask(NODES, token, ids=others))["nodes"] == [None] * len(others)


@pytest.mark.parametrize("code", ["nordicfinds", "webshop-se", "app-se", "pos-se"])
async def test_a_partner_never_sees_a_customer(kassa: Client, shop: Shop, code: str):
    own = channel(shop, code)
    buyer = next(
        customer
        for customer in shop.customers
        for order in shop.orders
        if order.customer_id == customer.id
        and (order.channel_id == own.id or code == "nordicfinds")
    )
    token = auth.token(Role.PARTNER, own.id)

    for document in documents(shop, buyer):
        answer = json.dumps(await kassa.ask(document, token))

        assert A_CUSTOMER.findall(answer) == []
        assert buyer.display_name not in answer


# Support, finance, system


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.SYSTEM])
async def test_head_office_sees_every_order_payment_and_person(
    kassa: Client, shop: Shop, tokens: dict[Role, str], role: Role
):
    counted = await kassa.ask(COUNT, tokens[role])
    payments = await walk(kassa, PAYMENTS, tokens[role])
    people = await kassa.ask(NODES, tokens[role], ids=[it.id for it in shop.customers[:100]])

    assert counted["orders"]["totalCount"] == len(shop.orders)
    assert id_set(payments) == id_set(shop.payments)
    assert all(people["nodes"])


# What is shown of what is reached


@pytest.mark.parametrize(
    ("role", "is_clear"),
    [
        (Role.SHOPPER, True),
        (Role.SUPPORT, True),
        (Role.SYSTEM, True),
        (Role.CLERK, False),
        (Role.FINANCE, False),
    ],
)
async def test_identities_are_masked_but_for_the_person_and_who_must_call(
    kassa: Client, shop: Shop, tokens: dict[Role, str], role: Role, is_clear: bool
):
    customer = shop.customers[0]
    query = '{ customer(number: "K-1001") { identities { kind masked } } }'

    data = await kassa.ask(query, tokens[role])

    shown = {each["kind"]: each["masked"] for each in data["customer"]["identities"]}
    stored = {each.kind.value: each.value for each in customer.identities}
    card = shown.pop(IdentityKind.CARD_FINGERPRINT)
    assert stored[IdentityKind.CARD_FINGERPRINT] not in card
    assert len(shown) == 3
    assert all((shown[kind] == stored[kind]) is is_clear for kind in shown)
    if not is_clear:
        assert shown["EMAIL"] == "m•••@example.com"
        assert shown["PHONE"] == "+46•••67"


async def test_internal_remarks_are_for_staff(kassa: Client, shop: Shop, tokens: dict[Role, str]):
    order = next(
        order
        for order in shop.orders
        if order.customer_id and any(it.visibility == "INTERNAL" for it in order.metadata)
    )
    query = 'query ($id: ID!) { order(id: $id) { metadata(keys: ["fraud note"]) { value } } }'
    outside = [auth.token(Role.SHOPPER, order.customer_id)]
    outside.append(auth.token(Role.PARTNER, order.channel_id))
    inside = [tokens[role] for role in (Role.CLERK, Role.SUPPORT, Role.FINANCE, Role.SYSTEM)]

    for token in outside:
        assert (await kassa.ask(query, token, id=order.id))["order"]["metadata"] == []
    for token in inside:
        assert (await kassa.ask(query, token, id=order.id))["order"]["metadata"]


async def test_staff_cannot_read_a_pickup_code(kassa: Client, shop: Shop, tokens: dict[Role, str]):
    parcel = next(it for it in shop.fulfillments if it.pickup and it.customer_id)
    query = "query ($id: ID!) { node(id: $id) { ... on Fulfillment { pickup { code } } } }"
    codes = {
        role: (await kassa.ask(query, tokens[role], id=parcel.id))["node"]["pickup"]["code"]
        for role in (Role.CLERK, Role.SUPPORT, Role.FINANCE)
    }
    owner = auth.token(Role.SHOPPER, parcel.customer_id)
    assert parcel.pickup

    assert set(codes.values()) == {"••••"}
    assert (await kassa.ask(query, owner, id=parcel.id))["node"]["pickup"]["code"] == (
        parcel.pickup.code
    )

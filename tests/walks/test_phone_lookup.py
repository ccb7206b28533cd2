"""A clerk finds the customer and the late parcel by telephone number."""

from __future__ import annotations

import pytest

from domain import ids
from domain.orders import FulfillmentState
from domain.shop import Shop
from domain.viewer import Role
from tests.client import Client

FAMILY = ["Elias Sundberg", "Maja Sundberg", "Signe Sundberg"]
WRITTEN = [
    "070-123 45 67",
    "+46701234567",
    "0046 70 123 45 67",
    "(070) 1234567",
    "+46 (0)70-123 45 67",
    "tel:+46-70-123-45-67",
    "070.123.45.67",
]
FIND = """
query ($phone: String!) {
  findCustomers(by: { kind: PHONE, value: $phone }, purpose: SERVICE_CALL) {
    id
    displayName
    identities { kind masked }
    orders(first: 10, states: [CONFIRMED]) {
      edges { node { id fulfillments { state tracking { carrier code url } } } }
    }
  }
}"""


@pytest.mark.parametrize("phone", WRITTEN)
@pytest.mark.parametrize("role", [Role.CLERK, Role.SUPPORT])
async def test_however_it_is_written_a_number_finds_the_family(
    kassa: Client, tokens: dict[Role, str], phone: str, role: Role
):
    data = await kassa.ask(FIND, tokens[role], phone=phone)

    assert sorted(person["displayName"] for person in data["findCustomers"]) == FAMILY


@pytest.mark.parametrize("phone", ["070-123 45 68", "+47 70 12 34 56", "+358701234567", "1234567"])
async def test_another_number_finds_nobody(kassa: Client, tokens: dict[Role, str], phone: str):
    data = await kassa.ask(FIND, tokens[Role.CLERK], phone=phone)

    assert data["findCustomers"] == []


async def test_the_late_parcel_has_a_carrier_and_a_number_to_ask_for(
    kassa: Client, shop: Shop, tokens: dict[Role, str]
):
    data = await kassa.ask(FIND, tokens[Role.CLERK], phone=WRITTEN[0])

    for person in data["findCustomers"]:
        seen = {
            (edge["node"]["id"], parcel["tracking"][0]["carrier"], parcel["tracking"][0]["code"])
            for edge in person["orders"]["edges"]
            for parcel in edge["node"]["fulfillments"]
            if parcel["state"] == FulfillmentState.SHIPPED
        }
        assert seen == {
            (parcel.order_id, parcel.tracking[0].carrier, parcel.tracking[0].code)
            for parcel in shop.fulfillments
            if parcel.customer_id == person["id"] and parcel.state is FulfillmentState.SHIPPED
        }
    maja = next(it for it in data["findCustomers"] if it["displayName"] == "Maja Sundberg")
    assert any(
        parcel["tracking"]
        for edge in maja["orders"]["edges"]
        for parcel in edge["node"]["fulfillments"]
    )


async def test_the_family_shares_the_number_and_a_clerk_reads_it_masked(
    kassa: Client, tokens: dict[Role, str]
):
    data = await kassa.ask(FIND, tokens[Role.CLERK], phone=WRITTEN[0])

    for person in data["findCustomers"]:
        assert {"kind": "PHONE", "masked": "+46•••67"} in person["identities"]


async def test_the_newest_orders_come_first(kassa: Client, shop: Shop, tokens: dict[Role, str]):
    data = await kassa.ask(FIND, tokens[Role.CLERK], phone=WRITTEN[0])

    for person in data["findCustomers"]:
        open_orders = [
            order
            for order in shop.orders
            if order.customer_id == person["id"] and order.state == "CONFIRMED"
        ]
        newest = sorted(open_orders, key=lambda it: (it.placed_at, it.id), reverse=True)[:10]
        assert [edge["node"]["id"] for edge in person["orders"]["edges"]] == [
            order.id for order in newest
        ]
        assert ids.kind_of(person["id"]) is ids.Kind.CUSTOMER

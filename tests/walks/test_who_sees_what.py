"""A shopper reaches what is theirs, by every door, and nothing of anybody else's."""

from __future__ import annotations

import json
import re

import pytest

from domain.ids import Kind
from domain.shop import Shop
from domain.viewer import Role
from gateway import auth
from tests.client import Client
from tests.walks.belongings import UNKNOWN, Belongings, two_who_have_everything
from tests.walks.everything import documents
from tests.walks.paging import PAGE_INFO, walk

OF_PEOPLE = (
    Kind.CUSTOMER,
    Kind.LOYALTY_ACCOUNT,
    Kind.LOYALTY_ENTRY,
    Kind.ORDER,
    Kind.FULFILLMENT,
    Kind.RETURN,
    Kind.PAYMENT,
    Kind.OPERATION,
    Kind.REFUND,
)
PERSONAL_ID = re.compile(
    rf"\b(?:{'|'.join((*OF_PEOPLE, Kind.ADDRESS, Kind.ORDER_LINE))})_[0-9A-Z]{{26}}\b"
)
NODE = "query ($id: ID!) { node(id: $id) { id __typename } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
BY_ID = {
    Kind.CUSTOMER: "query ($key: ID!) { one: customer(id: $key) { id } }",
    Kind.ORDER: "query ($key: ID!) { one: order(id: $key) { id } }",
    Kind.PAYMENT: "query ($key: ID!) { one: payment(id: $key) { id } }",
}
CUSTOMER_BY_NUMBER = "query ($key: String!) { one: customer(number: $key) { id } }"
ORDER_BY_NUMBER = "query ($key: String!) { one: order(number: $key) { id } }"
ORDER_BY_REF = "query ($key: String!) { one: order(ref: $key) { id } }"
PAYMENT_BY_REF = """
query ($provider: String!, $key: String!) {
  one: payment(provider: $provider, providerRef: $key) { id }
}"""
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


@pytest.fixture(scope="module")
def people(shop: Shop) -> tuple[Belongings, Belongings]:
    return two_who_have_everything(shop)


@pytest.fixture
def me(people: tuple[Belongings, Belongings]) -> Belongings:
    return people[0]


@pytest.fixture
def other(people: tuple[Belongings, Belongings]) -> Belongings:
    return people[1]


async def reached(kassa: Client, query: str, token: str | None, keys: list[str]) -> list[str]:
    """The ids of what is found by each of these keys."""
    found = [(await kassa.ask(query, token, key=key))["one"] for key in keys]
    return [one["id"] for one in found if one]


@pytest.mark.parametrize("kind", OF_PEOPLE)
async def test_node_and_nodes_lead_a_shopper_to_their_own_alone(
    kassa: Client, me: Belongings, other: Belongings, kind: Kind
):
    mine, theirs = me.nodes[kind][:100], other.nodes[kind][:100]

    found = await kassa.ask(NODES, me.token, ids=mine)
    foreign = await kassa.ask(NODES, me.token, ids=theirs)
    mixed = await kassa.ask(NODES, me.token, ids=[theirs[0], mine[0]])
    one = await kassa.ask(NODE, me.token, id=mine[0])
    none = await kassa.ask(NODE, me.token, id=theirs[0])

    assert found["nodes"] == [{"id": key} for key in mine]
    assert foreign["nodes"] == [None] * len(theirs)
    assert mixed["nodes"] == [None, {"id": mine[0]}]
    assert one["node"]["id"] == mine[0]
    assert none["node"] is None


@pytest.mark.parametrize("kind", BY_ID)
async def test_an_id_leads_a_shopper_to_their_own_alone(
    kassa: Client, me: Belongings, other: Belongings, kind: Kind
):
    mine, theirs = me.nodes[kind][:5], other.nodes[kind][:5]

    assert await reached(kassa, BY_ID[kind], me.token, mine) == mine
    assert await reached(kassa, BY_ID[kind], me.token, theirs) == []


async def test_a_number_leads_a_shopper_to_their_own_alone(
    kassa: Client, me: Belongings, other: Belongings
):
    for query, mine, theirs in (
        (CUSTOMER_BY_NUMBER, [me.customer], [other.customer]),
        (ORDER_BY_NUMBER, me.orders[:5], other.orders[:5]),
    ):
        found = await reached(kassa, query, me.token, [one.number for one in mine])

        assert found == [one.id for one in mine]
        assert await reached(kassa, query, me.token, [one.number for one in theirs]) == []


async def test_a_name_in_another_system_leads_a_shopper_to_their_own_alone(
    kassa: Client, me: Belongings, other: Belongings
):
    assert len(await reached(kassa, ORDER_BY_REF, me.token, me.refs[:5])) == 5
    assert await reached(kassa, ORDER_BY_REF, me.token, other.refs) == []


async def test_a_providers_reference_leads_a_shopper_to_their_own_alone(
    kassa: Client, me: Belongings, other: Belongings
):
    for provider, key in me.provider_refs[:10]:
        found = await kassa.ask(PAYMENT_BY_REF, me.token, provider=provider, key=key)
        assert found["one"]["id"] in me.nodes[Kind.PAYMENT]
    for provider, key in other.provider_refs:
        found = await kassa.ask(PAYMENT_BY_REF, me.token, provider=provider, key=key)
        assert found["one"] is None


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_shoppers_lists_hold_their_own_alone_whatever_is_filtered_for(
    kassa: Client, shop: Shop, me: Belongings, everywhere: bool
):
    channels = [channel.id for channel in shop.channels] if everywhere else None

    orders = await walk(kassa, ORDERS, me.token, channels=channels)
    payments = await walk(kassa, PAYMENTS, me.token, channels=channels)

    assert {order["id"] for order in orders} == set(me.nodes[Kind.ORDER])
    assert {payment["id"] for payment in payments} == set(me.nodes[Kind.PAYMENT])


async def test_a_stores_orders_are_no_shoppers(kassa: Client, shop: Shop, me: Belongings):
    for location in shop.locations:
        orders = await walk(kassa, ORDERS, me.token, location=location.id)

        assert {order["id"] for order in orders} <= set(me.nodes[Kind.ORDER])


async def test_a_shopper_counts_only_their_own(kassa: Client, me: Belongings):
    data = await kassa.ask("{ orders { totalCount(cap: 10000) } }", me.token)

    assert data["orders"]["totalCount"] == len(me.orders)


async def test_no_edge_leads_from_a_shoppers_own_to_anybody_elses(
    kassa: Client, shop: Shop, people: tuple[Belongings, Belongings]
):
    for asking, asked in (people, people[::-1]):
        for document in documents(shop, asked.customer):
            answer = await kassa.post(document, asking.token)

            assert "errors" not in answer
            assert set(PERSONAL_ID.findall(json.dumps(answer))) <= asking.ids


async def test_edges_lead_a_shopper_around_their_own(kassa: Client, me: Belongings):
    query = """
    query ($order: ID!, $payment: ID!) {
      order(id: $order) { customer { id orders(first: 1) { totalCount } } payments { id } }
      payment(id: $payment) { order { id customer { id } } }
    }"""
    payment = me.payments[0]

    data = await kassa.ask(query, me.token, order=payment.order_id, payment=payment.id)

    assert data["order"]["customer"]["id"] == me.customer.id
    assert data["order"]["customer"]["orders"]["totalCount"] == len(me.orders)
    assert {"id": payment.id} in data["order"]["payments"]
    assert data["payment"]["order"] == {
        "id": payment.order_id,
        "customer": {"id": me.customer.id},
    }


@pytest.mark.parametrize("kind", OF_PEOPLE)
@pytest.mark.parametrize("role", [Role.ANONYMOUS, Role.SHOPPER, Role.PARTNER])
async def test_what_is_out_of_reach_answers_as_what_does_not_exist(
    kassa: Client,
    tokens: dict[Role, str],
    me: Belongings,
    other: Belongings,
    kind: Kind,
    role: Role,
):
    token = me.token if role is Role.SHOPPER else tokens.get(role)
    foreign, unknown = other.nodes[kind][0], f"{kind}_{UNKNOWN}"

    for query, name in ((NODE, "id"), (BY_ID.get(kind, NODE), "key" if kind in BY_ID else "id")):
        there = await kassa.post(query, token, **{name: foreign})
        nowhere = await kassa.post(query, token, **{name: unknown})

        assert there == nowhere
        assert "errors" not in there


async def test_a_key_out_of_reach_answers_as_one_that_does_not_exist(
    kassa: Client, me: Belongings, other: Belongings
):
    provider, ref = other.provider_refs[0]
    pairs = (
        (CUSTOMER_BY_NUMBER, {"key": other.customer.number}, {"key": "K-999999"}),
        (ORDER_BY_NUMBER, {"key": other.orders[0].number}, {"key": "X-999999"}),
        (ORDER_BY_REF, {"key": other.refs[0]}, {"key": "no:such:ref"}),
        (PAYMENT_BY_REF, {"provider": provider, "key": ref}, {"provider": provider, "key": "none"}),
    )
    for query, there, nowhere in pairs:
        answer = await kassa.post(query, me.token, **there)

        assert answer == await kassa.post(query, me.token, **nowhere)
        assert answer == {"data": {"one": None}}


async def test_a_token_of_a_customer_who_does_not_exist_opens_nothing(
    kassa: Client, shop: Shop, other: Belongings
):
    nobody = auth.token(Role.SHOPPER, f"cus_{UNKNOWN}")

    for document in documents(shop, other.customer):
        answer = await kassa.post(document, nobody)

        assert "errors" not in answer
        assert PERSONAL_ID.findall(json.dumps(answer)) == []

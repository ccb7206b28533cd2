"""A bad question is answered with a sentence that says what is wrong with it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import msgspec
import pytest

from domain.ids import Kind
from domain.shop import Shop
from domain.viewer import Role
from tests.client import Client

BAD_IDS = {
    "empty": "",
    "blank": "   ",
    "garbage": "garbage",
    "a prefix alone": "ord_",
    "an unknown prefix": "xyz_01JGFJJZ00B56BR85QVG95BSK2",
    "capitals": "ORD_01JGFJJZ00B56BR85QVG95BSK2",
    "too short": "ord_01JGFJJZ00",
    "too long": "ord_01JGFJJZ00B56BR85QVG95BSK2X",
    "not Crockford": "ord_01JGFJJZ00B56BR85QVG95BSKU",
    "10,000 characters": "x" * 10_000,
    "a long tail": "ord_" + "0" * 10_000,
    "unicode": "ord_🦊é漢",
    "digits of another script": "ord_٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥",
    "an operator": '{"$ne": null}',
    "an operator with a prefix": "ord_{$ne:1}",
    "a null byte": "ord_01JGFJJZ00B56BR85QVG95BSK\x00",
    "markup": "<script>alert(1)</script>",
}
BY_ID = {
    "node": "query ($id: ID!) { node(id: $id) { id } }",
    "nodes": "query ($id: ID!) { nodes(ids: [$id]) { id } }",
    "customer": "query ($id: ID!) { customer(id: $id) { id } }",
    "order": "query ($id: ID!) { order(id: $id) { id } }",
    "product": "query ($id: ID!) { product(id: $id) { id } }",
    "location": "query ($id: ID!) { location(id: $id) { id } }",
    "payment": "query ($id: ID!) { payment(id: $id) { id } }",
    "orders.channels": "query ($id: ID!) { orders(channels: [$id]) { edges { cursor } } }",
    "orders.location": "query ($id: ID!) { orders(location: $id) { edges { cursor } } }",
    "payments.channels": "query ($id: ID!) { payments(channels: [$id]) { edges { cursor } } }",
    "stockLevels.locations": (
        "query ($id: ID!) { stockLevels(locations: [$id]) { edges { cursor } } }"
    ),
    "price.channel": 'query ($id: ID!) { product(sku: "CUP-LATTE") { price(channel: $id) { unit { '
    "gross { minor } } } } }",
    "availability.channel": 'query ($id: ID!) { product(sku: "CUP-LATTE") { '
    "availability(channel: $id) { edges { cursor } } } }",
    "levels.locations": 'query ($id: ID!) { product(sku: "CUP-LATTE") { levels(locations: [$id]) '
    "{ id } } }",
}

LISTS = {
    "orders": "query ($after: Cursor, $first: Int) "
    "{ orders(after: $after, first: $first) { edges { cursor } pageInfo { endCursor } } }",
    "payments": "query ($after: Cursor, $first: Int) "
    "{ payments(after: $after, first: $first) { edges { cursor } pageInfo { endCursor } } }",
    "stockLevels": "query ($after: Cursor, $first: Int) "
    "{ stockLevels(after: $after, first: $first) { edges { cursor } pageInfo { endCursor } } }",
    "searchProducts": "query ($after: Cursor, $first: Int) "
    '{ searchProducts(text: "b", after: $after, first: $first) '
    "{ edges { cursor } pageInfo { endCursor } } }",
}
OF_CUSTOMER = """
query ($after: Cursor, $before: Cursor, $first: Int, $last: Int) {
  customer(number: "K-1001") {
    orders(after: $after, before: $before, first: $first, last: $last) { edges { cursor } }
  }
}"""
ENTRIES = """
query ($after: Cursor, $first: Int) {
  customer(number: "K-1001") {
    loyalty { entries(after: $after, first: $first) { edges { cursor } } }
  }
}"""


def packed(*row: Any) -> str:
    """A cursor of our own making."""
    return urlsafe_b64encode(msgspec.msgpack.encode(row)).rstrip(b"=").decode()


BAD_CURSORS = {
    "garbage": "garbage",
    "empty": "",
    "not base64": "!!!###",
    "unicode": "漢字",
    "10,000 characters": "A" * 10_000,
    "a null byte": "AA\x00AA",
    "an operator": packed("orders.placed", {"$ne": None}, {"$ne": None}),
    "a text for a time": packed("orders.placed", "yesterday", "x"),
    "too short a row": packed("orders.placed"),
    "too long a row": packed("orders.placed", 1, "x", "y"),
    "of no list": packed("nothing", "a", "b"),
    "a number": packed(7),
}


async def refused(kassa: Client, query: str, token: str, **variables: Any) -> str:
    """The sentence of a refusal; it is the client's mistake, and nothing was answered."""
    answer = await kassa.post(query, token, **variables)
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}, error
    assert len(error["message"]) <= 1_001
    assert error["message"][-1] in ".…'"
    assert not any(_leaves(answer.get("data")))
    return error["message"]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for child in value.values() for leaf in _leaves(child)]
    return [value]


@pytest.fixture
def token(tokens: dict[Role, str]) -> str:
    return tokens[Role.SYSTEM]


@pytest.mark.parametrize("bad", BAD_IDS.values(), ids=BAD_IDS)
@pytest.mark.parametrize("query", BY_ID.values(), ids=BY_ID)
async def test_what_is_no_id_is_refused(kassa: Client, token: str, query: str, bad: str):
    message = await refused(kassa, query, token, id=bad)

    assert "is not an id" in message
    assert len(message) < 300


@pytest.mark.parametrize("door", [door for door in BY_ID if not door.startswith("node")])
async def test_an_id_of_another_kind_is_refused(kassa: Client, shop: Shop, token: str, door: str):
    message = await refused(kassa, BY_ID[door], token, id=shop.stock_levels[0].id)

    assert "names another kind of thing: stock level, not " in message


@pytest.mark.parametrize("kind", [Kind.ORDER_LINE, Kind.ADDRESS])
@pytest.mark.parametrize("door", ["node", "nodes"])
async def test_a_part_is_no_node(kassa: Client, token: str, door: str, kind: Kind):
    message = await refused(kassa, BY_ID[door], token, id=f"{kind}_01JGFJJZ00B56BR85QVG95BSK2")

    assert f"names part of something else ({kind.words}), which is no node" in message


@pytest.mark.parametrize("bad", BAD_CURSORS.values(), ids=BAD_CURSORS)
@pytest.mark.parametrize("query", [*LISTS.values(), OF_CUSTOMER, ENTRIES])
async def test_what_is_no_cursor_is_refused(kassa: Client, token: str, query: str, bad: str):
    message = await refused(kassa, query, token, after=bad)

    assert "cursor" in message
    assert len(message) < 300


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_fits_only_its_own_list_and_whole(kassa: Client, token: str, name: str):
    data = await kassa.ask(LISTS[name], token, first=1)
    cursor = data[name]["pageInfo"]["endCursor"]

    for other in LISTS.keys() - {name}:
        assert "cursor" in await refused(kassa, LISTS[other], token, after=cursor)
    for end in (1, len(cursor) // 2, len(cursor) - 1):
        assert "cursor" in await refused(kassa, LISTS[name], token, after=cursor[:end])


async def test_a_cursor_of_another_sort_is_of_another_list(kassa: Client, token: str):
    placed = await kassa.ask("{ orders(first: 1) { pageInfo { endCursor } } }", token)
    cursor = json.dumps(placed["orders"]["pageInfo"]["endCursor"])

    by_update = f"{{ orders(after: {cursor}, orderBy: UPDATED_AT) {{ edges {{ cursor }} }} }}"

    assert "another list" in await refused(kassa, by_update, token)


@pytest.mark.parametrize("size", [0, -1, 101, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("query", [*LISTS.values(), OF_CUSTOMER, ENTRIES])
async def test_a_page_has_from_1_to_100_items(kassa: Client, token: str, query: str, size: int):
    assert "from 1 to 100" in await refused(kassa, query, token, first=size)


@pytest.mark.parametrize(
    "given",
    [
        {"first": 1, "last": 1},
        {"first": 1, "before": "x"},
        {"after": "x", "last": 1},
        {"after": "x", "before": "x"},
    ],
)
async def test_a_list_is_read_in_one_direction(kassa: Client, token: str, given: Any):
    assert "not both" in await refused(kassa, OF_CUSTOMER, token, **given)


@pytest.mark.parametrize("size", [0, -1, 101])
async def test_a_last_page_has_from_1_to_100_items(kassa: Client, token: str, size: int):
    assert "from 1 to 100" in await refused(kassa, OF_CUSTOMER, token, last=size)


@pytest.mark.parametrize(
    "asked",
    [
        "customer { id }",
        "customer(id: null) { id }",
        'customer(id: "cus_01JGFJJZ00B56BR85QVG95BSK2", number: "K-1001") { id }',
        "order { id }",
        'order(number: "1", ref: "a:b:c") { id }',
        'order(id: "ord_01JGFJJZ00B56BR85QVG95BSK2", number: "1", ref: "a:b:c") { id }',
        "product { id }",
        'product(sku: "CUP-LATTE", barcode: "1") { id }',
        "location { id }",
        'location(code: "STO", id: "loc_01JGFJJZ00B56BR85QVG95BSK2") { id }',
        "payment { id }",
        'payment(provider: "stripe") { id }',
        'payment(providerRef: "x") { id }',
        'payment(id: "pay_01JGFJJZ00B56BR85QVG95BSK2", provider: "stripe") { id }',
        'payment(id: "pay_01JGFJJZ00B56BR85QVG95BSK2", providerRef: "x") { id }',
        'payment(id: "pay_01JGFJJZ00B56BR85QVG95BSK2", provider: "a", providerRef: "x") { id }',
    ],
)
async def test_one_thing_is_asked_for_by_one_key(kassa: Client, token: str, asked: str):
    assert "Ask for a" in await refused(kassa, f"{{ {asked} }}", token)


async def test_a_hundred_keys_are_enough(kassa: Client, shop: Shop, token: str):
    ids, skus = [shop.orders[0].id] * 101, ["CUP-LATTE"] * 101

    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    products = "query ($skus: [String!]!) { products(skus: $skus) { id } }"

    assert "at most 100" in await refused(kassa, nodes, token, ids=ids)
    assert "at most 100" in await refused(kassa, products, token, skus=skus)
    assert len((await kassa.ask(nodes, token, ids=ids[:100]))["nodes"]) == 100
    assert len((await kassa.ask(products, token, skus=skus[:100]))["products"]) == 100

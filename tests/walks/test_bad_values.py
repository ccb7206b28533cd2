"""A value that means nothing is refused with a sentence; one that is merely odd finds nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.ids import Kind
from domain.shop import Shop
from domain.viewer import Role
from tests.client import Client
from tests.walks.belongings import UNKNOWN

ORDERS_SINCE = "query ($since: DateTime) { orders(since: $since, first: 1) { edges { cursor } } }"
PAYMENTS_SINCE = (
    "query ($since: DateTime) { payments(since: $since, first: 1) { edges { cursor } } }"
)
BAD_TIMES = {
    "no offset": "2026-03-01T12:00:00",
    "no time": "2026-03-01",
    "garbage": "yesterday",
    "empty": "",
    "a number": 1_767_225_600,
    "a boolean": True,
    "an object": {"$gt": 0},
    "a list": ["2026-03-01T12:00:00Z"],
    "month 13": "2026-13-01T12:00:00Z",
    "the 30th of February": "2026-02-30T12:00:00Z",
    "hour 25": "2026-03-01T25:00:00Z",
    "an offset of a day": "2026-03-01T12:00:00+24:00",
    "year 10000": "10000-01-01T00:00:00Z",
    "year 0": "0000-01-01T00:00:00Z",
    "before the first year": "0001-01-01T00:00:00+23:59",
    "after the last year": "9999-12-31T23:59:59-23:59",
    "digits of another script": "٢٠٢٦-03-01T12:00:00Z",
    "a null byte": "2026-03-01T12:00:00Z\x00",
    "10,000 characters": "2" * 10_000,
}
SEARCH = "query ($text: String!) { searchProducts(text: $text) { edges { cursor } } }"
FIND = """
query ($kind: IdentityKind!, $value: String!) {
  findCustomers(by: { kind: $kind, value: $value }, purpose: SALE) { id }
}"""
PRICE = """
query ($channel: ID!) {
  product(sku: "CUP-LATTE") { price(channel: $channel) { unit { gross { minor } } } }
}"""
AVAILABLE = """
query ($channel: ID!, $quantity: Int, $near: GeoInput) {
  product(sku: "CUP-LATTE") {
    availability(channel: $channel, quantity: $quantity, near: $near) {
      edges { node { sellable distanceKm location { code } } }
    }
  }
}"""
COUNT = "query ($cap: Int!) { orders { totalCount(cap: $cap) } }"
COUNT_OF = """
query ($cap: Int!) { customer(number: "K-1001") { orders { totalCount(cap: $cap) } } }"""
DISPLAY = """
query ($id: ID!, $locale: String!) {
  order(id: $id) { totals { grand { gross { display(locale: $locale) } } } }
}"""

BAD_LOCALES = [
    *("", " ", "'; drop", "xx", "1", "_", "-", "sv-SE-", "sv--SE", "sv/SE", "sv\x00", "🦊"),
    *("../../etc/passwd", "x" * 5_000, "sv-" * 2_000, "en-" + "a" * 5_000),
]


@pytest.fixture
def token(tokens: dict[Role, str]) -> str:
    return tokens[Role.SYSTEM]


@pytest.fixture
def webshop(shop: Shop) -> str:
    return next(channel.id for channel in shop.channels if channel.code == "webshop-se")


async def refused(kassa: Client, query: str, token: str, **variables: Any) -> str:
    """The sentence of a refusal."""
    error = await kassa.refusal(query, token, **variables)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}, error
    assert len(error["message"]) <= 1_001
    return error["message"]


@pytest.mark.parametrize("bad", BAD_TIMES.values(), ids=BAD_TIMES)
@pytest.mark.parametrize("query", [ORDERS_SINCE, PAYMENTS_SINCE])
async def test_a_time_without_a_meaning_is_refused(
    kassa: Client, token: str, query: str, bad: object
):
    assert "2026-03-01T12:00:00Z" in await refused(kassa, query, token, since=bad)


async def test_a_bad_time_in_the_query_itself_is_refused(kassa: Client, token: str):
    for literal in ('"2026-03-01"', "5", "{}", "[1]", "ENUM"):
        query = f"{{ orders(since: {literal}) {{ edges {{ cursor }} }} }}"
        error = await kassa.refusal(query, token)

        assert error["extensions"]["code"] in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
        assert "DateTime" in error["message"]


async def test_the_first_and_the_last_day_are_times(kassa: Client, token: str):
    ever = await kassa.ask(ORDERS_SINCE, token, since="0001-01-01T00:00:00Z")
    never = await kassa.ask(ORDERS_SINCE, token, since="9999-12-31T23:59:59.999999999Z")

    assert ever["orders"]["edges"]
    assert never["orders"]["edges"] == []


@pytest.mark.parametrize("text", ["", "   ", ".*", "$", "^", "///", "\x00", "🦊", "-" * 100])
async def test_a_search_without_a_word_is_refused(kassa: Client, text: str):
    assert "at least one letter" in await refused(kassa, SEARCH, "", text=text)


@pytest.mark.parametrize("length", [101, 10_000])
async def test_a_long_search_is_refused(kassa: Client, length: int):
    assert "at most 100" in await refused(kassa, SEARCH, "", text="a" * length)


@pytest.mark.parametrize(
    "text", ["$where", "{$ne: null}", "c.p|zzz", "'; drop", "\\w+", "a" * 100, "漢字", "ﬀ"]
)
async def test_a_search_is_never_a_pattern(kassa: Client, text: str):
    found = await kassa.ask(SEARCH, text=text)

    assert found["searchProducts"]["edges"] == []


async def test_a_word_within_signs_is_searched_for(kassa: Client):
    assert (await kassa.ask(SEARCH, text=".*latte$"))["searchProducts"]["edges"]


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.ANONYMOUS])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("PHONE", ""),
        ("PHONE", "hello"),
        ("PHONE", "+"),
        ("PHONE", "12"),
        ("PHONE", "+46" + "7" * 30),
        ("PHONE", "0" * 254),
        ("PHONE", '{"$gt": ""}'),
        ("PHONE", "070\x00"),
        ("PHONE", "🦊"),
        ("EMAIL", "nobody"),
        ("EMAIL", "@"),
        ("EMAIL", "nobody@"),
        ("EMAIL", "@example.com"),
        ("EMAIL", " "),
        ("EMAIL", "a@" + "b" * 300),
        ("LOYALTY_NO", ""),
        ("LOYALTY_NO", "\t\n"),
        ("LOYALTY_NO", "x" * 255),
        ("CARD_FINGERPRINT", "x" * 10_000),
    ],
)
async def test_what_can_be_nobodys_is_refused(
    kassa: Client, tokens: dict[Role, str], kind: str, value: str, role: Role
):
    message = await refused(kassa, FIND, tokens.get(role, ""), kind=kind, value=value)

    assert len(value) < 4 or value[:20] not in message


@pytest.mark.parametrize("value", ["$ne", "FB*", ".*", "\x00", "null", "' or 1=1"])
async def test_an_odd_identity_is_nobodys(kassa: Client, token: str, value: str):
    found = await kassa.ask(FIND, token, kind="LOYALTY_NO", value=value)

    assert found["findCustomers"] == []


@pytest.mark.parametrize("quantity", [0, -1, -(2**31)])
async def test_less_than_one_unit_cannot_be_wanted(
    kassa: Client, token: str, webshop: str, quantity: int
):
    asked = {"channel": webshop, "quantity": quantity}

    assert "at least 1" in await refused(kassa, AVAILABLE, token, **asked)


@pytest.mark.parametrize("query", [PRICE, AVAILABLE])
async def test_a_channel_that_does_not_exist_is_named(kassa: Client, token: str, query: str):
    unknown = f"{Kind.CHANNEL}_{UNKNOWN}"

    assert unknown in await refused(kassa, query, token, channel=unknown)


@pytest.mark.parametrize(
    "near",
    [
        {"lat": 999, "lon": 18},
        {"lat": -90.001, "lon": 18},
        {"lat": 59, "lon": 181},
        {"lat": 59, "lon": -999},
        {"lat": 1e18, "lon": 1e18},
        {"lat": 59, "lon": 18, "maxKm": 0},
        {"lat": 59, "lon": 18, "maxKm": -5},
    ],
)
async def test_a_place_off_the_map_is_refused(
    kassa: Client, token: str, webshop: str, near: dict[str, float]
):
    message = await refused(kassa, AVAILABLE, token, channel=webshop, near=near)

    assert "`near`" in message


@pytest.mark.parametrize("near", [{"lat": "59", "lon": 18}, {"lat": 59}, {"lat": {}, "lon": 1}, 7])
async def test_what_is_no_place_is_refused(kassa: Client, token: str, webshop: str, near: object):
    assert await refused(kassa, AVAILABLE, token, channel=webshop, near=near)


@pytest.mark.parametrize("near", [{"lat": 90, "lon": 180}, {"lat": -90, "lon": -180}])
async def test_the_edge_of_the_map_is_on_it(
    kassa: Client, token: str, webshop: str, near: dict[str, float]
):
    data = await kassa.ask(AVAILABLE, token, channel=webshop, near=near)

    for edge in data["product"]["availability"]["edges"]:
        assert 0 < edge["node"]["distanceKm"] < 20_038


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_what_is_no_number_is_refused(kassa: Client, webshop: str, number: str):
    near = f'{{"lat": {number}, "lon": 18}}'
    body = f'{{"query": {json.dumps(AVAILABLE)}, "variables": {{"channel": "{webshop}", "near": '
    headers = {"content-type": "application/json"}

    response = await kassa.http.post("/graphql", content=f"{body}{near}}}}}", headers=headers)

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
async def test_what_is_no_number_is_refused_in_the_query_itself(
    kassa: Client, webshop: str, number: str
):
    near = f"near: {{ lat: {number}, lon: 1 }}"
    availability = f'availability(channel: "{webshop}", {near}) {{ edges {{ cursor }} }}'
    query = f'{{ product(sku: "CUP-LATTE") {{ {availability} }} }}'

    error = await kassa.refusal(query)

    assert error["extensions"]["code"] in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("cap", [0, -1, 10_001, 20_000, 2**31 - 1])
@pytest.mark.parametrize("query", [COUNT, COUNT_OF])
async def test_a_count_ends_between_1_and_10_000(kassa: Client, token: str, query: str, cap: int):
    assert "from 1 to 10000" in await refused(kassa, query, token, cap=cap)


@pytest.mark.parametrize("locale", BAD_LOCALES)
async def test_what_is_no_locale_is_refused(kassa: Client, shop: Shop, token: str, locale: str):
    asked = {"id": shop.orders[0].id, "locale": locale}

    message = await refused(kassa, DISPLAY, token, **asked)

    assert "is not a locale; write it as in 'sv-SE'." in message
    assert len(message) < 300


@pytest.mark.parametrize("locale", ["sv-SE", "sv_SE", "sv", "nb-NO", "fi-FI", "en-US", "ar-EG"])
async def test_a_locale_may_be_written_in_both_ways(
    kassa: Client, shop: Shop, token: str, locale: str
):
    assert await kassa.ask(DISPLAY, token, id=shop.orders[0].id, locale=locale)


@pytest.mark.parametrize(
    "asked",
    [
        'product(sku: "$ne") { id }',
        'product(sku: "{\\"$gt\\": \\"\\"}") { id }',
        'product(barcode: "\\u0000") { id }',
        'location(code: "") { id }',
        'order(number: "$where") { id }',
        'order(ref: "a:b") { id }',
        'order(ref: "") { id }',
        'customer(number: "K-1001\\u0000") { id }',
        'customer(number: "k-1001") { id }',
        'payment(provider: "", providerRef: "") { id }',
    ],
)
async def test_an_odd_key_finds_nothing(kassa: Client, token: str, asked: str):
    assert list((await kassa.ask(f"{{ {asked} }}", token)).values()) == [None]


async def test_a_very_long_key_finds_nothing(kassa: Client, token: str):
    query = "query ($key: String!) { order(number: $key) { id } product(sku: $key) { id } }"

    assert await kassa.ask(query, token, key="x" * 500_000) == {"order": None, "product": None}

"""What may be promised, from where, and why that many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.catalog import Near, distance_km
from domain.freshness import KASSA
from domain.operations import Channel
from domain.shop import Shop
from domain.viewer import Role
from tests.client import Client
from tests.walks.paging import PAGE_INFO, walk

AVAILABILITY = """
  edges {
    cursor
    node {
      location { id code }
      promise sellable exact earliest distanceKm
      freshness { source asOf ageMs state reason }
      explain { label quantity source asOf }
    }
  }
"""
EVERYTHING = f"""
query ($skus: [String!]!, $channel: ID!) {{
  products(skus: $skus) {{
    sku
    price(channel: $channel) {{ unit {{ gross {{ minor currency }} }} }}
    availability(channel: $channel, first: 100) {{ {AVAILABILITY} }}
  }}
}}"""
ONE = f"""
query ($sku: String!, $channel: ID!, $near: GeoInput, $n: Int, $cursor: Cursor,
       $quantity: Int! = 1) {{
  product(sku: $sku) {{
    availability(channel: $channel, near: $near, first: $n, after: $cursor, quantity: $quantity) {{
      {AVAILABILITY} {PAGE_INFO}
    }}
  }}
}}"""
STOCKHOLM = {"lat": 59.33, "lon": 18.06}
MUG = "MUG-FJORD-BLUE"


def of_product(data: Any) -> Any:
    return data["product"]["availability"]


def selling(shop: Shop) -> list[Channel]:
    return [channel for channel in shop.channels if channel.sells_from]


@pytest.fixture
def webshop(shop: Shop) -> Channel:
    return next(channel for channel in shop.channels if channel.code == "webshop-se")


async def asked(kassa: Client, shop: Shop, channel: str, token: str | None = None) -> Any:
    """Every product's availability in a channel, as `(sku, offers, price)`."""
    skus = [product.sku for product in shop.products]
    data = await kassa.ask(EVERYTHING, token, skus=skus, channel=channel)
    return [
        (found["sku"], [edge["node"] for edge in found["availability"]["edges"]], found["price"])
        for found in data["products"]
        if found
    ]


async def test_the_terms_sum_to_the_number_everywhere(
    kassa: Client, shop: Shop, tokens: dict[Role, str]
):
    levels = {(level.sku, level.location_id): level for level in shop.stock_levels}
    counted = 0
    for channel in selling(shop):
        for sku, offers, _ in await asked(kassa, shop, channel.id, tokens[Role.SYSTEM]):
            assert {offer["location"]["id"] for offer in offers} == set(channel.sells_from)
            for offer in offers:
                level = levels.get((sku, offer["location"]["id"]))
                free = level.free - channel.safety_stock if level else 0
                assert offer["sellable"] == max(0, free)
                assert offer["sellable"] == sum(it["quantity"] for it in offer["explain"])
                counted += 1
    assert counted == len(shop.products) * sum(len(it.sells_from) for it in selling(shop))


async def test_what_nobody_reported_is_unknown_and_not_none(kassa: Client, shop: Shop):
    reported = {(level.sku, level.location_id) for level in shop.stock_levels}
    promises: set[tuple[bool, str]] = set()
    for channel in selling(shop):
        for sku, offers, _ in await asked(kassa, shop, channel.id):
            for offer in offers:
                is_reported = (sku, offer["location"]["id"]) in reported
                promises.add((is_reported, offer["promise"]))
                if not is_reported:
                    assert (offer["sellable"], offer["explain"], offer["exact"]) == (0, [], False)
                    assert offer["freshness"]["state"] == "UNREACHABLE"
                    assert offer["freshness"]["reason"] == "NEVER_REPORTED"

    assert {promise for is_reported, promise in promises if not is_reported} == {"UNKNOWN"}
    assert {promise for is_reported, promise in promises if is_reported} >= {
        "IN_STOCK",
        "LOW",
        "ON_ORDER",
        "NONE",
    }
    assert (True, "UNKNOWN") not in promises


async def test_our_own_numbers_are_live_and_reported_ones_have_an_age(
    kassa: Client, shop: Shop, webshop: Channel
):
    levels = {(level.sku, level.location_id): level for level in shop.stock_levels}
    states: set[tuple[str, str]] = set()
    before = datetime.now(UTC)
    for sku, offers, _ in await asked(kassa, shop, webshop.id):
        for offer in offers:
            level, fresh = levels.get((sku, offer["location"]["id"])), offer["freshness"]
            if level is None:
                continue
            states.add((level.authority.system, fresh["state"]))
            assert fresh["source"] == level.authority.system
            assert offer["exact"] is (fresh["state"] == "LIVE")
            if level.authority.system == KASSA:
                assert (fresh["ageMs"], fresh["reason"]) == (0, None)
            else:
                age = (before - level.observed_at).total_seconds() * 1000
                assert age <= fresh["ageMs"] + 1 <= age + 60_000
    # The tests' demo shop has not traded for long, so its warehouse's reports are all old.
    assert states == {(KASSA, "LIVE"), ("wms", "STALE")}


async def test_the_nearest_comes_first_page_by_page(kassa: Client, shop: Shop, webshop: Channel):
    for size in (1, 2, 100):
        offers = await walk(
            kassa,
            ONE,
            find=of_product,
            sku=MUG,
            channel=webshop.id,
            near=STOCKHOLM,
            n=size,
        )

        places = [it for it in shop.locations if it.id in webshop.sells_from and it.position]
        wanted = sorted(places, key=lambda it: distance_km(Near(**STOCKHOLM), it.position))
        assert [offer["location"]["code"] for offer in offers] == [it.code for it in wanted]
        assert [offer["distanceKm"] for offer in offers] == pytest.approx(
            [distance_km(Near(**STOCKHOLM), it.position) for it in wanted], abs=0.1
        )


async def test_the_most_units_come_first_where_nobody_stands(kassa: Client, shop: Shop):
    for channel in selling(shop):
        offers = await walk(kassa, ONE, find=of_product, sku=MUG, channel=channel.id, n=2)

        known = [offer["sellable"] for offer in offers if offer["promise"] != "UNKNOWN"]
        assert known == sorted(known, reverse=True)
        assert len(offers) == len(channel.sells_from)
        assert all(offer["distanceKm"] is None for offer in offers)


@pytest.mark.parametrize(("most", "codes"), [(5, ["STO"]), (200, ["STO", "ORE"]), (1, [])])
async def test_nothing_further_away_than_asked_for(
    kassa: Client, webshop: Channel, most: int, codes: list[str]
):
    near = {**STOCKHOLM, "maxKm": most}

    offers = await walk(kassa, ONE, find=of_product, sku=MUG, channel=webshop.id, near=near, n=10)

    assert [offer["location"]["code"] for offer in offers] == codes


async def test_more_units_than_there_are_are_not_in_stock(kassa: Client, webshop: Channel):
    given = {"find": of_product, "sku": MUG, "channel": webshop.id, "n": 100}
    for offer in await walk(kassa, ONE, **given, quantity=2**31 - 1):
        assert offer["promise"] not in {"IN_STOCK", "LOW"}


async def test_when_it_can_be_there_is_said_where_it_is_known(kassa: Client, shop: Shop):
    incoming = {
        (level.sku, level.location_id): level.incoming_at
        for level in shop.stock_levels
        if level.incoming_at
    }
    for channel in selling(shop):
        for sku, offers, _ in await asked(kassa, shop, channel.id):
            for offer in offers:
                if offer["promise"] in {"IN_STOCK", "LOW"}:
                    assert offer["earliest"]
                elif offer["promise"] == "ON_ORDER":
                    at = incoming.get((sku, offer["location"]["id"]))
                    assert bool(offer["earliest"]) is bool(at)
                else:
                    assert offer["earliest"] is None


async def test_a_price_is_in_the_channels_currency_or_not_at_all(kassa: Client, shop: Shop):
    for channel in shop.channels:
        for sku, _, price in await asked(kassa, shop, channel.id):
            product = next(it for it in shop.products if it.sku == sku)
            wanted = [it for it in product.prices if it.currency == channel.currency]
            assert (price and price["unit"]["gross"]) == (
                {"minor": wanted[0].unit_minor, "currency": channel.currency} if wanted else None
            )
            assert price is None or channel.currency


@pytest.mark.parametrize("role", [Role.PARTNER, Role.SHOPPER, Role.CLERK])
async def test_everybody_is_promised_the_same(
    kassa: Client, shop: Shop, tokens: dict[Role, str], role: Role
):
    def lasting(found: Any) -> Any:
        """Without what differs from one moment to the next."""
        for _, offers, _ in found:
            for offer in offers:
                offer["freshness"] = offer["freshness"]["state"]
                offer["earliest"] = bool(offer["earliest"])
        return {sku: (offers, price) for sku, offers, price in found}

    for channel in selling(shop):
        visitor = lasting(await asked(kassa, shop, channel.id))
        other = lasting(await asked(kassa, shop, channel.id, tokens[role]))

        assert visitor == {sku: found for sku, found in other.items() if sku in visitor}
        assert len(visitor) == sum(product.is_published for product in shop.products)

"""What a shop sells, where, and for how much, as its graph tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from domain.errors import BadInput
from gateway.playing.asking import Api

SELLERS = frozenset({"WEBSHOP", "APP", "POS"})
LEAST_SELLABLE = 3
MOST_PRODUCTS = 60

CHANNELS = "{ channels { id kind name currency } }"
SKUS = """query ($low: Boolean!) {
  stockLevels(first: 100, lowOnly: $low) { edges { node { product { sku } } } }
}"""
OFFERS = """query ($skus: [String!]!, $channel: ID!) {
  products(skus: $skus) {
    sku
    name
    price(channel: $channel) { unit { gross { minor } } }
    availability(channel: $channel, first: 12) {
      edges { node { sellable location { id name kind } } }
    }
  }
}"""


class Seller(Struct, frozen=True):
    """A channel that sells."""

    id: str
    kind: str
    name: str
    currency: str


class Offer(Struct, frozen=True):
    """A product that a channel may sell from a location, at a price in minor units."""

    seller: Seller
    sku: str
    name: str
    minor: int
    location: str
    place: str
    sellable: int


class Shop(Struct, frozen=True):
    """Everything that a day of trade needs to know."""

    offers: Sequence[Offer]

    @property
    def sellers(self) -> Sequence[Seller]:
        return list({offer.seller.id: offer.seller for offer in self.offers}.values())


async def read(api: Api) -> Shop:
    """The shop behind an API.

    Raises:
        BadInput: it sells nothing.
    """
    found = await api.ask(CHANNELS)
    sellers = [_seller(each) for each in found["channels"] if each["kind"] in SELLERS]
    skus = await _skus(api)
    offers = [offer for seller in sellers for offer in await _offers(api, seller, skus)]
    if not offers:
        raise BadInput("This shop has nothing to sell: `kassa seed` fills an empty one.")
    return Shop(offers)


def _seller(channel: dict[str, Any]) -> Seller:
    return Seller(channel["id"], channel["kind"], channel["name"], channel["currency"] or "")


async def _skus(api: Api) -> Sequence[str]:
    """Some products, those that run low first."""
    pages = [await api.ask(SKUS, low=low) for low in (True, False)]
    edges = [edge for page in pages for edge in page["stockLevels"]["edges"]]
    return list(dict.fromkeys(edge["node"]["product"]["sku"] for edge in edges))[:MOST_PRODUCTS]


async def _offers(api: Api, seller: Seller, skus: Sequence[str]) -> Sequence[Offer]:
    found = await api.ask(OFFERS, skus=skus, channel=seller.id)
    return [
        Offer(
            seller,
            product["sku"],
            product["name"],
            product["price"]["unit"]["gross"]["minor"],
            node["location"]["id"],
            node["location"]["name"],
            node["sellable"],
        )
        for product in found["products"]
        if product and product["price"]
        for node in (edge["node"] for edge in product["availability"]["edges"])
        if node["sellable"] >= LEAST_SELLABLE
        and (seller.kind != "POS" or node["location"]["kind"] == "STORE")
    ]

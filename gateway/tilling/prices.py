"""What something costs, where it stands and how it is called, from the graph."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from domain.errors import BadInput
from gateway.playing.asking import Api

CHANNELS = "{ channels { id kind } }"
PRODUCT = """query ($sku: String!, $channel: ID!) { product(sku: $sku) { name
  price(channel: $channel) { unit { tax { minor } gross { minor currency } } }
  levels { free location { code kind } } } }"""


class Article(Struct, frozen=True):
    """A product as a till sells it; `location` is the store that has most of it."""

    name: str
    unit: int
    tax: int
    currency: str
    location: str | None


async def look_up(url: str, token: str, sku: str) -> Article:
    """A product at the first price that a point of sale has for it.

    Raises:
        BadInput: there is no such product, or nobody has a price for it.
        Unavailable: nobody answers.
    """
    async with Api(url, token) as api:
        channels = (await api.ask(CHANNELS))["channels"]
        for each in sorted(channels, key=lambda channel: channel["kind"] != "POS"):
            found = (await api.ask(PRODUCT, sku=sku, channel=each["id"]))["product"]
            if found is None:
                raise BadInput(f"There is no product {sku!r}.")
            if found["price"]:
                return _article(found)
    raise BadInput(f"Nobody has a price for {sku!r}: give one with --price and --currency.")


def _article(found: Any) -> Article:
    unit = found["price"]["unit"]
    stores = [each for each in found["levels"] if each["location"]["kind"] == "STORE"]
    best = max(stores, key=lambda level: level["free"], default=None)
    return Article(
        name=found["name"],
        unit=unit["gross"]["minor"],
        tax=unit["tax"]["minor"],
        currency=unit["gross"]["currency"],
        location=best["location"]["code"] if best else None,
    )

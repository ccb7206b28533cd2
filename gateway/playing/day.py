"""The plan of a day: who wants what, and when. The same seed and shop make the same day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from types import MappingProxyType

from msgspec import Struct

from gateway.playing.shop import Offer, Shop

OPENS, CLOSES = 8, 20
"""Hours of the day."""

HOUR = 3_600
SALES = 480
BUYERS_IN_A_RUSH = 40
MOST_FOR_A_RUSH = 15
"""A rush is for a product of which there are no more than these."""

BUSY: Mapping[str, Sequence[int]] = MappingProxyType(
    {
        "POS": (6, 7, 5, 6, 9, 8, 6, 6, 8, 9, 5, 2),
        "WEBSHOP": (2, 2, 3, 3, 4, 3, 3, 3, 4, 6, 8, 8),
        "APP": (4, 3, 2, 2, 4, 3, 2, 3, 4, 5, 5, 4),
    }
)
"""How busy each kind of channel is in each hour."""


class Sale(Struct, frozen=True):
    """Somebody buys; `is_declined` if their bank says no."""

    at: float
    offer: Offer
    quantity: int
    is_declined: bool = False


class Rush(Struct, frozen=True):
    """Many want the last of something at once."""

    at: float
    offer: Offer
    buyers: int = BUYERS_IN_A_RUSH


class Delivery(Struct, frozen=True):
    """Goods arrive."""

    at: float
    offer: Offer
    units: int


class Moved(Struct, frozen=True):
    """A store sends units to another, which receives them."""

    at: float
    offer: Offer
    target: Offer
    units: int


class GivenBack(Struct, frozen=True):
    """Somebody brings back what they bought today."""

    at: float


class Call(Struct, frozen=True):
    """Somebody asks by telephone where their parcel is."""

    at: float
    phone: str = "070-123 45 67"


Deed = Sale | Rush | Delivery | Moved | GivenBack | Call


def planned(shop: Shop, seed: int) -> Sequence[Deed]:
    """What happens that day, in order; times are seconds since the shop opened."""
    dice = Random(seed)  # noqa: S311
    deeds = [
        *_sales(shop, dice),
        *_rushes(shop, dice),
        *_deliveries(shop, dice),
        *(GivenBack(hour * HOUR) for hour in (2.5, 5.2, 8.1, 10.4)),
        Call(3.4 * HOUR),
        Call(9.1 * HOUR),
    ]
    return sorted(deeds, key=lambda deed: deed.at)


def _sales(shop: Shop, dice: Random) -> Iterator[Sale]:
    weights = [
        (seller, hour, weight)
        for seller in shop.sellers
        for hour, weight in enumerate(BUSY[seller.kind])
    ]
    by_seller: dict[str, list[Offer]] = {}
    for offer in shop.offers:
        by_seller.setdefault(offer.seller.id, []).append(offer)
    for seller, hour, _ in dice.choices(weights, [weight for *_, weight in weights], k=SALES):
        yield Sale(
            at=(hour + dice.random()) * HOUR,
            offer=dice.choice(by_seller[seller.id]),
            quantity=dice.choices((1, 2, 3), (8, 3, 1))[0],
            is_declined=dice.random() < 0.03,
        )


def _rushes(shop: Shop, dice: Random) -> Iterator[Rush]:
    """On the last mugs, where there are some, else on what is nearly gone."""
    scarce = [offer for offer in shop.offers if offer.sellable <= MOST_FOR_A_RUSH]
    mugs = [offer for offer in scarce if "MUG" in offer.sku]
    if chosen := mugs or scarce:
        yield Rush(4.3 * HOUR, dice.choice(chosen))


def _deliveries(shop: Shop, dice: Random) -> Iterator[Delivery | Moved]:
    for hour in (0.5, 3.0, 6.5, 9.0):
        yield Delivery(hour * HOUR, dice.choice(shop.offers), dice.choice((12, 24, 36)))
    for hour in (2.0, 7.2):
        offer = dice.choice(shop.offers)
        others = [
            each
            for each in shop.offers
            if each.sku == offer.sku and each.location != offer.location
        ]
        if others:
            yield Moved(hour * HOUR, offer, dice.choice(others), 2)

"""Prices and promises over plain documents, as the Python peers compute them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, NamedTuple

from bench.http.peers.reads import Document

BASIS_POINTS = 10_000
NEVER_REPORTED = "UNKNOWN"


class Offer(NamedTuple):
    """What a channel may promise from one location; `terms` sum to `sellable`."""

    location: Document
    promise: str
    sellable: int
    terms: list[tuple[str, int]]


def price_in(product: Document, channel: Document) -> Document | None:
    """The price in the channel's currency."""
    currency = channel.get("currency")
    return next((price for price in product["prices"] if price["currency"] == currency), None)


def tax_inside(gross: int, rate_bps: int) -> int:
    """The tax that a price includes, rounded half up."""
    whole = BASIS_POINTS + rate_bps
    return (2 * gross * rate_bps + whole) // (2 * whole)


def offers(
    product: Document,
    levels: Iterable[Document],
    channel: Document,
    locations: Mapping[str, Document],
) -> list[Offer]:
    """One for each location that the channel sells from, the most units first."""
    by_location = {level["location_id"]: level for level in levels}
    places = [locations[key] for key in channel["sells_from"] if key in locations]
    found = [_offer(product, by_location.get(at["_id"]), channel, at) for at in places]
    return sorted(found, key=_rank)


def _rank(offer: Offer) -> tuple[float, str]:
    units = inf if offer.promise == NEVER_REPORTED else -offer.sellable
    return units, offer.location["code"]


def _offer(product: Document, level: Document | None, channel: Document, at: Document) -> Offer:
    if level is None:
        return Offer(at, NEVER_REPORTED, 0, [])
    terms = _terms(level, channel)
    sellable = sum(quantity for _, quantity in terms)
    return Offer(at, _promise(product, level, sellable), sellable, terms)


def _terms(level: Document, channel: Document) -> list[tuple[str, int]]:
    steps = [
        ("On hand", level["on_hand"]),
        ("Committed to orders", -level["committed"]),
        ("Reserved for carts", -level["reserved"]),
        ("Not for sale (damaged, on display)", -level["unavailable"]),
        (f"Safety stock of {channel['code']}", -channel["safety_stock"]),
    ]
    if (rest := sum(quantity for _, quantity in steps)) < 0:
        steps.append(("Not below zero", -rest))
    return [step for step in steps if step[1]]


def _promise(product: Mapping[str, Any], level: Document, sellable: int) -> str:
    if sellable >= 1:
        return "LOW" if level["is_low"] else "IN_STOCK"
    if level["incoming"]:
        return "ON_ORDER"
    return "BACKORDER" if product["allows_backorder"] else "NONE"

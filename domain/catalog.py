"""What is sold, at which price, and where it is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

from msgspec import Struct

from domain.errors import BadInput
from domain.ids import ChannelId, Sku
from domain.money import Currency, TaxedMoney
from domain.operations import Channel
from domain.pages import Ordering
from domain.values import Count, Entity, MinorUnits, Seen

UNDECOMPOSED = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th"}
)
"""Letters that Unicode does not take apart into a plain one and an accent."""

EARTH_RADIUS_KM = 6371.0
FARTHEST_LAT, FARTHEST_LON = 90, 180
LONGEST_SEARCH = 100
LONGEST_PREFIX = 12
"""Words are indexed by their beginnings up to this length; a longer word is found by those."""


class Price(Struct, frozen=True):
    """A gross price in one currency; `list_minor` is what it was before a reduction."""

    currency: Currency
    unit_minor: MinorUnits
    list_minor: MinorUnits
    tax_code: str
    rate_bps: Count


class PriceQuote(Struct, frozen=True):
    """What one unit costs in a channel, now."""

    unit: TaxedMoney
    list: TaxedMoney


class Product(Entity, frozen=True, kw_only=True):
    """A sellable unit, keyed by its sku.

    `told_by` is the channel that it is known from alone, and that may change it; `seen` says how
    old its last word was.
    """

    sku: Sku
    name: str
    description: str | None = None
    barcodes: tuple[str, ...] = ()
    prices: tuple[Price, ...] = ()
    is_published: bool = True
    allows_backorder: bool = False
    told_by: ChannelId | None = None
    seen: Seen | None = None

    @property
    def told(self) -> tuple[ChannelId, datetime] | None:
        """Which channel told of it, and how old that is; None: it is Kassa's own."""
        return (self.told_by, self.seen.as_of) if self.told_by and self.seen else None

    def price_in(self, channel: Channel) -> PriceQuote | None:
        """The price in the channel's currency; none if it is not sold in that currency."""
        price = next((p for p in self.prices if p.currency == channel.currency), None)
        if price is None:
            return None
        tax = price.tax_code, price.rate_bps
        return PriceQuote(
            TaxedMoney.of(price.unit_minor, price.currency, *tax),
            TaxedMoney.of(price.list_minor, price.currency, *tax),
        )


class LocationKind(StrEnum):
    """What sort of place it is."""

    STORE = "STORE"
    WAREHOUSE = "WAREHOUSE"
    DARK_STORE = "DARK_STORE"
    SUPPLIER = "SUPPLIER"
    IN_TRANSIT = "IN_TRANSIT"
    QUARANTINE = "QUARANTINE"


class GeoPoint(Struct, frozen=True):
    """Degrees, WGS 84."""

    lat: float
    lon: float


class Near(Struct, frozen=True):
    """Close to a point, at most `max_km` away where that is given."""

    lat: float
    lon: float
    max_km: int | None = None

    def __post_init__(self) -> None:
        """A place that is not on the map has no distance to anything.

        Raises:
            BadInput: it is not on the map, or nothing can be that close.
        """
        if not (abs(self.lat) <= FARTHEST_LAT and abs(self.lon) <= FARTHEST_LON):
            raise BadInput("`near` has a latitude from -90 to 90 and a longitude from -180 to 180.")
        if self.max_km is not None and self.max_km < 1:
            raise BadInput(f"`maxKm` of `near` must be at least 1; it was {self.max_km}.")


class Location(Entity, frozen=True, kw_only=True):
    """A store or a warehouse."""

    code: str
    kind: LocationKind
    name: str
    timezone: str
    offers_pickup: bool = False
    accepts_returns: bool = False
    position: GeoPoint | None = None


BY_NAME = Ordering("products", ("name", "id"), (str, str))


def distance_km(a: GeoPoint | Near, b: GeoPoint | Near) -> float:
    """Along the surface, by the haversine formula."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half = (
        sin((lat_b - lat_a) / 2) ** 2
        + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, half)))


def words(text: str) -> list[str]:
    """The words of `text` without case and accents: "Så gott" is ["sa", "gott"]."""
    # Taking apart may lay bare capitals ("™" is "TM"), and folding may lay bare accents.
    folded = _taken_apart(_taken_apart(text).casefold().translate(UNDECOMPOSED))
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in plain).split()


def _taken_apart(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


def prefixes(texts: Iterable[str]) -> list[str]:
    """Every beginning of every word: what a search for the product may start with."""
    found = {
        word[:n] for text in texts for word in words(text) for n in range(1, LONGEST_PREFIX + 1)
    }
    return sorted(found)


def search_terms(text: str) -> list[str]:
    """What a product must have among its prefixes to be found by `text`.

    Raises:
        BadInput: there is no word in it, or it is too long.
    """
    if len(text) > LONGEST_SEARCH:
        raise BadInput(f"A search has at most {LONGEST_SEARCH} characters.")
    terms = [word[:LONGEST_PREFIX] for word in words(text)]
    if not terms:
        raise BadInput("Search for at least one letter or digit.")
    return list(dict.fromkeys(terms))

"""Products, locations, prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from domain import catalog
from domain.catalog import LocationKind, Near
from domain.viewer import Subject
from resolvers import asking
from resolvers import catalog as resolvers
from resolvers import stock as stock_resolvers
from schema.fields import Column, argument, attribute, batched, enumerated, shows
from schema.shared import FORWARD, Connection, Freshness, Node, TaxedMoney

if TYPE_CHECKING:
    from schema.stock import AvailabilityConnection, StockLevel

enumerated(LocationKind)


@strawberry.input(description="A place on the map (WGS 84).")
class GeoInput:
    """A place on the map."""

    lat: float = strawberry.field(description="Degrees north.")
    lon: float = strawberry.field(description="Degrees east.")
    max_km: int | None = strawberry.field(
        description="Nothing further away than this.", default=None
    )


@shows(catalog.Location, keys=["id", "code"], guarded=Subject.CATALOG)
class Location(Node):
    """A store or a warehouse."""

    code: str = attribute("The retailer's own name for it.")
    kind: LocationKind = attribute("What sort of place it is.")
    name: str = attribute("A name for people.")
    offers_pickup: bool = attribute("Can an order be collected here?")
    accepts_returns: bool = attribute("Can goods be brought back here?")
    timezone: str = attribute("Its IANA time zone.")


@shows(catalog.PriceQuote)
class PriceQuote:
    """What one unit costs in a channel, now."""

    unit: TaxedMoney = attribute("The price of one unit.")
    list: TaxedMoney = attribute("What it was before a reduction; the same if there is none.")


StockLevelRef = Annotated["StockLevel", strawberry.lazy("schema.stock")]
AvailabilityConnectionRef = Annotated["AvailabilityConnection", strawberry.lazy("schema.stock")]


@shows(catalog.Product, keys=["id", "sku"], guarded=Subject.SOLD)
class Product(Node):
    """A sellable unit."""

    sku: str = attribute("The retailer's own name for it; unique.")
    name: str = attribute("A name for people.")
    description: str | None = attribute("What it is, for buyers.")
    barcodes: list[str] = attribute("What a scanner reads: EAN and others.")
    price: PriceQuote | None = batched(
        resolvers.price,
        "Its price in a channel; null if it has none in the channel's currency.",
        channel=argument(ID, "The channel that sells it."),
    )
    freshness: Freshness = batched(
        asking.product_freshness, "Who told of it, and how old that is; `kassa` itself is live."
    )
    levels: list[StockLevelRef] = batched(
        stock_resolvers.levels,
        "Its stock, location by location. For staff; others ask for availability.",
        Column.STOCK,
        locations=argument(list[ID] | None, "Only at these locations."),
    )
    availability: AvailabilityConnectionRef = batched(
        stock_resolvers.availability,
        "What a channel may promise, nearest first, or else the most units first.",
        Column.STOCK,
        channel=argument(ID, "The channel that wants to sell it."),
        quantity=argument(int, "How many units are wanted.", 1),
        near=argument(GeoInput | None, "Where the buyer is.", becomes=Near),
        **FORWARD,
    )


@strawberry.type(description="A page of products.")
class ProductConnection(Connection[Product]):
    """A page of products."""

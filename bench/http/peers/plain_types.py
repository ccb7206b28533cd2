"""The types of a plain Strawberry server: dataclasses, made from documents as they are read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NewType, Self, TypeAlias

import strawberry
from strawberry import ID

from bench.http.peers import offers
from bench.http.peers.loaders import Loaders
from bench.http.peers.reads import Document, shown

Minor = NewType("Minor", int)
Currency = NewType("Currency", str)

SCALARS = {
    Minor: strawberry.scalar(name="Minor"),
    Currency: strawberry.scalar(name="Currency"),
    datetime: strawberry.scalar(name="DateTime", serialize=shown),
}

PAGE = 20

Info: TypeAlias = strawberry.Info[dict[str, Loaders], None]
OneChannel = Annotated[ID, strawberry.argument(name="channel")]


def loaders(info: Info) -> Loaders:
    return info.context["loaders"]


@strawberry.type
class Money:
    minor: Minor
    currency: Currency


@strawberry.type
class TaxedMoney:
    gross: Money
    tax: Money | None = None

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(gross=Money(minor=document["gross_minor"], currency=document["currency"]))


@strawberry.type
class PriceQuote:
    unit: TaxedMoney
    list: TaxedMoney

    @classmethod
    def of(cls, price: Document) -> Self:
        return cls(unit=_taxed(price["unit_minor"], price), list=_taxed(price["list_minor"], price))


def _taxed(gross: int, price: Document) -> TaxedMoney:
    currency, tax = price["currency"], offers.tax_inside(gross, price["rate_bps"])
    return TaxedMoney(
        gross=Money(minor=Minor(gross), currency=currency),
        tax=Money(minor=Minor(tax), currency=currency),
    )


@strawberry.type
class Channel:
    code: str


@strawberry.type
class Location:
    code: str
    name: str

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(code=document["code"], name=document["name"])


@strawberry.type
class StockLevel:
    location_id: strawberry.Private[str]
    on_hand: int
    committed: int
    free: int

    @strawberry.field
    async def location(self, info: Info) -> Location:
        return Location.of(await loaders(info).locations.load(self.location_id))

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            location_id=document["location_id"],
            on_hand=document["on_hand"],
            committed=document["committed"],
            free=document["free"],
        )


@strawberry.type
class AvailabilityTerm:
    label: str
    quantity: int


@strawberry.type
class Availability:
    location: Location
    promise: str
    sellable: int
    explain: list[AvailabilityTerm]

    @classmethod
    def of(cls, offer: offers.Offer) -> Self:
        return cls(
            location=Location.of(offer.location),
            promise=offer.promise,
            sellable=offer.sellable,
            explain=[AvailabilityTerm(label=label, quantity=n) for label, n in offer.terms],
        )


@strawberry.type
class AvailabilityEdge:
    node: Availability


@strawberry.type
class AvailabilityConnection:
    edges: list[AvailabilityEdge]


@strawberry.type
class Product:
    document: strawberry.Private[Document]
    id: ID
    sku: str
    name: str
    description: str | None
    barcodes: list[str]

    @strawberry.field
    async def price(self, info: Info, channel: OneChannel) -> PriceQuote | None:
        found = await loaders(info).channels.load(channel)
        price = offers.price_in(self.document, found)
        return PriceQuote.of(price) if price else None

    @strawberry.field
    async def levels(self, info: Info) -> list[StockLevel]:
        return [StockLevel.of(each) for each in await loaders(info).levels_of.load(self.sku)]

    @strawberry.field
    async def availability(self, info: Info, channel: OneChannel) -> AvailabilityConnection:
        found = await loaders(info).channels.load(channel)
        places = await loaders(info).locations.load_many(found["sells_from"])
        levels = await loaders(info).levels_of.load(self.sku)
        by_id = {place["_id"]: place for place in places if place}
        made = offers.offers(self.document, levels, found, by_id)[:PAGE]
        return AvailabilityConnection(
            edges=[AvailabilityEdge(node=Availability.of(each)) for each in made]
        )

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            document=document,
            id=ID(document["_id"]),
            sku=document["sku"],
            name=document["name"],
            description=document["description"],
            barcodes=document["barcodes"],
        )


@strawberry.type
class Payment:
    id: ID
    provider: str
    tender: str
    state: str
    amount: Money

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            id=ID(document["_id"]),
            provider=document["provider"],
            tender=document["tender"],
            state=document["standing"]["state"],
            amount=Money(minor=document["minor"], currency=document["currency"]),
        )


@strawberry.type
class OrderLine:
    sku: strawberry.Private[str]
    ordered: int
    name: str
    unit_price: TaxedMoney

    @strawberry.field
    async def product(self, info: Info) -> Product | None:
        found = await loaders(info).products.load(self.sku)
        return Product.of(found) if found else None

    @classmethod
    def of(cls, line: Document) -> Self:
        return cls(
            sku=line["sku"],
            ordered=line["ordered"],
            name=line["name"],
            unit_price=TaxedMoney.of(line["unit_price"]),
        )


@strawberry.type
class Totals:
    grand: TaxedMoney

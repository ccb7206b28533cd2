"""Products and locations: parents and arguments in, domain values out."""

from __future__ import annotations

from collections.abc import Sequence

from domain import catalog, ids, pages
from domain.catalog import Location, LocationKind, PriceQuote, Product
from domain.errors import BadInput
from domain.ids import Kind, LocationId, ProductId, Sku
from domain.operations import Channel
from domain.pages import MAX_SIZE, Cursor, Page
from resolvers import operations
from resolvers.context import Info
from resolvers.reading import looks_at


@looks_at()
async def product(
    info: Info, *, id: str | None, sku: str | None, barcode: str | None
) -> Product | None:
    if [id, sku, barcode].count(None) != 2:
        raise BadInput("Ask for a product by id, by sku or by barcode.")
    if id is not None:
        return await info.context.catalog.product_by_id.one(ProductId(ids.expect(Kind.PRODUCT, id)))
    if sku is not None:
        return await info.context.catalog.product_by_sku.one(Sku(sku))
    return await info.context.catalog.product_by_barcode.one(barcode)


@looks_at()
async def products(info: Info, *, skus: Sequence[str]) -> Sequence[Product | None]:
    if len(skus) > MAX_SIZE:
        raise BadInput(f"Ask for at most {MAX_SIZE} products at once.")
    return await info.context.catalog.product_by_sku.many([Sku(sku) for sku in skus])


@looks_at()
async def search_products(
    info: Info, *, text: str, first: int | None, after: Cursor | None
) -> Page[Product]:
    terms, request = catalog.search_terms(text), pages.forward(first, after)
    return await info.context.catalog.search(terms, request)


@looks_at("price_in", inside={Channel: ["currency"]})
async def price(
    products: Sequence[Product], info: Info, *, channel: str
) -> Sequence[PriceQuote | None]:
    at = await operations.known_channel(info, channel)
    return [product.price_in(at) for product in products]


@looks_at()
async def location(info: Info, *, id: str | None, code: str | None) -> Location | None:
    if (id is None) == (code is None):
        raise BadInput("Ask for a location by id or by code.")
    if id is None:
        return await info.context.catalog.location_by_code.one(code)
    return await info.context.catalog.location_by_id.one(LocationId(ids.expect(Kind.LOCATION, id)))


@looks_at()
async def locations(
    info: Info,
    *,
    kinds: Sequence[LocationKind] | None,
    offers_pickup: bool | None,
) -> Sequence[Location]:
    return await info.context.catalog.locations(kinds, offers_pickup)

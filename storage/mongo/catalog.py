"""Products and locations in MongoDB."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from domain import catalog
from domain.catalog import BY_NAME, Location, LocationKind, Product
from domain.ids import LocationId, ProductId, Sku
from domain.pages import Page, PageRequest
from domain.ports import EVERYTHING, Wanted
from domain.viewer import Subject, Viewer
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Document, Filter
from storage.mongo.reader import Reader, among
from storage.mongo.sorting import SortKey

NAMED = SortKey("name_key", BY_NAME)

PRODUCTS = Collection(
    "products",
    Product,
    (
        Index(by("sku"), "OrderLine.product, product(sku:)", unique=True),
        Index(by("barcodes"), "product(barcode:)"),
        Index(by("prefixes", "name_key"), "searchProducts"),
    ),
    keys=(NAMED,),
)
LOCATIONS = Collection(
    "locations", Location, (Index(by("code"), "location(code:), locations", unique=True),)
)
COLLECTIONS = (PRODUCTS, LOCATIONS)


def product_document(product: Product) -> Document:
    """With the beginnings of its words, by which a search finds it."""
    texts = (product.name, product.sku, *product.barcodes)
    return PRODUCTS.document(product, prefixes=catalog.prefixes(texts))


class MongoCatalog:
    """`ports.Catalog`."""

    def __init__(self, database: Database, wanted: Wanted = EVERYTHING) -> None:
        self._products = Reader(database, "products", Product, Subject.CATALOG, wanted)
        self._sold = Reader(database, "products", Product, Subject.SOLD, wanted)
        self._locations = Reader(database, "locations", Location, Subject.AVAILABILITY, wanted)

    def products_by_ids(
        self, viewer: Viewer, keys: Sequence[ProductId]
    ) -> Awaitable[Mapping[ProductId, Product]]:
        return self._products.by_ids(viewer, keys)

    def products_by_skus(
        self, viewer: Viewer, keys: Sequence[Sku]
    ) -> Awaitable[Mapping[Sku, Product]]:
        return self._products.one_each(viewer, "sku", keys)

    def products_sold(
        self, viewer: Viewer, keys: Sequence[Sku]
    ) -> Awaitable[Mapping[Sku, Product]]:
        return self._sold.one_each(viewer, "sku", keys)

    def products_by_barcodes(
        self, viewer: Viewer, keys: Sequence[str]
    ) -> Awaitable[Mapping[str, Product]]:
        return self._products.tagged(viewer, "barcodes", keys)

    async def search(
        self, viewer: Viewer, terms: Sequence[str], request: PageRequest
    ) -> Page[Product]:
        where: Filter = {"prefixes": {"$all": sorted(terms, key=len, reverse=True)}}
        return await self._products.page(viewer, where, NAMED, request)

    def locations_by_ids(
        self, viewer: Viewer, keys: Sequence[LocationId]
    ) -> Awaitable[Mapping[LocationId, Location]]:
        return self._locations.by_ids(viewer, keys)

    def locations_by_codes(
        self, viewer: Viewer, keys: Sequence[str]
    ) -> Awaitable[Mapping[str, Location]]:
        return self._locations.one_each(viewer, "code", keys)

    async def locations(
        self, viewer: Viewer, kinds: Sequence[LocationKind] | None, offers_pickup: bool | None
    ) -> Sequence[Location]:
        pickup: Filter = {} if offers_pickup is None else {"offers_pickup": offers_pickup}
        where = {**among("kind", kinds), **pickup}
        return await self._locations.all(viewer, where, sort=[("code", 1)])

"""Products and locations, by key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from domain.catalog import Location, LocationKind, Product
from domain.pages import Page, PageRequest
from domain.ports import Catalog
from domain.viewer import Viewer
from loaders.batch import Batch


class CatalogLoaders:
    """What one viewer reads of the catalogue during one request."""

    def __init__(self, repository: Catalog, viewer: Viewer) -> None:
        self._repository, self._viewer = repository, viewer
        self.product_by_id = Batch(partial(repository.products_by_ids, viewer))
        self.product_by_sku = Batch(partial(repository.products_by_skus, viewer))
        self.product_sold = Batch(partial(repository.products_sold, viewer))
        self.product_by_barcode = Batch(partial(repository.products_by_barcodes, viewer))
        self.location_by_id = Batch(partial(repository.locations_by_ids, viewer))
        self.location_by_code = Batch(partial(repository.locations_by_codes, viewer))

    async def search(self, terms: Sequence[str], request: PageRequest) -> Page[Product]:
        return await self._repository.search(self._viewer, terms, request)

    async def locations(
        self, kinds: Sequence[LocationKind] | None, offers_pickup: bool | None
    ) -> Sequence[Location]:
        return await self._repository.locations(self._viewer, kinds, offers_pickup)

"""Orders, with what is on its way out and back, by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from domain.ids import CustomerId
from domain.orders import Order, OrderQuery
from domain.pages import Page, PageRequest
from domain.ports import Orders
from domain.viewer import Viewer
from loaders.batch import Batch, Relation


class OrderLoaders:
    """What one viewer reads of orders during one request."""

    def __init__(self, repository: Orders, viewer: Viewer) -> None:
        self._repository, self._viewer = repository, viewer
        self.by_id = Batch(partial(repository.by_ids, viewer))
        self.by_number = Batch(partial(repository.by_numbers, viewer))
        self.by_ref = Batch(partial(repository.by_refs, viewer))
        self.page_of = Relation(self._pages_of)
        self.count_of = Relation(self._counts_of)
        self.fulfillment_by_id = Batch(partial(repository.fulfillments_by_ids, viewer))
        self.fulfillments_of = Batch(partial(repository.fulfillments_of, viewer))
        self.return_by_id = Batch(partial(repository.returns_by_ids, viewer))
        self.returns_of = Batch(partial(repository.returns_of, viewer))

    async def page(self, query: OrderQuery, request: PageRequest) -> Page[Order]:
        return await self._repository.page(self._viewer, query, request)

    async def count(self, query: OrderQuery, cap: int) -> int:
        return await self._repository.count(self._viewer, query, cap)

    async def _pages_of(
        self, keys: Sequence[CustomerId], asked: tuple[OrderQuery, PageRequest]
    ) -> Mapping[CustomerId, Page[Order]]:
        return await self._repository.pages_of(self._viewer, keys, *asked)

    async def _counts_of(
        self, keys: Sequence[CustomerId], asked: tuple[OrderQuery, int]
    ) -> Mapping[CustomerId, int]:
        return await self._repository.counts_of(self._viewer, keys, *asked)

"""Stock levels, by key."""

from __future__ import annotations

from functools import partial

from domain.pages import Page, PageRequest
from domain.ports import Stock
from domain.stock import StockLevel, StockQuery
from domain.viewer import Viewer
from loaders.batch import Batch


class StockLoaders:
    """What one viewer reads of stock during one request."""

    def __init__(self, repository: Stock, viewer: Viewer) -> None:
        self._repository, self._viewer = repository, viewer
        self.by_id = Batch(partial(repository.by_ids, viewer))
        self.reservation_by_id = Batch(partial(repository.reservations_by_ids, viewer))
        self.transfer_by_id = Batch(partial(repository.transfers_by_ids, viewer))
        self.levels_of = Batch(partial(repository.levels_of, viewer))
        self.promises_of = Batch(partial(repository.promises_of, viewer))

    async def page(self, query: StockQuery, request: PageRequest) -> Page[StockLevel]:
        return await self._repository.page(self._viewer, query, request)

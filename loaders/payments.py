"""Payments, by key."""

from __future__ import annotations

from functools import partial

from domain.pages import Page, PageRequest
from domain.payments import Payment, PaymentQuery
from domain.ports import Payments
from domain.viewer import Viewer
from loaders.batch import Batch


class PaymentLoaders:
    """What one viewer reads of payments during one request."""

    def __init__(self, repository: Payments, viewer: Viewer) -> None:
        self._repository, self._viewer = repository, viewer
        self.by_id = Batch(partial(repository.by_ids, viewer))
        self.by_ref = Batch(partial(repository.by_refs, viewer))
        self.by_operation = Batch(partial(repository.by_operations, viewer))
        self.postings_of = Batch(partial(repository.postings_of, viewer))
        self.of_order = Batch(partial(repository.of_orders, viewer))
        self.link_by_id = Batch(partial(repository.links_by_ids, viewer))
        self.links_of = Batch(partial(repository.links_of, viewer))

    async def page(self, query: PaymentQuery, request: PageRequest) -> Page[Payment]:
        return await self._repository.page(self._viewer, query, request)

"""Customers and their points, by key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from domain.customers import Customer, IdentityKind
from domain.ports import Customers
from domain.viewer import Viewer
from loaders.batch import Batch, Relation


class CustomerLoaders:
    """What one viewer reads of people during one request."""

    def __init__(self, repository: Customers, viewer: Viewer) -> None:
        self._repository, self._viewer = repository, viewer
        self.by_id = Batch(partial(repository.by_ids, viewer))
        self.by_number = Batch(partial(repository.by_numbers, viewer))
        self.similar = Batch(partial(repository.similar, viewer))
        self.account_by_id = Batch(partial(repository.accounts_by_ids, viewer))
        self.account_of = Batch(partial(repository.accounts_of, viewer))
        self.entry_by_id = Batch(partial(repository.entries_by_ids, viewer))
        self.entry_page = Relation(partial(repository.entry_pages, viewer))

    async def found_by(self, kind: IdentityKind, value: str) -> Sequence[Customer]:
        return await self._repository.found_by(self._viewer, kind, value)

"""Channels and incidents, by key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from domain.incidents import Incident, IncidentQuery
from domain.operations import Channel
from domain.pages import Page, PageRequest
from domain.ports import Channels, Incidents
from domain.viewer import Viewer
from loaders.batch import Batch


class ChannelLoaders:
    """What one viewer reads of channels during one request."""

    def __init__(self, repository: Channels, viewer: Viewer) -> None:
        self._repository, self._viewer = repository, viewer
        self.by_id = Batch(partial(repository.by_ids, viewer))
        self.adapters_of = Batch(partial(repository.adapters_of, viewer))

    async def all(self) -> Sequence[Channel]:
        return await self._repository.all(self._viewer)


class IncidentLoaders:
    """What one viewer reads of incidents during one request."""

    def __init__(self, repository: Incidents, viewer: Viewer) -> None:
        self._repository, self._viewer = repository, viewer
        self.by_id = Batch(partial(repository.by_ids, viewer))

    async def page(self, query: IncidentQuery, request: PageRequest) -> Page[Incident]:
        return await self._repository.page(self._viewer, query, request)

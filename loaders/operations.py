"""Channels, by key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from domain.operations import Channel
from domain.ports import Channels
from domain.viewer import Viewer
from loaders.batch import Batch


class ChannelLoaders:
    """What one viewer reads of channels during one request."""

    def __init__(self, repository: Channels, viewer: Viewer) -> None:
        self._repository, self._viewer = repository, viewer
        self.by_id = Batch(partial(repository.by_ids, viewer))

    async def all(self) -> Sequence[Channel]:
        return await self._repository.all(self._viewer)

"""The journal, by what it is about."""

from __future__ import annotations

from functools import partial

from domain.ports import Journal
from domain.viewer import Viewer
from loaders.batch import Batch, Relation


class JournalLoaders:
    """What one viewer reads of the journal during one request."""

    def __init__(self, repository: Journal, viewer: Viewer) -> None:
        self.by_id = Batch(partial(repository.by_ids, viewer))
        self.pages_about = Relation(partial(repository.pages_about, viewer))

"""What resolvers see: one context for each operation of a viewer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from domain.ports import Repositories, Stores
from domain.viewer import Viewer
from gateway import explaining, logs
from resolvers.context import Context
from schema.views import View

Contexts = Callable[[Viewer, bool], Context]
"""Makes the context of one operation, whose reads may be watched."""


def contexts(view: View, repositories: Repositories, stores: Stores, country: str) -> Contexts:
    """Contexts over these parts; phone numbers without a code are of `country`."""

    def context(viewer: Viewer, is_watched: bool) -> Context:
        return Context(
            viewer,
            explaining.watched(repositories) if is_watched else repositories,
            stores,
            served=view.served,
            now=datetime.now(UTC),
            country=country,
            audit=logs.audit,
        )

    return context

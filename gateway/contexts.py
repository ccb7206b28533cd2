"""What resolvers see: one context for each operation of a viewer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from commands.channels.asking import Asking
from domain.ports import Repositories, Stores
from domain.viewer import Viewer
from gateway import explaining, logs
from resolvers.asks import DEADLINE_SECONDS, Asks
from resolvers.context import Context
from schema.views import View


class Contexts(Protocol):
    """Makes the context of one operation; its reads may be watched, and an event asks nobody."""

    def __call__(
        self, viewer: Viewer, is_watched: bool, /, *, is_event: bool = False
    ) -> Context: ...


def contexts(
    view: View,
    repositories: Repositories,
    stores: Stores,
    country: str,
    *,
    asking: Asking | None = None,
    seconds: float = DEADLINE_SECONDS,
) -> Contexts:
    """Contexts over these parts; phone numbers without a code are of `country`.

    Channels are asked through `asking`, within so many seconds for each operation.
    """

    def context(viewer: Viewer, is_watched: bool, /, *, is_event: bool = False) -> Context:
        return Context(
            viewer,
            explaining.watched(repositories) if is_watched else repositories,
            stores,
            served=view.served,
            now=datetime.now(UTC),
            country=country,
            audit=logs.audit,
            asks=Asks(None if is_event else asking, seconds),
        )

    return context

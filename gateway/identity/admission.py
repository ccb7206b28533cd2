"""What credentials come to: a viewer, for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import inf

from msgspec import Struct

from domain.errors import Unauthenticated
from domain.viewer import ANONYMOUS, Viewer

REFUSED = "These credentials are not accepted. Sign in again."
"""All that is said of credentials that are no good: what is wrong with them helps who forges."""

SKEW_SECONDS = 60
"""So far may the clock of an issuer be ahead of ours."""


class Admission(Struct, frozen=True):
    """A viewer, until an instant in seconds since the epoch."""

    viewer: Viewer
    until: float = inf


VISITOR = Admission(ANONYMOUS)

Who = Callable[[str | None], Awaitable[Admission]]
"""Finds who stands behind an `Authorization` header, or raises a `KassaError`."""


def plainly(find: Callable[[str | None], Viewer]) -> Who:
    """Where it can be told without waiting, and never changes."""

    async def who(authorization: str | None) -> Admission:
        return Admission(find(authorization))

    return who


class Refused(Unauthenticated):
    """Credentials are no good; `reason` is a word for our own log."""

    def __init__(self, reason: str) -> None:
        super().__init__(REFUSED)
        self.reason = reason

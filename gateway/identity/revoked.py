"""Sessions that somebody has revoked: their tokens are refused though they would still be good.

What was revoked is read every two seconds, in one read, so a request waits for none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from domain.ports.knowing import Sessions
from gateway.identity.admission import SKEW_SECONDS, Refused

LOOK_AGAIN_SECONDS = 2.0
KNOWN_SECONDS = 4.0
"""So long is what was read believed of a token that comes for the first time."""


class Revoked:
    """Tells whether a token is of a session that was revoked."""

    def __init__(self, kept: Sessions, *, now: Callable[[], float] = time.time) -> None:
        self.generation = 0
        self._kept = kept
        self._now = now
        self._revoked: Mapping[str, float] = {}
        self._read_at = 0.0

    async def check(self, subject: str, issued_at: float) -> None:
        """Refuse a token that was issued before its subject's sessions were revoked.

        Raises:
            Refused: it is one.
            Unavailable: that cannot be found out now.
        """
        if self._now() - self._read_at > KNOWN_SECONDS:
            await self._read()
        revoked = self._revoked.get(subject)
        if revoked is not None and issued_at <= revoked + SKEW_SECONDS:
            raise Refused("session revoked")

    async def look_again(self) -> None:
        """Read again what was revoked.

        Raises:
            Unavailable: the database does not answer.
        """
        if self._now() - self._read_at >= LOOK_AGAIN_SECONDS:
            await self._read()

    async def _read(self) -> None:
        begun = self._now()
        found = {each.subject: each.at.timestamp() for each in await self._kept.revoked()}
        if found != self._revoked:
            self._revoked = found
            self.generation += 1
        self._read_at = begun

"""Keys of our own: told again by their digests, and looked at again every two seconds.

So a key that is revoked opens nothing from then on, and a request hardly ever waits for a read.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from domain import api_keys
from domain.api_keys import ApiKey, ApiKeyId, Mode
from domain.ports.knowing import ApiKeys
from gateway.execution.recent import Recent
from gateway.identity.admission import Admission, Refused

LOOK_AGAIN_SECONDS = 2.0
KNOWN_SECONDS = 4.0
"""So long is what was read believed, where looking again takes its time."""

USED_SECONDS = 60.0
"""So long behind its last request is a key looked at without being asked."""

USED_EVERY = timedelta(minutes=5)
"""So exactly is it kept when a key was used last."""

Peppers = Callable[[], Awaitable[Sequence[bytes]]]

MOST_KNOWN, BYTES_EACH = 20_000, 1_500


class Known(Struct):
    """A key that was read, and when; `used_at` is when a request had it last."""

    key: ApiKey
    admission: Admission
    read_at: float
    used_at: float
    weight: int = BYTES_EACH


class KeyRing:
    """Tells who stands behind a key; any of `peppers` may be the one it is kept under."""

    def __init__(
        self,
        kept: ApiKeys,
        peppers: Peppers,
        mode: Mode,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._kept = kept
        self._peppers = peppers
        self._mode = mode
        self._now = now
        self._known: Recent[Known] = Recent(MOST_KNOWN, MOST_KNOWN * BYTES_EACH)
        self._by_id: dict[ApiKeyId, Known] = {}
        self._looked_at = 0.0
        self._under: Sequence[bytes] | None = None

    async def who(self, text: str) -> Admission:
        """Whose a key is, and until when.

        Raises:
            Refused: it is not good.
            Unavailable: that cannot be found out now.
        """
        now = self._now()
        known = self._known.get(text)
        if known is None or now - known.read_at > KNOWN_SECONDS:
            known = await self._read(text, now)
        known.used_at = now
        self._by_id[known.key.id] = known
        if known.key.revoked_at or now >= known.admission.until:
            raise Refused("key is revoked or too old")
        return known.admission

    async def look_again(self) -> None:
        """Read again what is in use, in one read; and keep that it is.

        Raises:
            Unavailable: the database does not answer.
        """
        now = self._now()
        if now - self._looked_at < LOOK_AGAIN_SECONDS:
            return
        self._looked_at = now
        self._by_id = {
            key: known for key, known in self._by_id.items() if now - known.used_at < USED_SECONDS
        }
        if not self._by_id:
            return
        found = await self._kept.by_digests([known.key.digest for known in self._by_id.values()])
        for known in self._by_id.values():
            key = found.get(known.key.digest) or _gone(known.key, _instant(now))
            known.key, known.admission, known.read_at = key, _admission(key), now
        await self._tell_used(now)

    async def _read(self, text: str, now: float) -> Known:
        if api_keys.mode_of(text) is not self._mode:
            raise Refused("key")
        digests = [api_keys.digest(text, pepper) for pepper in await self._secrets()]
        found = await self._kept.by_digests(digests)
        if not found:
            raise Refused("unknown key")
        [key] = found.values()
        return self._known.put(text, Known(key, _admission(key), now, now))

    async def _secrets(self) -> Sequence[bytes]:
        if self._under is None:
            self._under = await self._peppers()
        return self._under

    async def _tell_used(self, now: float) -> None:
        """Keep the last use of those of which it is long unknown: no write a request."""
        at = _instant(now)
        due = [
            known.key.id
            for known in self._by_id.values()
            if known.key.last_used_at is None or known.key.last_used_at < at - USED_EVERY
        ]
        if due:
            await self._kept.used(due, at)


def _admission(key: ApiKey) -> Admission:
    return Admission(key.viewer, key.expires_at.timestamp() if key.expires_at else inf)


def _gone(key: ApiKey, at: datetime) -> ApiKey:
    """A key that is no longer there is as good as revoked."""
    return replace(key, revoked_at=at)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

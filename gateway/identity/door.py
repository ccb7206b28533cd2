"""The one place where a request becomes a viewer's.

What was found out of credentials is kept as long as it holds, so that a request costs no check of
a signature and no read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from msgspec import Struct

from gateway import auth
from gateway.execution.recent import Recent
from gateway.identity.admission import VISITOR, Admission, Refused
from gateway.identity.keyring import KeyRing
from gateway.identity.tokens import Tokens

SCHEME = "bearer "
KEY = "kassa_"
MOST_KEPT, MOST_KEPT_BYTES = 50_000, 64 * 2**20
BYTES_EACH = 1_000
QUIET_SECONDS = 10.0
"""So often is one reason of refusals logged at most."""

logger = logging.getLogger("kassa.identity")


class Kept(Struct, frozen=True):
    """What is known of credentials until they end."""

    admission: Admission
    size: int

    @property
    def weight(self) -> int:
        return BYTES_EACH + self.size


class Door:
    """Lets viewers in. Development tokens only where `is_development`."""

    def __init__(
        self,
        *,
        is_development: bool,
        tokens: Tokens | None = None,
        keys: KeyRing | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._is_development = is_development
        self._tokens = tokens
        self._keys = keys
        self._now = now
        self._kept: Recent[Kept] = Recent(MOST_KEPT, MOST_KEPT_BYTES)
        self._generation = 0
        self._logged_at: dict[str, float] = {}

    async def who(self, authorization: str | None) -> Admission:
        """Who stands behind an `Authorization` header; nobody in particular without one.

        Raises:
            Unauthenticated: nobody whom we let in.
            Unavailable: that cannot be found out now.
        """
        if not authorization:
            return VISITOR
        kept = self._kept.get(authorization)
        if kept is not None and self._holds(kept):
            return kept.admission
        try:
            return await self._found(authorization)
        except Refused as refused:
            self._log(refused.reason)
            raise

    async def turn(self) -> int:
        """What is kept may have ended: see to it without being asked.

        Raises:
            Unavailable: that cannot be found out now.
        """
        if self._tokens:
            await self._tokens.look_again()
        if self._keys:
            await self._keys.look_again()
        return 0

    async def close(self) -> None:
        if self._tokens:
            await self._tokens.close()

    def _holds(self, kept: Kept) -> bool:
        if self._tokens and self._generation != self._tokens.generation:
            return False
        return self._now() < kept.admission.until

    async def _found(self, authorization: str) -> Admission:
        if authorization[: len(SCHEME)].lower() != SCHEME:
            raise Refused("scheme")
        token = authorization[len(SCHEME) :].strip()
        if self._is_development and token.startswith(f"{auth.PREFIX}."):
            return Admission(auth.viewer(authorization))
        if self._keys and token.startswith(KEY):
            return await self._keys.who(token)
        if self._tokens is None:
            raise Refused("kind")
        return self._keep(authorization, await self._tokens.who(token))

    def _keep(self, authorization: str, admission: Admission) -> Admission:
        if self._tokens and self._generation != self._tokens.generation:
            self._generation = self._tokens.generation
            self._kept = Recent(MOST_KEPT, MOST_KEPT_BYTES)
        self._kept.put(authorization, Kept(admission, len(authorization)))
        return admission

    def _log(self, reason: str) -> None:
        """Keep that credentials were refused, and why; who sends many does not fill the log."""
        now = self._now()
        if now - self._logged_at.get(reason, 0.0) >= QUIET_SECONDS:
            self._logged_at[reason] = now
            logger.info("credentials refused: %s", reason)

"""Sessions that are over before their tokens are, in MongoDB."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.sessions import RevokedSessions
from storage.mongo.collections import Collection
from storage.mongo.driver import Database

REVOKED_SESSIONS = Collection("revoked_sessions", RevokedSessions)
COLLECTIONS = (REVOKED_SESSIONS,)


class MongoSessions:
    """`ports.knowing.Sessions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revoked(self) -> Sequence[RevokedSessions]:
        found = await self._database.find(REVOKED_SESSIONS.name, {})
        rows = msgspec.convert(found, list[RevokedSessions])
        return sorted(rows, key=lambda each: each.at, reverse=True)

    async def revoke(self, revoked: RevokedSessions) -> None:
        await self._database.replace(REVOKED_SESSIONS.name, REVOKED_SESSIONS.document(revoked))

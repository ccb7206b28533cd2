"""Leases: one gateway does what needs to be done once.

They save work and keep nothing safe: what is done under a lease must be right even if two do it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

import msgspec
from msgspec import Struct

from storage.mongo.collections import Collection
from storage.mongo.driver import Database, Taken

LEASE = timedelta(seconds=4)


class LeaseRow(Struct, frozen=True):
    """Who does something now."""

    id: str = msgspec.field(name="_id")
    owner: str


LEASES = Collection("leases", LeaseRow)
COLLECTIONS = (LEASES,)


class Lease:
    """The right to do what `name` says, as long as it is asked for often enough."""

    def __init__(self, database: Database, name: str, lasts: timedelta = LEASE) -> None:
        self._database = database
        self._name = name
        self._lasts = lasts
        self._owner = secrets.token_hex(8)

    async def hold(self) -> bool:
        """Take the lease, or keep it; False while somebody else has it."""
        milliseconds = self._lasts // timedelta(milliseconds=1)
        is_over = {"$lt": ["$until", "$$NOW"]}
        free = {"$or": [{"owner": self._owner}, {"$expr": is_over}]}
        until = {"$add": ["$$NOW", milliseconds]}
        held = await self._database.change(
            LEASES.name,
            {"_id": self._name, **free},
            [{"$set": {"owner": self._owner, "until": until}}],
        )
        return held is not None or await self._first()

    async def _first(self) -> bool:
        if await self._database.find(LEASES.name, {"_id": self._name}):
            return False
        try:
            await self._database.put(
                LEASES.name, LEASES.document(LeaseRow(self._name, self._owner))
            )
        except Taken:
            return False
        return True

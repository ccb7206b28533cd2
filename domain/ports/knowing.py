"""What letting viewers in needs of a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.api_keys import ApiKey, ApiKeyId
from domain.scopes import Scope
from domain.sessions import RevokedSessions


class ApiKeys(Protocol):
    """Keys of our own."""

    async def by_digests(self, digests: Collection[str]) -> Mapping[str, ApiKey]:
        """The keys there are, by what they are found by.

        Raises:
            Unavailable: the database does not answer.
        """
        ...

    async def all(self) -> Sequence[ApiKey]:
        """Every key, the oldest first."""
        ...

    async def add(self, key: ApiKey) -> None: ...

    async def rescope(self, key: ApiKeyId, scopes: Sequence[Scope] | None) -> ApiKey | None:
        """Have a key be good for these from now on, for everything if None.

        Gives None if there is no such key.
        """
        ...

    async def revoke(self, key: ApiKeyId, at: datetime) -> ApiKey | None:
        """Have a key open nothing any more; None if there is no such key."""
        ...

    async def used(self, keys: Collection[ApiKeyId], at: datetime) -> None:
        """Keep that these were used by then."""
        ...


class Sessions(Protocol):
    """Sessions that are over before their tokens are."""

    async def revoked(self) -> Sequence[RevokedSessions]:
        """All of them, the latest first.

        Raises:
            Unavailable: the database does not answer.
        """
        ...

    async def revoke(self, revoked: RevokedSessions) -> None:
        """Have what a subject is signed in with open nothing any more."""
        ...

"""Keys of our own in MongoDB."""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from domain.api_keys import ApiKey, ApiKeyId
from domain.scopes import Scope
from storage.mongo.collections import Collection, Index, by
from storage.mongo.driver import Database, Filter

API_KEYS = Collection("api_keys", ApiKey, (Index(by("digest"), "API keys", unique=True),))
COLLECTIONS = (API_KEYS,)


class MongoApiKeys:
    """`ports.knowing.ApiKeys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_digests(self, digests: Several[str]) -> Mapping[str, ApiKey]:
        found = await self._database.find(API_KEYS.name, {"digest": {"$in": list(digests)}})
        return {key.digest: key for key in msgspec.convert(found, list[ApiKey])}

    async def all(self) -> Sequence[ApiKey]:
        found = await self._database.find(API_KEYS.name, {}, sort=[("_id", 1)])
        return msgspec.convert(found, list[ApiKey])

    async def add(self, key: ApiKey) -> None:
        await self._database.put(API_KEYS.name, API_KEYS.document(key))

    async def rescope(self, key: ApiKeyId, scopes: Sequence[Scope] | None) -> ApiKey | None:
        named = None if scopes is None else list(scopes)
        return await self._changed(key, {"$set": {"scopes": named}})

    async def revoke(self, key: ApiKeyId, at: datetime) -> ApiKey | None:
        first = {"$set": {"revoked_at": {"$ifNull": ["$revoked_at", at]}}}
        return await self._changed(key, [first])

    async def used(self, keys: Several[ApiKeyId], at: datetime) -> None:
        latest = {"$max": {"last_used_at": at}}
        await self._database.change_all(API_KEYS.name, {"_id": {"$in": list(keys)}}, latest)

    async def _changed(self, key: ApiKeyId, update: Filter | Sequence[Filter]) -> ApiKey | None:
        found = await self._database.change(API_KEYS.name, {"_id": key}, update)
        return None if found is None else msgspec.convert(found, ApiKey)

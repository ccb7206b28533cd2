"""Issuers' public keys: fetched when they are needed, and kept.

Sources: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig and RFC 7517.
"""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any, cast

import httpx2
import orjson
from joserfc import jwk
from joserfc.errors import JoseError, SecurityWarning

from domain.errors import Unavailable
from gateway.identity.issuers import Issuer, is_safe

FRESH_SECONDS = 300.0
KEPT_SECONDS = 86_400.0
"""So long are keys good while their issuer does not answer."""

AGAIN_SECONDS = 60.0
"""So often is an issuer asked at most, whatever key ids tokens name."""

FIRST_AGAIN_SECONDS = 5.0
"""The same, as long as it has never answered."""

DEADLINE_SECONDS = 5.0
MOST_BYTES = 2**16
MOST_KEYS = 100
OK = 200
DISCOVERY = "/.well-known/openid-configuration"
PUBLIC = frozenset({"RSA", "EC", "OKP"})

Key = Any
"""One of joserfc's, which have no common public type."""

logger = logging.getLogger("kassa.identity")


class Unusable(Exception):
    """What an issuer answered is of no use; the message says why, for our log."""


def client() -> httpx2.AsyncClient:
    """For fetching keys: no redirects, no proxies from the environment, no compression."""
    return httpx2.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(DEADLINE_SECONDS / 2),
        headers={"accept": "application/json", "accept-encoding": "identity"},
    )


class KeySet:
    """The keys of one issuer."""

    def __init__(
        self,
        issuer: Issuer,
        client: httpx2.AsyncClient,
        *,
        is_development: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._client = client
        self._is_development = is_development
        self._now = now
        self._keys: Mapping[str, Key] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None
        self.generation = 0
        """Climbs when a key is no longer good."""

    async def find(self, kid: str | None) -> Key | None:
        """The key of an id; without an id, the only key there is.

        Raises:
            Unavailable: there are no keys, and the issuer does not answer.
        """
        self.look_again()
        found = self._found(kid)
        if found is None and self._may_ask:
            await self._fetch()
            found = self._found(kid)
        if not self._keys:
            raise Unavailable("The issuer of these credentials does not answer. Try again.")
        return found

    def look_again(self) -> None:
        """Have keys that are no longer fresh fetched, and forget those that are too old."""
        if self._fetched_at is None:
            return
        age = self._now() - self._fetched_at
        if age > KEPT_SECONDS and self._keys:
            self._keys = {}
            self.generation += 1
        if age > FRESH_SECONDS and self._may_ask:
            self._begin()

    async def close(self) -> None:
        """Fetch no longer."""
        if self._fetching:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    @property
    def _may_ask(self) -> bool:
        if self._tried_at is None or self._fetching:
            return True
        pause = FIRST_AGAIN_SECONDS if self._fetched_at is None else AGAIN_SECONDS
        return self._now() - self._tried_at >= pause

    def _found(self, kid: str | None) -> Key | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    async def _fetch(self) -> None:
        """Wait for what is being fetched; whoever leaves meanwhile leaves it to the others."""
        await asyncio.shield(self._begin())

    def _begin(self) -> asyncio.Task[None]:
        if self._fetching is None:
            self._tried_at = self._now()
            self._fetching = asyncio.create_task(self._refresh())
        return self._fetching

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                keys = usable(await self._document(await self._keys_url()))
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, Unusable) as error:
            why = str(error) or type(error).__name__
            logger.warning("no keys from %s: %s", self._issuer.url, why)
        else:
            if any(key not in keys for key in self._keys):
                self.generation += 1
            self._keys, self._fetched_at = keys, self._now()
        finally:
            self._fetching = None

    async def _keys_url(self) -> str:
        issuer = self._issuer
        if issuer.keys_url:
            return issuer.keys_url
        told = await self._document(f"{issuer.url.rstrip('/')}{DISCOVERY}")
        if told.get("issuer") != issuer.url:
            raise Unusable("its discovery document is another issuer's")
        found = told.get("jwks_uri")
        if not isinstance(found, str) or not is_safe(found, is_development=self._is_development):
            raise Unusable("its discovery document names no https:// place of its keys")
        return found

    async def _document(self, url: str) -> Mapping[str, object]:
        body = bytearray()
        async with self._client.stream("GET", url) as response:
            if response.status_code != OK:
                raise Unusable(f"{url} answers {response.status_code}")
            async for part in response.aiter_raw():
                body += part
                if len(body) > MOST_BYTES:
                    raise Unusable(f"{url} answers more than {MOST_BYTES} bytes")
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Unusable(f"{url} answers no JSON") from error
        if not isinstance(found, dict):
            raise Unusable(f"{url} answers no JSON object")
        return cast("dict[str, object]", found)


def usable(document: Mapping[str, object]) -> Mapping[str, Key]:
    """The keys for signatures of a JWK Set, by id; what cannot be used is left out.

    Raises:
        Unusable: nothing is left.
    """
    given = document.get("keys")
    listed = cast("list[object]", given) if isinstance(given, list) else []
    keys: dict[str, Key] = {}
    for n, each in enumerate(listed[:MOST_KEYS]):
        key = _usable(cast("dict[str, Any]", each)) if isinstance(each, dict) else None
        if key is not None:
            keys.setdefault(key.kid or f"#{n}", key)
    if not keys:
        raise Unusable("there are no usable keys in its key set")
    return keys


def _usable(given: dict[str, Any]) -> Key | None:
    """A public key for signatures: no secret shared with us, nothing weak, nothing private."""
    if given.get("kty") not in PUBLIC or given.get("use", "sig") != "sig" or "d" in given:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)  # of a weak key
            return jwk.import_key(given)
    except (JoseError, SecurityWarning, ValueError, TypeError, KeyError):
        return None

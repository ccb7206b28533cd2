"""JSON Web Tokens of issuers we know: all that a token must be, before anything in it is believed.

Sources: RFC 7519, RFC 8725 (best current practices). What a header says of keys (`jwk`, `jku`,
`x5u`, `x5c`) is never looked at: keys come from the issuer, algorithms from the operator.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable, Mapping
from math import isfinite
from typing import cast

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from gateway.identity import keysets
from gateway.identity.admission import SKEW_SECONDS, Admission, Refused
from gateway.identity.issuers import Issuer, Issuers
from gateway.identity.keysets import KeySet
from gateway.identity.revoked import Revoked

MOST_BYTES = 8 * 1024
KEY_ID = re.compile(r"[\x21-\x7e]{1,255}")
SUBJECT = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})


class Tokens:
    """Tells who stands behind a token. Without `revoked`, nobody can end it before its time."""

    def __init__(
        self,
        issuers: Issuers,
        *,
        revoked: Revoked | None = None,
        is_development: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuers = issuers
        self._revoked = revoked
        self._now = now
        self._client = keysets.client()
        self._keys = {
            url: KeySet(issuer, self._client, is_development=is_development, now=now)
            for url, issuer in issuers.items()
        }

    @property
    def generation(self) -> int:
        """Climbs when tokens that were good may no longer be."""
        revoked = self._revoked.generation if self._revoked else 0
        return revoked + sum(keys.generation for keys in self._keys.values())

    async def look_again(self) -> None:
        """Have keys fetched anew that are no longer fresh, and see which sessions were revoked.

        Raises:
            Unavailable: the database does not answer.
        """
        for keys in self._keys.values():
            keys.look_again()
        if self._revoked:
            await self._revoked.look_again()

    async def close(self) -> None:
        for keys in self._keys.values():
            await keys.close()
        await self._client.aclose()

    async def who(self, token: str) -> Admission:
        """Who a token speaks of, and until when.

        Raises:
            Refused: it is not good.
            Unavailable: whether it is good cannot be found out now.
        """
        if len(token) > MOST_BYTES:
            raise Refused("size")
        head, body, _ = _parts(token)
        issuer = self._issuers.get(str(body.get("iss")))
        if issuer is None:
            raise Refused("issuer")
        algorithm = _algorithm(head, issuer)
        key = await self._keys[issuer.url].find(_key_id(head))
        if key is None:
            raise Refused("key")
        _check_signature(token, key, algorithm)
        until = self._check(body, issuer)
        viewer = issuer.viewer(body)
        if self._revoked and viewer.subject:
            await self._revoked.check(viewer.subject, _instant(body, "iat"))
        return Admission(viewer, until)

    def _check(self, claims: Mapping[str, object], issuer: Issuer) -> float:
        """Check what a token says of itself; gives when it ends. `exp` is meant as it stands."""
        now = self._now()
        until, begun = _instant(claims, "exp"), _instant(claims, "iat")
        if until <= now:
            raise Refused("expired")
        if begun > now + SKEW_SECONDS:
            raise Refused("iat")
        if "nbf" in claims and _instant(claims, "nbf") > now + SKEW_SECONDS:
            raise Refused("nbf")
        audience = claims.get("aud")
        named = cast("list[object]", audience) if isinstance(audience, list) else [audience]
        if issuer.audience not in named:
            raise Refused("audience")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not SUBJECT.fullmatch(subject):
            raise Refused("subject")
        return until


def _parts(token: str) -> tuple[Mapping[str, object], Mapping[str, object], str]:
    parts = token.split(".")
    if len(parts) != 3:
        raise Refused("form")
    return _object(parts[0]), _object(parts[1]), parts[2]


def _object(part: str) -> Mapping[str, object]:
    try:
        padded = part.encode("ascii") + b"=" * (-len(part) % 4)
        found = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError) as error:
        raise Refused("form") from error
    if not isinstance(found, dict):
        raise Refused("form")
    return cast("dict[str, object]", found)


def _algorithm(head: Mapping[str, object], issuer: Issuer) -> str:
    """What the token is signed with, of what the issuer may sign with."""
    algorithm = head.get("alg")
    if algorithm not in issuer.algorithms:
        raise Refused("algorithm")
    if "crit" in head or "b64" in head:
        raise Refused("crit")
    kind = head.get("typ", "jwt")
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        raise Refused("type")
    return str(algorithm)


def _key_id(head: Mapping[str, object]) -> str | None:
    found = head.get("kid")
    if found is not None and not (isinstance(found, str) and KEY_ID.fullmatch(found)):
        raise Refused("kid")
    return found


def _check_signature(token: str, key: keysets.Key, algorithm: str) -> None:
    try:
        jws.deserialize_compact(token, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError) as error:
        raise Refused("signature") from error


def _instant(claims: Mapping[str, object], name: str) -> float:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not isfinite(found):
        raise Refused(name)
    return float(found)

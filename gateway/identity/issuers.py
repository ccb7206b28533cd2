"""Whose tokens are taken, and what their claims mean here: one TOML file of the operator's.

    [[issuers]]
    url = "https://login.example.com"
    audience = "kassa"
    algorithms = ["ES256"]
    roles = { "store-clerk" = "clerk", "head-office" = "support" }
    claims = { role = "realm_access.roles", location = "kassa_location" }

An issuer gives the roles that are named for it, and no others: a shoppers' issuer makes no staff.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from domain import ids
from domain.errors import BadInput
from domain.ids import ChannelId, CustomerId, Kind, LocationId
from domain.scopes import Scope
from domain.viewer import Role, Viewer
from gateway.identity.admission import Refused
from gateway.settings import SettingsError

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"
]
"""Those with a public key; with any other, who can check a token can write one."""

Name = Annotated[str, Meta(min_length=1, max_length=255)]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
MOST_CHANNELS = 100


class Claims(Struct, frozen=True, forbid_unknown_fields=True):
    """In which claims our words stand; a dot leads into an object.

    Without `scope`, a token is good for all that its role may.
    """

    role: Name = "kassa_role"
    customer: Name = "kassa_customer"
    location: Name = "kassa_location"
    channels: Name = "kassa_channels"
    scope: Name | None = None


class ConsoleClient(Struct, frozen=True, forbid_unknown_fields=True):
    """The console as a public client of an issuer: code flow with PKCE, no secret."""

    client: Name
    scope: Name = "openid"


class Issuer(Struct, frozen=True, forbid_unknown_fields=True):
    """One issuer. `role` is what all of its tokens are for; else `roles` says what a claim means.

    Where its keys are, discovery tells, unless `keys_url` does.
    """

    url: Name
    audience: Name
    algorithms: Annotated[tuple[Algorithm, ...], Meta(min_length=1)]
    role: Role | None = None
    roles: Mapping[str, Role] = {}
    claims: Claims = Claims()
    keys_url: Name | None = None
    console: ConsoleClient | None = None

    def viewer(self, claims: Mapping[str, object]) -> Viewer:
        """Who the claims of a good token speak of.

        Raises:
            Refused: nobody whom we know.
        """
        role = self.role or self._role(claims)
        try:
            viewer = Viewer(
                role,
                customer=self._customer(role, claims),
                location=self._location(role, claims),
                channels=self._channels(role, claims),
                scopes=self._scopes(claims),
                subject=f"{self.url}#{claims['sub']}",
            )
        except BadInput as error:
            raise Refused("id") from error
        return viewer

    def _role(self, claims: Mapping[str, object]) -> Role:
        found = set(_texts(_at(claims, self.claims.role)))
        for name, role in self.roles.items():
            if name in found:
                return role
        raise Refused("role")

    def _customer(self, role: Role, claims: Mapping[str, object]) -> CustomerId | None:
        if role is not Role.SHOPPER:
            return None
        return CustomerId(ids.expect(Kind.CUSTOMER, _text(_at(claims, self.claims.customer))))

    def _location(self, role: Role, claims: Mapping[str, object]) -> LocationId | None:
        if role is not Role.CLERK:
            return None
        return LocationId(ids.expect(Kind.LOCATION, _text(_at(claims, self.claims.location))))

    def _channels(self, role: Role, claims: Mapping[str, object]) -> tuple[ChannelId, ...]:
        if role is not Role.PARTNER:
            return ()
        found = sorted(set(_texts(_at(claims, self.claims.channels))))
        if not 0 < len(found) <= MOST_CHANNELS:
            raise Refused("channels")
        return tuple(ChannelId(ids.expect(Kind.CHANNEL, each)) for each in found)

    def _scopes(self, claims: Mapping[str, object]) -> frozenset[Scope] | None:
        if self.claims.scope is None:
            return None
        found = _texts(_at(claims, self.claims.scope))
        named = {word for text in found for word in text.split()}
        return frozenset(scope for scope in Scope if scope in named)


Issuers = Mapping[str, Issuer]
"""By the `iss` of their tokens."""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    issuers: Annotated[tuple[Issuer, ...], Meta(min_length=1, max_length=20)]


def load(path: Path, *, is_development: bool) -> Issuers:
    """The issuers of a file. Their URLs are https; in development, loopback may be http.

    Raises:
        SettingsError: it cannot be read, or says what cannot be; the message says what to change.
    """
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_File).issuers
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise SettingsError(f"{path} says what cannot be: {error}.") from error
    for issuer in found:
        _check(path, issuer, is_development=is_development)
    if len({issuer.url for issuer in found}) < len(found):
        raise SettingsError(f"{path} names an issuer twice.")
    return {issuer.url: issuer for issuer in found}


def _check(path: Path, issuer: Issuer, *, is_development: bool) -> None:
    if (issuer.role is None) == (not issuer.roles):
        raise SettingsError(f"{path}: {issuer.url} needs either `role` or `roles`.")
    for url in filter(None, (issuer.url, issuer.keys_url)):
        if not is_safe(url, is_development=is_development):
            raise SettingsError(f"{path}: {url} must begin with https://.")


def is_safe(url: str, *, is_development: bool) -> bool:
    """May keys be fetched from there?"""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_here = is_development and parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or is_here)


def _at(claims: Mapping[str, object], path: str) -> object:
    """A claim; names with dots in them are tried as they are first."""
    if path in claims:
        return claims[path]
    found: object = claims
    for step in path.split("."):
        found = cast("object", found.get(step)) if isinstance(found, dict) else None
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Refused("claim")
    return value


def _texts(value: object) -> Sequence[str]:
    """A text, or a list of texts."""
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]

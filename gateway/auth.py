"""Tokens for development.

`dev.<role>` or `dev.<role>.<id>`: a shopper names a customer, a clerk a location, a partner a
channel. They prove nothing, so only development takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from domain import ids
from domain.errors import BadInput, Unauthenticated
from domain.ids import ChannelId, CustomerId, Kind, LocationId
from domain.viewer import ANONYMOUS, SYSTEM, Role, Viewer

SCHEME = "bearer"
PREFIX = "dev"

VIEWER_BY_ROLE: Mapping[Role, Callable[[str], Viewer]] = MappingProxyType(
    {
        Role.SHOPPER: lambda key: Viewer(
            Role.SHOPPER, customer=CustomerId(ids.expect(Kind.CUSTOMER, key))
        ),
        Role.CLERK: lambda key: Viewer(
            Role.CLERK, location=LocationId(ids.expect(Kind.LOCATION, key))
        ),
        Role.PARTNER: lambda key: Viewer(
            Role.PARTNER, channels=(ChannelId(ids.expect(Kind.CHANNEL, key)),)
        ),
    }
)
VIEWER_BY_BARE_ROLE: Mapping[Role, Viewer] = MappingProxyType(
    {
        Role.ANONYMOUS: ANONYMOUS,
        Role.SUPPORT: Viewer(Role.SUPPORT),
        Role.FINANCE: Viewer(Role.FINANCE),
        Role.SYSTEM: SYSTEM,
    }
)


def token(role: Role, subject: str | None = None) -> str:
    """The development token of a role."""
    return ".".join(part for part in (PREFIX, role.value, subject) if part)


def viewer(authorization: str | None) -> Viewer:
    """Who stands behind an `Authorization` header; nobody in particular without one.

    Raises:
        Unauthenticated: the header is there, but is no development token.
    """
    if not authorization:
        return ANONYMOUS
    scheme, _, given = authorization.partition(" ")
    prefix, _, rest = given.strip().partition(".")
    if scheme.lower() != SCHEME or prefix != PREFIX:
        raise Unauthenticated("Send `Authorization: Bearer <token>` with a development token.")
    return _named(*rest.partition("."))


def _named(name: str, _: str, subject: str) -> Viewer:
    try:
        role = Role(name)
        found = VIEWER_BY_ROLE[role](subject) if subject else VIEWER_BY_BARE_ROLE[role]
    except (ValueError, KeyError, BadInput) as error:
        raise Unauthenticated(
            "That is no development token; one looks like `dev.support` or `dev.shopper.cus_…`."
        ) from error
    return found

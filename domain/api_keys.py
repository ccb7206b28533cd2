"""Keys of our own, for partners and devices: what they look like, and what they are good for.

`kassa_live_` or `kassa_test_`, 43 characters of chance, 6 of a check sum: whoever finds one in a
log knows what it is, and a slip of the pen is seen without asking anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec
from msgspec import Struct

from domain.errors import BadInput
from domain.ids import ChannelId, LocationId
from domain.scopes import Scope
from domain.viewer import Role, Viewer

ApiKeyId = NewType("ApiKeyId", str)

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_BYTES, SECRET_DIGITS, SUM_DIGITS = 32, 43, 6
HINT_DIGITS = 4
LONGEST_NAME = 80


class Mode(StrEnum):
    """LIVE opens production, TEST everything else."""

    LIVE = "live"
    TEST = "test"

    @property
    def prefix(self) -> str:
        return f"kassa_{self}_"


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key as it is kept: `digest` tells it again, `hint` is how it ends. The key is not here."""

    id: ApiKeyId = msgspec.field(name="_id")
    digest: str
    hint: str
    name: str
    mode: Mode
    role: Role
    channels: tuple[ChannelId, ...] = ()
    location_id: LocationId | None = None
    scopes: tuple[Scope, ...] | None = None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def viewer(self) -> Viewer:
        return Viewer(
            self.role,
            location=self.location_id,
            channels=self.channels,
            scopes=None if self.scopes is None else frozenset(self.scopes),
            subject=self.id,
        )


def new_text(mode: Mode) -> str:
    """A new key."""
    chance = int.from_bytes(secrets.token_bytes(SECRET_BYTES), "big")
    return with_sum(mode.prefix + _written(chance, SECRET_DIGITS))


def with_sum(text: str) -> str:
    """A key's text with its check sum behind it."""
    return text + _written(zlib.crc32(text.encode()), SUM_DIGITS)


def mode_of(text: str) -> Mode | None:
    """Of which mode a key is; None if that is no key of ours."""
    for mode in Mode:
        if text.startswith(mode.prefix):
            size = len(mode.prefix) + SECRET_DIGITS + SUM_DIGITS
            is_whole = len(text) == size and text.isascii()
            return mode if is_whole and with_sum(text[:-SUM_DIGITS]) == text else None
    return None


def digest(text: str, pepper: bytes) -> str:
    """By what a key is found again; nobody who reads it can write the key."""
    return hmac.digest(pepper, text.encode(), hashlib.sha256).hex()


def belongs(channels: tuple[ChannelId, ...], location: LocationId | None) -> Role:
    """Whose a key is: a partner's, who has channels, or that of a device, which stands somewhere.

    Raises:
        BadInput: both or neither.
    """
    if bool(channels) == (location is not None):
        raise BadInput("A key is for a partner's channels, or for a device at a location.")
    return Role.PARTNER if channels else Role.CLERK


def named(name: str) -> str:
    """A name by which people tell keys apart.

    Raises:
        BadInput: it is none.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadInput(f"A key's name has from 1 to {LONGEST_NAME} characters.")
    return name.strip()


def _written(number: int, size: int) -> str:
    digits: list[str] = []
    for _ in range(size):
        number, rest = divmod(number, len(DIGITS))
        digits.append(DIGITS[rest])
    return "".join(reversed(digits))

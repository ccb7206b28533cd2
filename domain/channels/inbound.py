"""What channels send: deliveries, and the news that are in them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from msgspec import Struct

from domain.channels.abilities import Thing
from domain.channels.numbered import Entry
from domain.channels.told import OperationTold, Told, Word

MOST_SIGNATURES = 16
"""More signatures in one delivery are no signature."""


class Delivery(Struct, frozen=True, kw_only=True):
    """What was posted to an endpoint: the body as it came, and the headers that count."""

    endpoint: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime

    @property
    def digest(self) -> str:
        """What recognises the very same body, where a channel gives deliveries no names."""
        return sha256(self.body).hexdigest()


class Forged(Exception):
    """A delivery that the channel did not sign, or not lately; the message is for our log."""


class Unreadable(Exception):
    """A delivery that the channel signed, and that says what it never should; why, in words."""


class Snapshot(Struct, frozen=True, tag=True):
    """A thing as it is (or was, at its `as_of`)."""

    told: Told
    words: tuple[Word, ...] = ()


class Fact(Struct, frozen=True, tag=True):
    """One thing that happened to the payment `payment_ref`, without the rest of it.

    If the payment is not known yet, the fact waits for it, or the payment is fetched.
    """

    payment_ref: str
    operation: OperationTold
    words: tuple[Word, ...] = ()


class RefetchHint(Struct, frozen=True, tag=True):
    """Something about this thing changed; ask for it."""

    thing: Thing
    key: str


class Unrecognised(Struct, frozen=True, tag=True):
    """News of a kind that the adapter does not know; kept, and told to somebody."""

    word: Word


News = Snapshot | Fact | Entry | RefetchHint | Unrecognised


def is_signed(given: Sequence[bytes], expected: Iterable[bytes]) -> bool:
    """Is one of the given signatures one of those expected? All are compared, in constant time.

    `expected` has one for each secret that is active.
    """
    if not 0 < len(given) <= MOST_SIGNATURES:
        return False
    matches = [hmac.compare_digest(each, other) for each in expected for other in given]
    return any(matches)

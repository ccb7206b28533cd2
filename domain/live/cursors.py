"""Cursors of subscriptions: a place in the journal, signed for one stream of one viewer.

Eight bytes of the number and sixteen of the signature (HMAC-SHA256) are 32 characters without
padding, so there is no bit in them that does not count.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256

import msgspec

from domain.errors import BadInput
from domain.live.topics import Topic
from domain.pages import Cursor
from domain.viewer import Viewer

NUMBER_BYTES, SIGNATURE_BYTES = 8, 16
CURSOR_LENGTH = 32
NOWHERE = 2 ** (8 * NUMBER_BYTES) - 1
"""The place of who has got a part of a snapshot only."""

REFUSED = "This cursor is not of this subscription. Leave it out to begin with how things are."


class Cursors:
    """The cursors of one stream: what a viewer hears of a topic."""

    def __init__(self, secret: bytes, viewer: Viewer, topic: Topic) -> None:
        stream = msgspec.json.encode([viewer.principal, type(topic).__name__, topic])
        self._key = hmac.digest(secret, stream, sha256)

    def at(self, number: int) -> Cursor:
        """The cursor of a place."""
        place = number.to_bytes(NUMBER_BYTES, "big")
        return Cursor(urlsafe_b64encode(place + self._signature(place)).decode())

    def number(self, cursor: str) -> int | None:
        """The place of a cursor; None of one with which everything begins anew.

        Raises:
            BadInput: it was changed, or belongs to another stream, or to somebody else.
        """
        raw = _decoded(cursor)
        place, signature = raw[:NUMBER_BYTES], raw[NUMBER_BYTES:]
        if not hmac.compare_digest(signature, self._signature(place)):
            raise BadInput(REFUSED)
        number = int.from_bytes(place, "big")
        return None if number == NOWHERE else number

    def _signature(self, place: bytes) -> bytes:
        return hmac.digest(self._key, place, sha256)[:SIGNATURE_BYTES]


def _decoded(cursor: str) -> bytes:
    if len(cursor) != CURSOR_LENGTH or not cursor.isascii():
        raise BadInput(REFUSED)
    try:
        raw = urlsafe_b64decode(cursor)
    except (Error, ValueError) as error:
        raise BadInput(REFUSED) from error
    if urlsafe_b64encode(raw).decode() != cursor:  # characters that do not belong are skipped
        raise BadInput(REFUSED)
    return raw

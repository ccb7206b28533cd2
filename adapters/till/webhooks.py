"""What tills post, signed as Standard Webhooks say, for which there are libraries everywhere.

`webhook-signature: v1,<base64>[ v1,<base64>…]`, HMAC-SHA256 over `id.timestamp.body`. A secret is
`whsec_` and base64 of the key. Source: https://github.com/standard-webhooks/standard-webhooks
(spec/standard-webhooks.md). The time is that of sending, so that what happened offline days ago
is taken all the same.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from domain.channels.accounts import Secret
from domain.channels.inbound import Delivery, Forged, is_signed

ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
HEADERS = (ID, TIME, SIGNATURE)
PREFIX, VERSION = "whsec_", "v1"
TOLERANCE = timedelta(minutes=5)
MOST_DIGITS = 12

Clock = Callable[[datetime], datetime]
"""The time at which something happened, from what a device's clock said."""


def verified(delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> str:
    """What recognises the body. The id of the message will not do: a till may use one twice.

    Raises:
        Forged: no till of this account sent it, or not lately.
    """
    name, at = delivery.headers.get(ID, ""), delivery.headers.get(TIME, "")
    if not (0 < len(at) <= MOST_DIGITS and at.isascii() and at.isdigit()):
        raise Forged("It has no time.")
    parts = [each.partition(",") for each in delivery.headers.get(SIGNATURE, "").split(" ")]
    given = [text.encode() for version, _, text in parts if version == VERSION]
    signed = b".".join((name.encode(), at.encode(), delivery.body))
    if not is_signed(given, [signature(each, signed) for each in secrets]):
        raise Forged("No secret of ours signed it.")
    if abs(now.timestamp() - int(at)) > TOLERANCE.total_seconds():
        raise Forged("It was signed at another time.")
    return delivery.digest


def signature(secret: Secret, signed: bytes) -> bytes:
    """What a secret makes of `id.timestamp.body`."""
    return b64encode(hmac.new(_key(secret.reveal()), signed, sha256).digest())


def _key(secret: str) -> bytes:
    text = secret.removeprefix(PREFIX)
    if text == secret:
        return secret.encode()
    try:
        return b64decode(text, validate=True)
    except binascii.Error:
        return secret.encode()


def clock(delivery: Delivery, sent_at: datetime | None) -> Clock:
    """Sets right by whole minutes what a device says whose clock is wrong, and never ahead of now.

    The time that it signed is within five minutes; `sent_at` is its own clock at that moment.
    """
    signed = datetime.fromtimestamp(int(delivery.headers.get(TIME, "0")), UTC)
    wrong = signed - sent_at if sent_at else timedelta()
    minutes = round(wrong / timedelta(minutes=1)) if abs(wrong) > TOLERANCE else 0

    def corrected(at: datetime) -> datetime:
        try:
            return min(at + timedelta(minutes=minutes), delivery.received_at)
        except OverflowError:
            return delivery.received_at

    return corrected

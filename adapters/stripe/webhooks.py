"""Stripe's calls to us: verified over raw bytes, before anything reads them.

`Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>…]`, HMAC-SHA256 over `t.body`; the key is the
whole secret, `whsec_…`. Source: https://docs.stripe.com/webhooks/signature (scheme v1).
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from adapters.stripe.translate.payments import read
from adapters.stripe.translate.shapes import Head
from adapters.stripe.translate.words import SIGNATURE
from domain.channels.accounts import Secret
from domain.channels.inbound import Delivery, Forged, is_signed

TOLERANCE = timedelta(minutes=5)


def verify(delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> str:
    """The id of the event in a delivery that Stripe signed, and lately."""
    parts = [part.partition("=") for part in delivery.headers.get(SIGNATURE, "").split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value.encode() for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit():
        raise Forged("The signature has no time.")
    signed = times[0].encode() + b"." + delivery.body
    if not is_signed(given, [signature(secret, signed) for secret in secrets]):
        raise Forged("No secret of ours signed it.")
    if abs(now.timestamp() - int(times[0][:12])) > TOLERANCE.total_seconds():
        raise Forged("It was signed at another time.")
    return read(delivery.body, Head).id


def signature(secret: Secret, signed: bytes) -> bytes:
    """What a secret makes of `t.body`, in hexadecimal."""
    return hmac.new(secret.reveal().encode(), signed, sha256).hexdigest().encode()

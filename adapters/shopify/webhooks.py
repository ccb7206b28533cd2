"""Shopify's calls to us. HMAC-SHA256 over the raw body with the app's client secret, in base64.

Neither the topic nor the delivery's own id is signed. So the body must be what the topic says,
and a delivery that comes again under another id changes nothing, like every repetition.
Source: https://shopify.dev/docs/apps/build/webhooks/subscribe/https.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from domain.channels.accounts import Account, Secret
from domain.channels.inbound import Delivery, Forged, is_signed

SIGNATURE, NAME = "x-shopify-hmac-sha256", "x-shopify-webhook-id"
TOPIC, SHOP = "x-shopify-topic", "x-shopify-shop-domain"
HEADERS = (SIGNATURE, NAME, TOPIC, SHOP)
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def signature(secret: Secret, body: bytes) -> bytes:
    return b64encode(hmac.new(secret.reveal().encode(), body, sha256).digest())


def verified(delivery: Delivery, secrets: Sequence[Secret], account: Account) -> str:
    """The delivery's own id, which is that of its repetitions too.

    Raises:
        Forged: Shopify did not send it, or not for this shop.
    """
    given = delivery.headers.get(SIGNATURE, "").encode()
    if not is_signed([given], [signature(each, delivery.body) for each in secrets]):
        raise Forged("No secret of ours signed it.")
    if delivery.headers.get(SHOP) != account.account:
        raise Forged("It is for another shop.")
    name = delivery.headers.get(NAME, "")
    if not UUID.fullmatch(name):
        raise Forged("It has no id.")
    return name

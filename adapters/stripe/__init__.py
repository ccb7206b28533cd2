"""Stripe: payments, captures, refunds and disputes of one account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from adapters.stripe import webhooks
from adapters.stripe.client import Client
from adapters.stripe.translate import events
from adapters.stripe.translate.shapes import Options
from adapters.stripe.translate.words import CAPABILITIES, MODES
from domain.channels.accounts import Account, Misconfigured, Secret
from domain.channels.inbound import Delivery, News
from domain.ports.channels import Adapter, Transport


class Stripe(Client):
    """One account at Stripe."""

    provider = "stripe"
    capabilities = CAPABILITIES

    def __init__(self, account: str, transport: Transport, key: Secret, options: Options) -> None:
        super().__init__(transport, key, options)
        self._account = account
        self._is_live = MODES.get(key.reveal()[2:8])

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> str:
        return webhooks.verify(delivery, secrets, now)

    def parse(self, delivery: Delivery) -> Sequence[News]:
        event = webhooks.event(delivery.body, self._account, is_live=self._is_live)
        return events.news(event, self._options)


def adapter(account: Account, transport: Transport) -> Adapter:
    """One account at Stripe."""
    if account.key is None:
        raise Misconfigured("It needs a `key`: a restricted key of that account.")
    try:
        options = msgspec.convert(dict(account.options), Options)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"Its options cannot be used: {error}.") from error
    return Stripe(account.account, transport, account.key, options)

"""Stripe: payments, captures, refunds, disputes and customers of one account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.stripe import webhooks
from adapters.stripe.client import Client
from adapters.stripe.translate import events
from adapters.stripe.translate.shapes import Options, Terms
from adapters.stripe.translate.words import MODES, able
from domain.channels.accounts import Account, Misconfigured, Secret
from domain.channels.inbound import Delivery, News
from domain.ports.channels import Adapter, Transport


class Stripe(Client):
    """One account at Stripe."""

    provider = "stripe"

    def __init__(self, transport: Transport, key: Secret, terms: Terms) -> None:
        super().__init__(transport, key, terms)
        self.capabilities = able(makes_links=terms.options.success_url is not None)
        self._is_live = MODES.get(key.reveal()[2:8])

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> str:
        return webhooks.verify(delivery, secrets, now)

    def parse(self, delivery: Delivery) -> Sequence[News]:
        event = events.of(delivery.body, self._terms.account.account, is_live=self._is_live)
        return events.news(event, self._terms)


def adapter(account: Account, transport: Transport) -> Adapter:
    """One account at Stripe."""
    if account.key is None:
        raise Misconfigured("It needs a `key`: a restricted key of that account.")
    return Stripe(transport, account.key, Terms(account, Options.of(account)))

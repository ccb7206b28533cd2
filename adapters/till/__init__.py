"""Tills that speak our own protocol: sales, returns, payments and counts, online and offline.

The protocol, for those who make tills: docs/till.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from adapters.till import webhooks
from adapters.till.translate import batches
from adapters.till.translate.words import DEVICE, Batch
from domain.channels.abilities import Ack, Capabilities, Hooks, Thing
from domain.channels.accounts import Account, Misconfigured, Secret
from domain.channels.answers import Answer, Changes, ReadError, Trouble
from domain.channels.inbound import Delivery, News, Unreadable
from domain.channels.numbered import Asked, Log, Outcome
from domain.ports.channels import Adapter, Transport

NOT_ASKED = "A till is not asked; it tells."

CAPABILITIES = Capabilities(
    hooks=Hooks.SIGNED,
    headers=webhooks.HEADERS,
    ack=Ack(content_type="application/json"),
    resends_for=timedelta(days=3650),
)


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """`devices`: the only ones that may sign with the secrets of this account; none: all."""

    devices: tuple[Annotated[str, Meta(pattern=DEVICE)], ...] = ()


class Till:
    """The tills of one account."""

    provider = "till"
    capabilities = CAPABILITIES

    def __init__(self, account: Account, options: Options) -> None:
        self._account, self._devices = account, frozenset(options.devices)

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> str:
        return webhooks.verified(delivery, secrets, now)

    def parse(self, delivery: Delivery) -> Sequence[News]:
        batch = self._batch(delivery)
        clock = webhooks.clock(delivery, batch.sent_at)
        return batches.entries(batch, self._account.account, clock)

    def asked(self, delivery: Delivery) -> Asked:
        return batches.asked(self._batch(delivery))

    def told(self, outcomes: Sequence[Outcome], logs: Sequence[Log]) -> Ack:
        return Ack(200, batches.answer(outcomes, logs), "application/json")

    def unreadable(self, why: str) -> Ack:
        return Ack(422, msgspec.json.encode({"error": why}), "application/json")

    async def fetch_many(self, thing: Thing, keys: Sequence[str]) -> Sequence[Answer]:  # noqa: ARG002 - whatever it is
        return [ReadError(Trouble.UNAVAILABLE, NOT_ASKED) for _ in keys]

    async def changes(self, thing: Thing, since: datetime, page: str | None) -> Changes:  # noqa: ARG002 - whatever it is
        return Changes([])

    def _batch(self, delivery: Delivery) -> Batch:
        batch = batches.read(delivery.body)
        strange = batches.devices(batch) - self._devices
        if self._devices and strange:
            name = min(strange)
            raise Unreadable(f"The secret is not that of the device {name!r}.")
        return batch


def adapter(account: Account, transport: Transport) -> Adapter:  # noqa: ARG001 - it is not called
    """The tills of one account."""
    try:
        options = msgspec.convert(dict(account.options), Options)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"Its options cannot be used: {error}.") from error
    return Till(account, options)

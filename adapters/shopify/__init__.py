"""Shopify: orders, customers, products and stock of one shop, and the payments only it knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.shopify import webhooks
from adapters.shopify.client import Client
from adapters.shopify.levels import Shelves
from adapters.shopify.translate import news
from adapters.shopify.translate.queries import ASKED, WITH_PLACES, gid
from adapters.shopify.translate.words import PROSE, Options
from domain.channels.abilities import Capabilities, Hooks, Reading, Repeats, Setting, Thing
from domain.channels.accounts import Account, Misconfigured, Secret
from domain.channels.answers import Answer, Changes, Found, Missing, ReadError, Trouble
from domain.channels.inbound import Delivery, News
from domain.ports.channels import Adapter, CallFailed, Transport

CAPABILITIES = Capabilities(
    reads=dict.fromkeys(ASKED, Reading.BATCH),
    windows=frozenset(ASKED),
    sets_stock=Setting.COMPARED,
    repeats=Repeats.RECOGNISED,
    hooks=Hooks.SIGNED,
    headers=webhooks.HEADERS,
    prose=PROSE,
    resends_for=timedelta(hours=4),
)


class Shopify:
    """One shop."""

    provider = "shopify"

    def __init__(self, account: Account, client: Client, options: Options) -> None:
        self._account, self._client, self._options = account, client, options
        self._asked = WITH_PLACES if account.is_told_stock else ASKED
        shelves = Shelves(client)
        self.stock, self.set_stock = shelves.stock, shelves.set_stock
        unheard = frozenset[Thing]() if account.locations else {Thing.STOCK}
        batch = {thing: asked.most for thing, asked in self._asked.items()}
        windows = CAPABILITIES.windows - unheard
        self.capabilities = replace(CAPABILITIES, batch=batch, windows=windows)

    def verify(self, delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> str:  # noqa: ARG002 - it signs no time
        return webhooks.verified(delivery, secrets, self._account)

    def parse(self, delivery: Delivery) -> Sequence[News]:
        topic, at = delivery.headers.get(webhooks.TOPIC, ""), delivery.received_at
        return news.of_delivery(topic, delivery.body, at, self._account, self._options)

    async def fetch_many(self, thing: Thing, keys: Sequence[str]) -> Sequence[Answer]:
        if thing not in ASKED:
            why = f"Shopify is not asked for a {thing}."
            return [ReadError(Trouble.UNAVAILABLE, why) for _ in keys]
        most = self._asked[thing].most
        batches = [keys[n : n + most] for n in range(0, len(keys), most)]
        return [answer for some in batches for answer in await self._fetch(thing, some)]

    async def changes(self, thing: Thing, since: datetime, page: str | None) -> Changes:
        if thing is Thing.STOCK:
            return await self._counted(since, page)
        found, after = await self._client.changed(self._asked[thing], since, page)
        return Changes(self._news(found), after)

    async def _counted(self, since: datetime, page: str | None) -> Changes:
        """Place by place, those that the configuration has; a page is `place:cursor`."""
        places = sorted(self._account.locations)
        place, _, after = (page or f"{places[0]}:").partition(":")
        asked = ASKED[Thing.STOCK]
        found, more = await self._client.changed(asked, since, after or None, place)
        later = places[places.index(place) + 1 :]
        following = f"{place}:{more}" if more else f"{later[0]}:" if later else None
        return Changes(self._news(found), following)

    def _news(self, found: Sequence[Struct | CallFailed]) -> list[News]:
        told = (news.of_listed(each, self._account, self._options) for each in found)
        return [each for some in told for each in some]

    async def _fetch(self, thing: Thing, keys: Sequence[str]) -> Sequence[Answer]:
        try:
            found = await self._client.nodes(self._asked[thing], [gid(thing, key) for key in keys])
        except CallFailed as error:
            return [error.as_read for _ in keys]
        return [self._answer(each) for each in found]

    def _answer(self, found: Struct | CallFailed | None) -> Answer:
        try:
            if isinstance(found, CallFailed):
                raise found
            said = found and news.of_answer(found, self._account, self._options)
        except CallFailed as error:
            return error.as_read
        return Found(said) if said else Missing()


def adapter(account: Account, transport: Transport) -> Adapter:
    """One shop; `account` is its domain at Shopify (`name.myshopify.com`)."""
    try:
        options = msgspec.convert(dict(account.options), Options)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"Its options cannot be used: {error}.") from error
    return Shopify(account, Client(transport, account.key), options)

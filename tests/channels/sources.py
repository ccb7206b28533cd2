"""Channels with much to tell: what each of them sends in some days, signed when it is sent.

One more channel is one more function in `SOURCES`.
"""

from __future__ import annotations

import json
import random
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from adapters.shopify import webhooks
from domain.channels.accounts import Secret
from gateway.channels.configuring import Configuration, load
from tests.admin_schema import official
from tests.channels import tilling
from tests.channels.conftest import CHANNELS, ENVIRONMENT, WEBHOOK
from tests.channels.paying import signs
from tests.channels.stores import Stores
from tests.channels.test_shop_orders import trade
from tests.channels.test_stock_to_shops import FIRST, SECOND
from tests.channels.test_stripe_books import a_day
from tests.gateway.serving import served
from tests.peers import shopifies, stripes
from tests.peers.penny import Penny
from tests.peers.shopifies import DOMAIN, Shopify
from tests.peers.stripes import Stripe

PLACE = 77


class Sent(NamedTuple):
    """A delivery, and the headers that it has when it is sent now."""

    endpoint: str
    body: bytes
    headers: Callable[[], Mapping[str, str]]


class Source(NamedTuple):
    """A channel: how it is configured, with which secrets, and what it tells, in order.

    `opened_at` is when the first of it happened. `again` says nothing that is not told: the same,
    cut into other pieces.
    """

    toml: str
    environ: Mapping[str, str]
    told: Sequence[Sent]
    opened_at: datetime
    again: Sequence[Sent] = ()


@asynccontextmanager
async def penny(dice: random.Random) -> AsyncIterator[Source]:
    """Payments, told by turns as a whole, as a fact and as a hint."""
    peer = Penny()
    opened_at = datetime.fromisoformat(peer.tick())
    for n in range(270):
        name = f"pp_{n}"
        peer.begin(name, 10_00)
        if dice.random() < 0.8:
            peer.move(name, "take", dice.randint(1, 10) * 100)
        if dice.random() < 0.5:
            back = peer.move(name, "give_back", 100, "asked")
            if dice.random() < 0.7:
                peer.move(name, "give_back", 100, "done", of=back["id"])
    async with peer.open() as url:
        told = [
            Sent("penny-nl", body, lambda body=body: signs(body, WEBHOOK, datetime.now(UTC)))
            for body in peer.events
        ]
        yield Source(CHANNELS.format(url=url), ENVIRONMENT, told, opened_at)


STRIPE = """
[channels.stripe]
kind = "stripe"
account = "acct_shop"
base_url = "{url}"
key = {{ env = "STRIPE_KEY" }}
secrets = [{{ env = "STRIPE_WEBHOOK" }}]
currency = "EUR"
options = {{ orders_of = "shopify", calls_per_second = 100 }}
"""


async def _at_once() -> None: ...


@asynccontextmanager
async def stripe(_: random.Random) -> AsyncIterator[Source]:
    """Attempts, captures, refunds that bounce, disputes."""
    peer = Stripe()
    peer.later(hours=-20)
    peer.opened_at = peer.now
    for _day in range(15):
        await a_day(peer, _at_once)
        peer.later(minutes=1)
    async with served(peer.application) as url:
        bodies = [json.dumps(each, indent=2).encode() for each in peer.events]
        told = [
            Sent("stripe", body, lambda body=body: stripes.signed(body, datetime.now(UTC)))
            for body in bodies
        ]
        environ = {"STRIPE_KEY": stripes.KEY, "STRIPE_WEBHOOK": stripes.SECRET}
        yield Source(STRIPE.format(url=url), environ, told, peer.opened_at)


SHOPIFY = """
[channels.kitchen]
kind = "shopify"
account = "{domain}"
base_url = "{url}"
key = {{ env = "SHOPIFY_KEY" }}
secrets = [{{ env = "SHOPIFY_WEBHOOK" }}]
currency = "EUR"
locations = {{ "{place}" = "L1" }}
options = {{ gateways = {{ penny = "penny" }} }}
"""


@asynccontextmanager
async def shopify(dice: random.Random) -> AsyncIterator[Source]:
    """Orders, customers, products and stock; some of the orders are paid at Penny."""
    peer = Shopify(await to_thread(official))
    peer.points = 1e9
    sell(peer, dice)
    environ = {"SHOPIFY_KEY": shopifies.KEY, "SHOPIFY_WEBHOOK": shopifies.SECRET}
    async with served(peer.application) as peer.url:
        told = [
            Sent("kitchen", body, headers_of(topic, name, body))
            for topic, name, body in peer.outbox
        ]
        toml = SHOPIFY.format(url=peer.url, domain=DOMAIN, place=PLACE)
        yield Source(toml, environ, told, peer.opened_at)


CELLAR = """
[channels.cellar]
kind = "shopify"
account = "{domain}"
base_url = "{url}"
key = {{ env = "SHOPIFY_KEY" }}
secrets = [{{ env = "SHOPIFY_WEBHOOK" }}]
currency = "EUR"
locations = {{ "77" = "L0", "78" = "L1" }}
sends_from = "77"
push_stock = true
"""
CUP = "CUP"


@asynccontextmanager
async def cellar(dice: random.Random) -> AsyncIterator[Source]:
    """A shop that sells, sends and takes back cups of ours."""
    peer = Shopify(await to_thread(official), first=900_001)
    peer.points = 1e9
    peer.later(24 * 3600)  # the cups were counted before
    cup = peer.list("Cup", CUP)
    for _ in range(60):
        trade(peer, cup, dice)
        if dice.random() < 0.2:
            peer.reroute(dice.choice(list(peer.orders)), dice.choice((FIRST, SECOND)))
    environ = {"SHOPIFY_KEY": shopifies.KEY, "SHOPIFY_WEBHOOK": shopifies.SECRET}
    async with served(peer.application) as peer.url:
        told = [
            Sent("cellar", body, headers_of(topic, name, body)) for topic, name, body in peer.outbox
        ]
        yield Source(CELLAR.format(url=peer.url, domain=DOMAIN), environ, told, peer.opened_at)


def headers_of(topic: str, name: str, body: bytes) -> Callable[[], Mapping[str, str]]:
    """Shopify signs no time: its headers are always the same."""
    signed = webhooks.signature(Secret(shopifies.SECRET), body).decode()
    found = {
        webhooks.TOPIC: topic,
        webhooks.NAME: name,
        webhooks.SHOP: DOMAIN,
        webhooks.SIGNATURE: signed,
    }
    return lambda: found


def sell(peer: Shopify, dice: random.Random) -> None:
    """Some days in a shop."""
    things = [peer.list(f"Thing {n}", f"THING-{n}", "3.00") for n in range(10)]
    people = [peer.register(f"somebody{n}@example.com", f"Bo {n}") for n in range(20)]
    for n in range(60):
        peer.later(1)
        thing, units = dice.choice(things), dice.randint(1, 3)
        taken = {"gateway": "penny", "receipt": {"id": f"pp_{n}-m0"}} if n % 5 == 0 else {}
        who = dice.choice([None, *people])
        order = peer.sell(thing, units, who, **(taken or {"gateway": "bogus"}))
        peer.counted(thing, PLACE, dice.randint(0, 40))
        peer.later()
        if dice.random() < 0.6:
            peer.fulfil(order, units)
        if dice.random() < 0.3 and not taken:
            peer.later()
            peer.refund(order, 1, "3.00")
        if dice.random() < 0.3:
            peer.later()
            peer.rename(dice.choice(people), f"Ada {n}")
            peer.reprice(thing, f"{dice.randint(1, 9)}.00")


TILLS = """
[channels.tills]
kind = "till"
account = "stores"
channel = "STORES"
sort = "POS"
secrets = [{ env = "TILL_SECRET" }]
locations = { "*" = "*" }
"""
TILL_SECRET = Secret("whsec_b2YtdGlsbHMtdGhhdC13ZXJlLW9mZmxpbmU=")


@asynccontextmanager
async def till(dice: random.Random) -> AsyncIterator[Source]:
    """What four devices sold, took back, counted and were paid.

    Told once and in order, it comes three entries at a time. A till that heard no answer sends what
    it has with what came since, in whatever batches: they overlap, and leave gaps.
    """
    log = Stores(dice).days(300)
    pieces = [log[n : n + 3] for n in range(0, len(log), 3)]
    starts = [dice.randrange(len(log)) for _ in range(10)]
    overlapping = [log[start : start + dice.randint(1, 20)] for start in starts]
    torn = [dice.sample(log, dice.randint(1, 8)) for _ in range(20)]
    told, again = ([posted(each) for each in some] for some in (pieces, overlapping + torn))
    yield Source(TILLS, {"TILL_SECRET": TILL_SECRET.reveal()}, told, tilling.AT, again)


def posted(entries: Sequence[Mapping[str, Any]]) -> Sent:
    """A batch of a till's."""
    body = tilling.batch(*entries)
    return Sent("tills", body, lambda: tilling.signs(body, TILL_SECRET, datetime.now(UTC)))


SOURCES = (penny, stripe, shopify, cellar, till)


class Told(NamedTuple):
    """All channels together: their configuration, and what they tell, each in its own order.

    `again` says nothing that is not told.
    """

    configuration: Configuration
    told: Sequence[Sent]
    opened_at: datetime
    again: Sequence[Sent]


@asynccontextmanager
async def all_channels(folder: Path, dice: random.Random) -> AsyncIterator[Told]:
    """Every source, telling by turns."""
    async with AsyncExitStack() as open_ones:
        found = [await open_ones.enter_async_context(each(dice)) for each in SOURCES]
        path = folder / "channels.toml"
        path.write_text("".join(each.toml for each in found))
        environ = {name: value for each in found for name, value in each.environ.items()}
        by_turns = chain.from_iterable(zip_longest(*(each.told for each in found)))
        yield Told(
            load(path, is_development=True, environ=environ),
            [each for each in by_turns if each],
            min(each.opened_at for each in found),
            [each for source in found for each in source.again],
        )

"""A sale in the shop that Stripe took the money for: one order, one payment, of one customer."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.configuring import load
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from tests.admin_schema import official
from tests.channels.conftest import Desk, desk_over
from tests.channels.landed import clear, journal_of
from tests.gateway.serving import served
from tests.live.conftest import Listening, hub_of
from tests.peers import shopifies, stripes
from tests.trading import SUPPORT, Trading

CHANNELS = """
[channels.kitchen]
kind = "shopify"
account = "{domain}"
base_url = "{shop}"
key = {{ env = "SHOPIFY_KEY" }}
secrets = [{{ env = "SHOPIFY_WEBHOOK" }}]
currency = "EUR"
options = {{ gateways = {{ stripe = "stripe" }} }}

[channels.stripe]
kind = "stripe"
account = "acct_shop"
base_url = "{bank}"
key = {{ env = "STRIPE_KEY" }}
secrets = [{{ env = "STRIPE_WEBHOOK" }}]
currency = "EUR"
"""
ENVIRONMENT = {
    "SHOPIFY_KEY": shopifies.KEY,
    "SHOPIFY_WEBHOOK": shopifies.SECRET,
    "STRIPE_KEY": stripes.KEY,
    "STRIPE_WEBHOOK": stripes.SECRET,
}
SEEN = """subscription ($channels: [ID!]) { paymentUpdated(channels: $channels) {
  kind cursor payments {
  provider presence captured { minor } card { brand last4 walletToken }
  order { number paymentStatus payments { id } customer { displayName identities { kind } } }
} } }"""
KNOWN = """{ order(number: "#1001") { payments { id } customer { number mergeSuggestions {
  score conflicts other { number } evidence { kind strength }
} } } }"""


class Both(Desk):
    """A gateway with a shop at Shopify, and the account at Stripe that takes its money."""

    shop: shopifies.Shopify
    bank: stripes.Stripe

    async def hear(self, whom: str) -> None:
        """Take what one of them has to tell, and apply all that can be."""

        async def post(body: bytes, headers: Any) -> None:
            answer = await self.http.post(f"/webhooks/{whom}", content=body, headers=headers)
            assert answer.status_code == 200, answer.text

        await (self.shop if whom == "kitchen" else self.bank).deliver(post)
        for _ in range(3):
            await self.work()
            await self.come()


@pytest.fixture
async def both(stall: Trading, tmp_path: Path) -> AsyncIterator[Both]:
    shop, bank = shopifies.Shopify(await to_thread(official)), stripes.Stripe()
    for name in (INBOX.name, INCIDENTS.name):
        await stall.database.delete(name, {})
    await clear(stall.database)
    async with AsyncExitStack() as stack:
        shop.url = await stack.enter_async_context(served(shop.application))
        bank.url = await stack.enter_async_context(served(bank.application))
        path = tmp_path / "channels.toml"
        path.write_text(CHANNELS.format(domain=shopifies.DOMAIN, shop=shop.url, bank=bank.url))
        configured = load(path, is_development=True, environ=ENVIRONMENT)
        desk = await stack.enter_async_context(desk_over(stall.database, configured))
        found = Both(desk.database, desk.webhooks, desk.http)
        found.shop, found.bank = shop, bank
        yield found
    await clear(stall.database)


@pytest.mark.parametrize("first", ["kitchen", "stripe"])
async def test_a_sale_is_one_order_with_one_payment_of_one_customer(both, stall, first):
    paid = both.bank.pay(
        25_00, type="card_present", customer=both.bank.register("Ada", email="ada@example.com")
    )
    lid = both.shop.list("Lid", "LID", "10.00")
    ada = both.shop.register("ada@example.com")
    both.shop.sell(lid, 2, ada, gateway="stripe", receipt={"id": paid})
    hub = hub_of(stall.database)
    ears = Listening(hub)
    async with hub.running():
        listener = await ears.open(SEEN, channels=[both.lines["stripe"].account.channel_id])
        for whom in sorted(("kitchen", "stripe"), key=lambda each: each != first):
            await both.hear(whom)
        await journal_of(stall)
        told = await listener.next()
        while not (told["payments"] and told["payments"][0]["order"]):
            told = await listener.next()

    [payment] = told["payments"]
    order = payment.pop("order")
    assert payment == {
        "provider": "stripe",
        "presence": "PRESENT",
        "captured": {"minor": 25_00},
        "card": {"brand": "visa", "last4": "4242", "walletToken": False},
    }
    assert (order["number"], order["paymentStatus"], len(order["payments"])) == ("#1001", "PAID", 1)
    assert order["customer"]["displayName"] == "Ada Lovelace"

    known = (await stall.kassa.ask(KNOWN, SUPPORT))["order"]["customer"]
    assert known["number"].startswith("kitchen-")
    assert known["mergeSuggestions"] == [
        {
            "score": 40,
            "conflicts": ["Their names differ."],
            "other": {"number": f"stripe-{next(iter(both.bank.customers))}"},
            "evidence": [{"kind": "EMAIL", "strength": "WEAK"}],
        }
    ]
    assert await both.incidents() == []

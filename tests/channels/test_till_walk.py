"""A web order that is paid at a till through Stripe: one order, one payment, one customer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from domain.channels.accounts import Secret
from gateway.channels.configuring import load
from storage.mongo.customers import CUSTOMERS
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.logbook import ENTRIES, REACHES
from tests.channels import shopping
from tests.channels.conftest import ENVIRONMENT, WEBHOOK, Counter, desk_over
from tests.channels.landed import clear
from tests.channels.tilling import batch, payment
from tests.gateway.serving import served
from tests.peers import stripes
from tests.peers.stripes import Stripe
from tests.trading import SYSTEM, Trading

SECRETS = {
    **ENVIRONMENT,
    "STRIPE_KEY": stripes.KEY,
    "STRIPE_WEBHOOK": stripes.SECRET,
    "SHOPIFY_KEY": "shpat-of-the-walk",
    "SHOPIFY_WEBHOOK": "shopify-webhook-of-the-walk",
}
CHANNELS = """
[channels.web]
kind = "shopify"
account = "{shop}"
base_url = "http://127.0.0.1:9"
key = {{ env = "SHOPIFY_KEY" }}
secrets = [{{ env = "SHOPIFY_WEBHOOK" }}]
currency = "EUR"

[channels.stripe]
kind = "stripe"
account = "acct_shop"
base_url = "{url}"
key = {{ env = "STRIPE_KEY" }}
secrets = [{{ env = "STRIPE_WEBHOOK" }}]
currency = "EUR"
options = {{ calls_per_second = 100 }}

[channels.tills]
kind = "till"
account = "stores"
secrets = [{{ env = "PENNY_WEBHOOK" }}]
locations = {{ "*" = "*" }}
"""

ASKED = """{ order(ref: "shopify:order:9001") {
  number paymentStatus customer { displayName }
  payments { provider state amount { minor currency } order { number } } } }"""


@pytest.fixture
async def stripe() -> AsyncIterator[Stripe]:
    found = Stripe()
    async with served(found.application) as found.url:
        yield found


@pytest.mark.parametrize("steps", list(permutations(("web", "till", "stripe"))))
async def test_one_order_one_payment_one_customer(
    stall: Trading, stripe: Stripe, tmp_path: Path, steps: tuple[str, ...]
):
    path = tmp_path / "channels.toml"
    path.write_text(CHANNELS.format(shop=shopping.SHOP, url=stripe.url))
    await clear(stall.database)
    for each in (INBOX, INCIDENTS, ENTRIES, REACHES):
        await stall.database.delete(each.name, {})
    async with desk_over(stall.database, load(path, is_development=True, environ=SECRETS)) as desk:
        counter = Counter(desk, stall)
        intent = stripe.pay(25_00)

        async def web() -> None:
            order = shopping.an_order(financial_status="pending")
            body = shopping.said("orders/create", **order)
            signed = shopping.signs(body, Secret(SECRETS["SHOPIFY_WEBHOOK"]))
            answer = await desk.http.post("/webhooks/web", content=body, headers=signed)
            assert answer.status_code == 200

        async def till() -> None:
            named = [{"tender": "CARD", "amount": 25_00, "provider": "stripe", "ref": intent}]
            paid = payment(1, 25_00, tenders=named, currency="EUR", order="shopify:order:9001")
            at = datetime.now(UTC).isoformat()
            assert (await counter.deliver(batch({**paid, "at": at}), WEBHOOK)).status_code == 200

        async def money() -> None:
            async def post(body: bytes, headers: Any) -> None:
                await desk.http.post("/webhooks/stripe", content=body, headers=headers)

            await stripe.deliver(post, None)

        doing = {"web": web, "till": till, "stripe": money}
        for each in steps:
            await doing[each]()
            await desk.work()
        await desk.come()
        await desk.work()

        headers = {"authorization": f"Bearer {SYSTEM}"}
        answer = await desk.http.post("/graphql", json={"query": ASKED}, headers=headers)

        order = answer.json()["data"]["order"]
        assert (order["number"], order["paymentStatus"]) == ("#1001", "PAID")
        assert order["customer"] == {"displayName": "Ada Lovelace"}
        paid = {"minor": 25_00, "currency": "EUR"}
        assert order["payments"] == [
            {
                "provider": "stripe",
                "state": "CAPTURED",
                "amount": paid,
                "order": {"number": "#1001"},
            }
        ]
        [payment_row] = await desk.payments()
        [customer] = await desk.database.find(CUSTOMERS.name, {})
        assert payment_row["customer_id"] == customer["_id"]
        assert await desk.incidents() == []

"""What happens in a shop at Shopify ends in our books, whatever becomes of deliveries and calls."""

from __future__ import annotations

import random
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.channels import news
from domain.channels.abilities import Thing
from domain.channels.answers import Found, Missing, ReadError, Trouble
from domain.ids import Kind
from gateway.channels.configuring import load
from storage.mongo.customers import CUSTOMERS
from storage.mongo.driver import Database
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.orders import ORDERS
from storage.mongo.stock import LEVELS
from tests.admin_schema import official
from tests.channels.conftest import ENVIRONMENT, WEBHOOK, Desk, Tells, desk_over
from tests.channels.landed import clear, state_of, story_of
from tests.channels.paying import event, movement, payment
from tests.gateway.serving import served
from tests.making import new_id
from tests.peers.shopifies import DOMAIN, KEY, SECRET, Shopify
from tests.trading import SUPPORT, Trading

SECRETS = {**ENVIRONMENT, "SHOPIFY_KEY": KEY, "SHOPIFY_WEBHOOK": SECRET}
PLACE = 77
CHANNELS = """
[channels.kitchen]
kind = "shopify"
account = "{domain}"
base_url = "{url}"
key = {{ env = "SHOPIFY_KEY" }}
secrets = [{{ env = "SHOPIFY_WEBHOOK" }}]
currency = "EUR"
locations = {{ "{place}" = "L1" }}
options = {{ gateways = {{ penny = "penny" }} }}

[channels.penny-nl]
kind = "tests.channels.penny"
account = "acct_nl"
key = {{ env = "PENNY_KEY" }}
secrets = [{{ env = "PENNY_WEBHOOK" }}]
currency = "EUR"
"""


class Counter(Desk):
    """A gateway with a shop at Shopify, and an account at Penny who takes money for it."""

    endpoint = "kitchen"

    async def hear(self, peer: Tells, dice: random.Random | None = None) -> None:
        await super().hear(peer, dice)
        await self.try_again()

    async def try_again(self) -> None:
        """Let what waits be tried a few times more, as it would be within some seconds."""
        for _ in range(3):
            await self.come()
            await self.work()

    async def catch_up(self, peer: Shopify) -> None:
        """Ask for all that has changed."""
        line = self.lines["kitchen"]
        for thing in (Thing.STOCK, Thing.ORDER, Thing.CUSTOMER, Thing.PRODUCT):
            page = None
            while True:
                found = await line.adapter.changes(thing, peer.opened_at, page)
                await news.apply(self.parts, line, "kitchen:turn", found.news)
                if (page := found.next) is None:
                    break
        await self.try_again()


@asynccontextmanager
async def counter_over(database: Database, folder: Path, url: str) -> AsyncIterator[Counter]:
    path = folder / "channels.toml"
    path.write_text(CHANNELS.format(url=url, domain=DOMAIN, place=PLACE))
    configuration = load(path, is_development=True, environ=SECRETS)
    await database.delete(INBOX.name, {})
    await database.delete(INCIDENTS.name, {})
    async with desk_over(database, configuration, Counter) as found:
        yield found


@pytest.fixture
async def peer() -> AsyncIterator[Shopify]:
    # Reading a schema of that size takes seconds, and others want to go on meanwhile.
    found = Shopify(await to_thread(official))
    async with served(found.application) as found.url:
        yield found


@pytest.fixture
async def counter(stall: Trading, peer: Shopify, tmp_path: Path) -> AsyncIterator[Counter]:
    await clear(stall.database)
    async with counter_over(stall.database, tmp_path, peer.url) as found:
        yield found
    await stall.database.delete(INCIDENTS.name, {})


def days(peer: Shopify, *, merging: bool = True) -> None:
    """Some days in the shop, at the end of which two customers may become one."""
    ada, bo = peer.register("ada@example.com"), peer.register("bo@example.com", "Bo")
    lid, jug = peer.list("Lid", "LID", "3.00"), peer.list("Jug", "JUG")
    for product, units in ((lid, 40), (jug, 9), (lid, 39)):
        peer.counted(product, PLACE, units)
        peer.later(1)
    first = peer.sell(lid, 2, ada, gateway="bogus")
    second = peer.sell(jug, 3, bo, location=PLACE, gateway="cash")
    peer.later()
    peer.fulfil(first, 1)
    peer.refund(second, 1, "10.00")
    peer.rename(ada, "Augusta")
    peer.later()
    peer.fulfil(first, 1)
    peer.refund(first, 1, "3.00", status="failure")
    peer.pay(first, "refund", amount="3.00", parent_id=peer.orders[first]["transactions"][0]["id"])
    peer.reprice(lid, "4.00")
    peer.sell(lid, 1)
    peer.later()
    if merging:
        peer.merge(ada, bo)


@asynccontextmanager
async def the_same_shop(peer: Shopify, shelf: Trading, folder: Path):
    """Another gateway that hears of everything at once, in order and once."""
    (folder / "other").mkdir()
    async with counter_over(shelf.database, folder / "other", peer.url) as other:
        yield other


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_becomes_of_deliveries_the_books_are_the_same(
    counter, peer, shelf, stall, tmp_path, seed
):
    dice = random.Random(seed)
    days(peer)
    outbox = list(peer.outbox)
    async with the_same_shop(peer, shelf, tmp_path) as other:
        await other.hear(peer)
    peer.outbox = outbox
    peer.lose(dice, 0.3)
    peer.faults.extend(["throttled", "500", "", "503", "throttled"])

    await counter.hear(peer, dice)
    await counter.catch_up(peer)

    assert await books_of(stall) == await books_of(shelf)


async def test_without_any_delivery_the_books_are_the_same(counter, peer, shelf, stall, tmp_path):
    # Who was made one with somebody before anybody asked can only be heard of by deliveries.
    days(peer, merging=False)
    async with the_same_shop(peer, shelf, tmp_path) as other:
        await other.hear(peer)
        assert {each["kind"] for each in await other.incidents()} == {"REFUND_FAILED"}

    await counter.catch_up(peer)
    once = await books_of(stall)
    await counter.catch_up(peer)

    assert await books_of(stall) == once
    assert once == await books_of(shelf)


async def books_of(shop: Trading) -> Any:
    """The state, what the journal adds up to, and which incidents are open."""
    story = await story_of(shop)
    found = {key: facts for key, facts in story.items() if not key.startswith(Kind.INCIDENT)}
    incidents = await shop.database.find(INCIDENTS.name, {"is_open": True})
    is_about = sorted((each["kind"], each["subject"]) for each in incidents)
    return await state_of(shop), found, is_about


async def test_it_is_what_happened(counter, peer):
    days(peer)
    await counter.hear(peer)

    [first] = await counter.database.find(ORDERS.name, {"number": "#1001"})
    [second] = await counter.database.find(ORDERS.name, {"number": "#1002"})
    [line] = first["lines"]
    assert (line["handed_over"], line["returned"], first["state"]) == (2, 1, "COMPLETED")
    assert (second["lines"][0]["cancelled"], second["sold_at_id"]) == (1, new_id(Kind.LOCATION, 1))
    assert first["customer_id"] == second["customer_id"]
    people = await counter.database.find(CUSTOMERS.name, {})
    assert sorted(each["display_name"] for each in people) == [
        "Augusta Lovelace",
        "Bo Lovelace",
    ]
    paid = {each["order_id"]: each for each in await counter.payments()}
    assert paid[first["_id"]]["standing"]["refunded"] == 3_00
    assert paid[second["_id"]]["tender"] == "CASH"
    assert paid[second["_id"]]["standing"]["refunded"] == 10_00
    [level] = await counter.database.find(LEVELS.name, {"sku": "LID"})
    assert (level["on_hand"], level["authority"]["system"]) == (39, "kitchen")


@pytest.mark.parametrize("shop_is_first", [True, False])
async def test_an_order_that_another_provider_took_money_for_is_one_of_each(
    counter, peer, shop_is_first
):
    ada = peer.register("ada@example.com")
    lid = peer.list("Lid", "LID", "10.00")
    order = peer.sell(lid, 2, ada, gateway="penny", receipt={"id": "mv_1"})
    taken = movement("mv_1", "take", 25_00)
    body = event("ev_1", "payment.changed", payment=payment("pp_1", 25_00, taken))
    told = [counter.hear(peer), penny_tells(counter, body)]
    if not shop_is_first:
        told.reverse()

    for each in told:
        await each

    [paid] = await counter.payments()
    [sold] = await counter.database.find(ORDERS.name, {"number": "#1001"})
    [person] = await counter.database.find(CUSTOMERS.name, {})
    assert (paid["provider"], paid["standing"]["captured"]) == ("penny", 25_00)
    assert (paid["order_id"], paid["customer_id"]) == (sold["_id"], person["_id"])
    assert {ref["value"] for ref in sold["refs"]} == {str(order), "mv_1"}


async def penny_tells(counter: Counter, body: bytes) -> None:
    await counter.deliver(body, WEBHOOK)
    await counter.work()


async def test_each_key_has_its_own_answer(counter, peer):
    ada = peer.register("ada@example.com")
    adapter = counter.lines["kitchen"].adapter

    answers = await adapter.fetch_many(Thing.CUSTOMER, [str(ada), "1", str(ada)])

    assert [type(each) for each in answers] == [Found, Missing, Found]
    assert len(peer.calls) == 1


@pytest.mark.parametrize(
    ("faults", "trouble"),
    [
        (["throttled"] * 9, Trouble.RATE_LIMITED),
        (["403"] * 9, Trouble.AUTH),
        (["502"] * 9, Trouble.UNAVAILABLE),
    ],
)
async def test_why_it_cannot_be_read_is_told(counter, peer, faults, trouble):
    peer.faults.extend(faults)

    [answer] = await counter.lines["kitchen"].adapter.fetch_many(Thing.ORDER, ["9001"])

    assert isinstance(answer, ReadError)
    assert answer.trouble is trouble


async def test_a_listing_goes_on_where_it_ended(counter, peer):
    lid = peer.list("Lid", "LID")
    for _ in range(12):
        peer.sell(lid, 1)
        peer.later()

    await counter.catch_up(peer)

    assert len(await counter.database.find(ORDERS.name, {"number": {"$regex": "^#"}})) == 12
    found = await counter.lines["kitchen"].adapter.changes(
        Thing.ORDER, peer.now - timedelta(minutes=2), None
    )
    assert len(found.news) == 2


async def test_stock_that_belongs_to_others_is_told_once_for_a_place(counter, peer):
    for n in range(3):
        product = peer.list("A mug", "SKU-0" if n == 0 else f"SKU-{n}")
        peer.counted(product, PLACE, 5)
        peer.counted(product, PLACE + 1, 5)

    await counter.hear(peer)

    told = [each["subject"] for each in await counter.incidents()]
    assert "kitchen: stock of SKU-0 at 77" in told
    assert "kitchen: product SKU-0" in told
    assert told.count("kitchen: stock at 78: NO_LOCATION") == 1
    assert {each["state"] for each in await counter.rows()} == {"APPLIED"}


AGED = """
query ($orders: Int, $payments: Int) {
  order(number: "#1001", maxAge: $orders) {
    state freshness { source state reason }
    payments(maxAge: $payments) { captured { minor } freshness { source state } }
    customer { freshness { source } }
    lines { product { freshness { source } } }
  }
}
"""


async def aged(counter: Counter, **ages: int) -> Any:
    return (await asked(counter, AGED, **ages))["order"]


async def asked(counter: Counter, query: str, **variables: Any) -> Any:
    bearer = {"authorization": f"Bearer {SUPPORT}"}
    body = {"query": query, "variables": variables}
    answer = (await counter.http.post("/graphql", json=body, headers=bearer)).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def test_an_order_is_asked_for_and_lands_with_all_that_is_told_of_it(counter, peer):
    order = peer.sell(peer.list("Lid", "LID"), 2, peer.register("a@example.com"), gateway="bogus")
    await counter.hear(peer)
    peer.fulfil(order, 2)
    peer.outbox.clear()

    before, after = await aged(counter), await aged(counter, orders=2)

    assert (before["state"], after["state"]) == ("CONFIRMED", "COMPLETED")
    assert after["freshness"] == {"source": "shopify", "state": "LIVE", "reason": None}
    assert after["customer"]["freshness"]["source"] == "kitchen"
    assert after["lines"][0]["product"]["freshness"]["source"] == "kitchen"
    assert await aged(counter) == after


async def test_a_customer_is_asked_for_at_the_channel_that_told_of_them_last(counter, peer):
    ada = peer.register("ada@example.com")
    await counter.hear(peer)
    peer.rename(ada, "Augusta")
    peer.outbox.clear()
    [row] = await counter.database.find(CUSTOMERS.name, {})
    query = """query ($id: ID!) {
      customer(id: $id, maxAge: 2) { displayName freshness { source state } }
    }"""

    found = (await asked(counter, query, id=row["_id"]))["customer"]

    assert found["displayName"] == "Augusta Lovelace"
    assert found["freshness"] == {"source": "kitchen", "state": "LIVE"}


async def test_a_payment_that_only_the_shop_knows_is_asked_for_with_its_order(counter, peer):
    order = peer.sell(peer.list("Lid", "LID"), 2, gateway="bogus")
    await counter.hear(peer)
    peer.refund(order, 1, "10.00")
    peer.outbox.clear()

    after = await aged(counter, payments=2)

    [paid] = after["payments"]
    assert paid["freshness"] == {"source": "shopify", "state": "LIVE"}
    [stored] = await counter.payments()
    assert stored["standing"]["refunded"] == 10_00

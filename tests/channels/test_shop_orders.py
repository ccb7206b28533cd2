"""What a shop sells, sends and takes back moves our units, once, whatever becomes of deliveries."""

from __future__ import annotations

import random
from asyncio import to_thread
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from adapters.shopify.translate.queries import WITH_PLACES
from commands.channels import news
from domain.channels.abilities import Thing
from domain.ids import Kind
from gateway.channels.configuring import load
from storage.mongo.driver import Database
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.marks import MARKS
from storage.mongo.operations import CHANNELS
from storage.mongo.orders import ORDERS
from storage.mongo.pushes import CURSORS, PUSHES
from storage.mongo.shipments import SHIPMENTS
from storage.mongo.stock import LEVELS
from tests.admin_schema import official
from tests.channels.conftest import Counter, Desk, desk_over, tills_configured
from tests.channels.landed import clear, journal_of
from tests.channels.test_shopify_books import SECRETS
from tests.channels.test_stock_to_shops import FIRST, SECOND, Cut, Killed, Shelf, numbers_at
from tests.channels.tilling import batch, count, sale
from tests.gateway.serving import served
from tests.making import new_id
from tests.peers.shopifies import DOMAIN, Shopify
from tests.trading import MUG, SUPPORT, Trading, counted, mugs

SHOPS = """
[channels.kitchen]
kind = "shopify"
account = "{domain}"
base_url = "{url}"
key = {{ env = "SHOPIFY_KEY" }}
secrets = [{{ env = "SHOPIFY_WEBHOOK" }}]
currency = "EUR"
locations = {{ "77" = "L0", "78" = "L1" }}
sends_from = "77"
push_stock = true

[channels.bath]
kind = "shopify"
account = "{domain}"
base_url = "{other}"
key = {{ env = "SHOPIFY_KEY" }}
secrets = [{{ env = "SHOPIFY_WEBHOOK" }}]
currency = "EUR"
locations = {{ "77" = "L0" }}
push_stock = true
"""
MOVES = ("sell", "sell", "fulfil", "fulfil", "refund", "cancel")


class Shop(Shelf):
    """A gateway that hears of a shop's orders, and tells it of its stock."""

    def __init__(self, desk: Desk, shop: Trading, peer: Shopify, found: Any) -> None:
        super().__init__(desk, peer, found, shop.leader)
        self.shop = shop

    @property
    def mug(self) -> int:
        """The mug, as the shop numbers its products."""
        return next(iter(self.peer.products))

    async def row(self, place: int = FIRST) -> dict[str, Any]:
        where = {"channel": self.line.name, "sku": MUG, "place": str(place)}
        [found] = await self.database.find(PUSHES.name, where)
        return found

    async def numbers(self, location: int = 0) -> tuple[int, int, int, int]:
        """Mugs on hand, committed, free, and sold though there were none."""
        level = await self.shop.level(location)
        names = ("on_hand", "committed", "free")
        return (*(level[name] for name in names), level.get("oversold", 0))

    async def doubted(self) -> None:
        """The shop shows another number than it was told, and its orders were never read."""
        await self.database.delete(MARKS.name, {})
        self.peer.outbox.clear()
        place = str(FIRST)
        await self.parts.pushes.doubt(self.line.name, place, MUG, self.peer.units(MUG, FIRST))
        await self.push()
        assert "may explain" in (await self.row())["why"]

    async def try_again(self) -> None:
        """Let what waits in the inbox be tried anew."""
        for _ in range(5):
            await Desk.come(self)
            await self.work()

    async def faults(self) -> list[Any]:
        return await Counter(self, self.shop).faults()


@asynccontextmanager
async def shops_over(shop: Trading, peers: Sequence[Shopify], folder: Path):
    """Two shops that show the mugs of the first place, and one of them those of the second."""
    database: Database = shop.database
    await clear(database)
    for name in (INBOX, INCIDENTS, PUSHES, CURSORS):
        await database.delete(name.name, {})
    path = folder / "shops.toml"
    path.write_text(SHOPS.format(domain=DOMAIN, url=peers[0].url, other=peers[1].url))
    found = load(path, is_development=True, environ=SECRETS)
    async with desk_over(database, found) as desk:
        kitchen, bath = (Shop(desk, shop, peer, found) for peer in peers)
        bath.line = desk.lines["bath"]
        yield kitchen, bath
    await clear(database)
    await database.delete(CHANNELS.name, {"code": {"$in": ["kitchen", "bath"]}})
    await database.delete(INCIDENTS.name, {})


@pytest.fixture
async def peers() -> AsyncIterator[list[Shopify]]:
    schema = await to_thread(official)
    found = [Shopify(schema), Shopify(schema)]
    for each in found:
        each.points = 1e9
        each.later(24 * 3600)  # the mugs were counted before
        product = each.list("Mug", MUG)
        for place in (FIRST, SECOND):
            each.counted(product, place, 0)
        each.outbox.clear()
    kitchen, bath = found
    async with served(kitchen.application) as kitchen.url, served(bath.application) as bath.url:
        yield found


@pytest.fixture
async def shops(stall: Trading, peers: list[Shopify], tmp_path: Path):
    async with shops_over(stall, peers, tmp_path) as found:
        for each in found:
            await each.catch_up()
            each.peer.outbox.clear()
        yield found


@pytest.fixture
async def kitchen(shops: tuple[Shop, Shop]) -> Shop:
    return shops[0]


async def test_what_a_shop_sells_is_offered_nowhere_else(shops):
    kitchen, bath = shops
    set_before = numbers_at(kitchen.peer, FIRST)

    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    await kitchen.hear()
    await kitchen.catch_up()
    await bath.catch_up()

    assert await kitchen.numbers() == (10, 3, 7, 0)
    assert (kitchen.peer.units(MUG, FIRST), kitchen.peer.available(MUG, FIRST)) == (10, 7)
    assert bath.peer.units(MUG, FIRST) == 7

    kitchen.peer.later()
    kitchen.peer.fulfil(order, 3)
    await kitchen.hear()
    await kitchen.catch_up()
    await bath.catch_up()

    assert await kitchen.numbers() == (7, 0, 7, 0)
    assert (kitchen.peer.units(MUG, FIRST), kitchen.peer.available(MUG, FIRST)) == (7, 7)
    assert bath.peer.units(MUG, FIRST) == 7
    assert numbers_at(kitchen.peer, FIRST) == set_before
    assert await kitchen.drifts() == []
    assert await kitchen.faults() == []


async def test_what_is_not_sent_after_all_is_free_again(kitchen):
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    await kitchen.hear()

    kitchen.peer.later()
    kitchen.peer.refund(order, 1, "10.00")
    await kitchen.hear()
    assert await kitchen.numbers() == (10, 2, 8, 0)

    kitchen.peer.later()
    kitchen.peer.cancel(order)
    await kitchen.hear()
    await kitchen.catch_up()
    assert await kitchen.numbers() == (10, 0, 10, 0)
    assert kitchen.peer.available(MUG, FIRST) == 10
    assert await kitchen.drifts() == []


async def test_what_comes_back_is_on_the_shelf_where_it_came_back_to(kitchen):
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    kitchen.peer.later()
    kitchen.peer.fulfil(order, 3)
    kitchen.peer.later()
    kitchen.peer.refund(order, 2, "20.00", back_at=SECOND)

    await kitchen.hear()
    await kitchen.catch_up()

    assert await kitchen.numbers() == (7, 0, 7, 0)
    assert await kitchen.numbers(1) == (6, 0, 6, 0)
    assert (kitchen.peer.units(MUG, FIRST), kitchen.peer.units(MUG, SECOND)) == (7, 6)
    assert await kitchen.drifts() == []


async def test_it_is_promised_where_the_shop_will_send_it_from(kitchen):
    order = kitchen.peer.sell(kitchen.mug, 2, sends_from=SECOND)
    await kitchen.hear()
    assert await kitchen.numbers() == (10, 0, 10, 0)
    assert await kitchen.numbers(1) == (4, 2, 2, 0)

    kitchen.peer.later()
    kitchen.peer.reroute(order, FIRST)
    await kitchen.hear()
    assert await kitchen.numbers() == (10, 2, 8, 0)
    assert await kitchen.numbers(1) == (4, 0, 4, 0)


async def test_what_is_told_late_undoes_nothing(kitchen):
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    await kitchen.hear()
    kitchen.peer.later()
    kitchen.peer.fulfil(order, 3)
    late, kitchen.peer.outbox = kitchen.peer.outbox, []
    kitchen.peer.later()
    kitchen.peer.refund(order, 1, "10.00", back_at=FIRST)
    await kitchen.hear()
    assert await kitchen.numbers() == (8, 0, 8, 0)

    kitchen.peer.outbox = late
    await kitchen.hear()

    assert await kitchen.numbers() == (8, 0, 8, 0)


async def test_until_the_shop_can_be_asked_it_is_promised_where_it_mostly_sends_from(kitchen):
    kitchen.peer.sell(kitchen.mug, 2, sends_from=SECOND)
    kitchen.peer.faults.extend(["503"] * 50)

    await kitchen.hear()
    assert await kitchen.numbers() == (10, 2, 8, 0)

    kitchen.peer.faults.clear()
    async with kitchen.another() as other:
        await Desk.come(other)
        await other.work()
    assert await kitchen.numbers() == (10, 0, 10, 0)
    assert await kitchen.numbers(1) == (4, 2, 2, 0)


async def test_more_than_there_is_is_sold_and_told_to_somebody_once(kitchen):
    orders = [kitchen.peer.sell(kitchen.mug, 6, sends_from=FIRST) for _ in range(2)]
    await kitchen.hear()
    [told] = await kitchen.incidents(kind="OVERSOLD", is_open=True)
    assert told["subject"] == f"SKU-0/{new_id(Kind.LOCATION, 0)}"
    assert await kitchen.numbers() == (12, 12, 0, 2)

    kitchen.peer.later()
    kitchen.peer.cancel(orders[0])
    await kitchen.hear()

    assert await kitchen.numbers() == (10, 6, 4, 0)
    [told] = await kitchen.incidents(kind="OVERSOLD")
    assert not told["is_open"]
    assert await kitchen.faults() == []


async def test_what_was_sent_before_somebody_counted_is_not_taken_off_again(kitchen, stall):
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    await kitchen.hear()
    kitchen.peer.later()
    kitchen.peer.fulfil(order, 3)
    seen = (await stall.level())["version"]
    await stall.do("countStock", counts=[counted(7, seen)])
    assert await kitchen.numbers() == (7, 3, 4, 0)

    await kitchen.hear()
    await kitchen.catch_up()

    assert await kitchen.numbers() == (7, 0, 7, 0)
    assert kitchen.peer.units(MUG, FIRST) == 7
    assert await kitchen.drifts() == []


@pytest.mark.parametrize("is_counted_first", [False, True])
@pytest.mark.parametrize("heard", [*permutations(("sent", "sold", "counted"))])
async def test_a_till_sells_and_counts_beside_it_in_any_order(
    kitchen, tmp_path, heard, is_counted_first
):
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    await kitchen.hear()
    start = kitchen.peer.now
    kitchen.peer.later(120)
    kitchen.peer.fulfil(order, 3)
    counted_at = start + timedelta(seconds=60 if is_counted_first else 180)
    entries = {
        "sold": sale(1, at=(start + timedelta(seconds=240)).isoformat()),
        "counted": count(2, 10 if is_counted_first else 7, at=counted_at.isoformat()),
    }

    async with desk_over(kitchen.database, tills_configured(tmp_path)) as desk:
        till = Counter(desk, kitchen.shop)
        for each in heard:
            if each == "sent":
                await kitchen.hear()
                continue
            answer = await till.deliver(batch(entries[each]))
            assert answer.status_code == 200, answer.text
            await till.work()
        assert await kitchen.numbers() == (6, 0, 6, 0)
        assert await till.faults() == []
        await till.clear()


async def test_orders_from_before_there_was_a_level_take_nothing_off(kitchen):
    kitchen.peer.later(-48 * 3600)
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    kitchen.peer.fulfil(order, 3)

    await kitchen.hear()

    assert await kitchen.numbers() == (10, 0, 10, 0)


async def test_what_nobody_ever_counted_is_told_once(kitchen):
    plate = kitchen.peer.list("Plate", "SKU-1")
    for _ in range(2):
        kitchen.peer.sell(plate, 1, sends_from=FIRST)

    await kitchen.hear()

    subjects = [each["subject"] for each in await kitchen.incidents(kind="NOT_APPLIED")]
    assert subjects == ["kitchen: no stock of SKU-1 at L0"]
    assert await kitchen.database.find(LEVELS.name, {"sku": "SKU-1"}) == []


@pytest.mark.parametrize("is_prompt", [False, True])
async def test_what_is_gone_before_its_order_is_told_is_not_offered_again(
    kitchen, stall, is_prompt
):
    """The shop has sent it, now or long ago, and only the number of its shelf has reached us."""
    if is_prompt:
        kitchen.peer.now = await kitchen.database.now()
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    await kitchen.hear()
    await kitchen.catch_up()
    kitchen.peer.later()
    kitchen.peer.fulfil(order, 3)
    outbox = kitchen.peer.outbox
    later = [each for each in outbox if each[0].startswith("orders/")]
    kitchen.peer.outbox = [each for each in outbox if each not in later]

    await kitchen.hear()
    await kitchen.note()
    await kitchen.push()
    assert (kitchen.peer.units(MUG, FIRST), kitchen.peer.available(MUG, FIRST)) == (7, 7)
    assert "may explain" in (await kitchen.row())["why"]

    await stall.do("reserveStock", lines=[mugs(2)])
    await kitchen.note()
    await kitchen.push()
    assert kitchen.peer.available(MUG, FIRST) == 5

    kitchen.peer.outbox = later
    await kitchen.hear()
    await kitchen.catch_up()
    assert await kitchen.numbers() == (7, 0, 5, 0)
    assert kitchen.peer.units(MUG, FIRST) == 5
    assert await kitchen.drifts() == []
    row = await kitchen.row()
    heard = (3, 0) if is_prompt else (0, 3)
    assert (row["unheard"], row["heard"], row["heard_late"]) == (0, *heard)


async def test_what_is_gone_is_not_offered_while_its_orders_cannot_be_read(kitchen):
    """However long that takes: nobody else may have taken them."""
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    kitchen.peer.later()
    kitchen.peer.fulfil(order, 3)
    kitchen.peer.outbox.clear()
    await kitchen.doubted()

    await kitchen.waits()
    await kitchen.push()
    assert kitchen.peer.units(MUG, FIRST) == 7
    assert await kitchen.drifts() == []

    await whole(kitchen)
    await kitchen.catch_up()
    assert await kitchen.numbers() == (7, 0, 7, 0)
    assert kitchen.peer.units(MUG, FIRST) == 7
    assert await kitchen.drifts() == []


async def test_what_no_order_explains_is_somebody_elses_number(kitchen):
    kitchen.peer.counted(kitchen.mug, FIRST, 7)
    await kitchen.doubted()

    await kitchen.waits()
    await kitchen.push()
    assert (kitchen.peer.units(MUG, FIRST), await kitchen.drifts()) == (7, [])

    await kitchen.read_orders()
    await kitchen.waits()
    await kitchen.push()
    assert kitchen.peer.units(MUG, FIRST) == 10
    assert len(await kitchen.drifts()) == 1


async def test_a_shop_that_is_told_no_more_only_ends_what_it_began(kitchen, tmp_path):
    order = kitchen.peer.sell(kitchen.mug, 3, sends_from=FIRST)
    await kitchen.hear()
    path = tmp_path / "untold.toml"
    untold = SHOPS.replace("push_stock = true", "")
    path.write_text(untold.format(domain=DOMAIN, url=kitchen.peer.url, other=kitchen.peer.url))

    found = load(path, is_development=True, environ=SECRETS)
    async with desk_over(kitchen.database, found) as desk:
        shop = Shop(desk, kitchen.shop, kitchen.peer, found)
        shop.peer.sell(shop.mug, 1, sends_from=FIRST)
        shop.peer.later()
        shop.peer.fulfil(order, 2)
        await shop.hear()
        await whole(shop)

    assert await kitchen.numbers() == (8, 1, 7, 0)


async def test_who_looks_at_an_order_finds_what_it_moved(kitchen, stall):
    kitchen.peer.sell(kitchen.mug, 1, sends_from=FIRST)
    await kitchen.hear()
    await stall.told()

    query = 'query { order(number: "#1001") { journal(first: 50) { edges { node { type } } } } }'
    bearer = {"authorization": f"Bearer {SUPPORT}"}
    answer = (await kitchen.http.post("/graphql", json={"query": query}, headers=bearer)).json()

    types = [each["node"]["type"] for each in answer["data"]["order"]["journal"]["edges"]]
    assert "StockOrdered" in types


def trade(peer: Shopify, product: int, dice: random.Random) -> None:
    """Something happens in the shop."""
    peer.later(dice.randint(1, 300))
    move = dice.choice(MOVES)
    chosen = dice.choice(list(peer.orders)) if peer.orders else None
    if move == "sell" or chosen is None:
        peer.sell(product, dice.randint(1, 3), sends_from=dice.choice((FIRST, SECOND)))
        return
    order, line = peer.orders[chosen], peer.orders[chosen]["line"]
    left, back = line["fulfillable_quantity"], sum_back(order)
    if order["cancelled_at"]:
        return
    if move == "fulfil" and left:
        peer.fulfil(chosen, dice.randint(1, left))
    elif move == "refund" and (left or line["sent"] > back):
        peer.refund(chosen, 1, "1.00", back_at=dice.choice((None, FIRST, SECOND)))
    elif move == "cancel" and not line["sent"]:
        peer.cancel(chosen)


def sum_back(order: dict[str, Any]) -> int:
    lines = [each for refund in order["refunds"] for each in refund["refund_line_items"]]
    return sum(each["quantity"] for each in lines if each["restock_type"] == "return")


async def books(shop: Shop) -> Any:
    """What it all came to: units, whose they are, and what moved them."""
    levels = await shop.database.find(LEVELS.name, {"sku": MUG}, sort=[("_id", 1)])
    names = ("on_hand", "committed", "reserved", "free", "oversold", "shops")
    rows = await shop.database.find(SHIPMENTS.name, {}, sort=[("_id", 1)])
    pieces = [sorted(map(str, row["pieces"])) for row in rows]
    return [[each.get(name) for name in names] for each in levels], pieces


@pytest.mark.parametrize("seed", range(3))
async def test_order_repetition_and_silence_do_not_matter(shops, peers, shelf, tmp_path, seed):
    """One gateway hears of each thing as it happens, the other later, of most, in disorder."""
    dice = random.Random(seed)
    kitchen, _ = shops
    (tmp_path / "other").mkdir()
    async with shops_over(shelf, peers, tmp_path / "other") as (other, _):
        told: list[Any] = []
        for _ in range(25):
            trade(kitchen.peer, kitchen.mug, dice)
            told += kitchen.peer.outbox
            await other.hear()
        kitchen.peer.outbox = told
        kitchen.peer.lose(dice, 0.2)
        kitchen.peer.faults.extend(["503", "", "throttled", "", "502"])

        await kitchen.hear(dice)
        await kitchen.try_again()
        await whole(kitchen)
        await whole(other)

        assert await books(kitchen) == await books(other)
        await agree(kitchen)
        assert await kitchen.faults() == await other.faults() == []


async def whole(shop: Shop) -> None:
    """Ask for all orders that changed, as the next reading would."""
    page = None
    while True:
        found = await shop.line.adapter.changes(Thing.ORDER, shop.peer.opened_at, page)
        await news.apply(shop.parts, shop.line, "kitchen:turn", found.news)
        if (page := found.next) is None:
            return


async def agree(shop: Shop) -> None:
    """Our levels are what happened in the shop, and nothing else."""
    for n, (place, before) in enumerate(((FIRST, 10), (SECOND, 4))):
        orders = shop.peer.orders.values()
        lines = [each["line"] for each in orders if each["sends_from"] == place]
        open_units = sum(each["fulfillable_quantity"] for each in lines)
        back = sum(
            line["quantity"]
            for each in orders
            for refund in each["refunds"]
            for line in refund["refund_line_items"]
            if line["restock_type"] == "return" and line["location_id"] == place
        )
        on_hand, committed, _, oversold = await shop.numbers(n)
        gone = sum(each["sent"] for each in lines)
        unplaced = await _unplaced(shop) if place == FIRST else 0
        assert committed == open_units
        assert on_hand - oversold == before - gone + back + unplaced


async def _unplaced(shop: Shop) -> int:
    """What came back without a word of where to: it is where the shop mostly sends from."""
    return sum(
        line["quantity"]
        for each in shop.peer.orders.values()
        for refund in each["refunds"]
        for line in refund["refund_line_items"]
        if line["restock_type"] == "return" and line["location_id"] is None
    )


@pytest.mark.parametrize("after", [False, True])
async def test_a_worker_that_is_killed_anywhere_moves_everything_once(kitchen, after):
    dice, deaths = random.Random(7), 0
    stores: Any = kitchen.parts.stores
    shipments, records = stores.shipments, stores.records
    for n in range(24):
        trade(kitchen.peer, kitchen.mug, dice)
        gate = [n % 8]
        stores.shipments = Cut(shipments, gate, after=after)
        stores.records = Cut(records, gate, after=after)
        try:
            await kitchen.hear()
        except Killed:
            deaths += 1
        stores.shipments, stores.records = shipments, records
        await kitchen.try_again()

    assert deaths > 10
    await agree(kitchen)
    assert await kitchen.faults() == []


async def test_the_journal_tells_of_each_move(kitchen, stall):
    order = kitchen.peer.sell(kitchen.mug, 2, sends_from=FIRST)
    await kitchen.hear()
    kitchen.peer.later()
    kitchen.peer.fulfil(order, 2)
    await kitchen.hear()
    kitchen.peer.later()
    kitchen.peer.refund(order, 1, "10.00", back_at=FIRST)
    await kitchen.hear()

    level = await stall.level()
    told = [each for each in await journal_of(stall) if each["aggregate"] == level["_id"]]
    [sold] = await kitchen.database.find(ORDERS.name, {"number": "#1001"})
    assert [each["type"] for each in told] == ["StockOrdered", "StockShipped", "StockRestocked"]
    assert all(sold["_id"] in each["about"] for each in told)
    assert {each["actor"]["id"] for each in told} == {"kitchen"}


async def test_what_is_asked_of_orders_is_in_shopifys_schema():
    schema = await to_thread(official)
    asked = WITH_PLACES[Thing.ORDER]

    for text in (asked.nodes, asked.changed):
        assert validate(schema, parse(text)) == []

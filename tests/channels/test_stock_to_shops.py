"""A shop shows what we may sell, whatever becomes of calls, workers and those who write there."""

from __future__ import annotations

import random
from asyncio import CancelledError, create_task, gather, to_thread
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate
from msgspec.structs import replace

from adapters.shopify.translate.levels import ITEMS, SET
from commands.channels import pushing
from domain.channels.abilities import Thing
from domain.channels.marks import Mark, mark_id
from domain.channels.pushing import MOST_ATTEMPTS, Rest
from domain.ownership import ConflictPolicy, Override, owners
from gateway.bootstrap import pushing as bootstrap
from gateway.channels.configuring import Configuration, load
from storage.mongo.driver import Database
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.journal.leader import Leader
from storage.mongo.marks import MongoMarks
from storage.mongo.operations import CHANNELS
from storage.mongo.pushes import CURSORS, PUSHES
from storage.mongo.stock import LEVELS
from storage.mongo.stores import MongoStores
from tests.admin_schema import official
from tests.channels.conftest import Desk, desk_over
from tests.channels.test_shopify_books import SECRETS
from tests.gateway.serving import served
from tests.peers.shopifies import DOMAIN, Shopify
from tests.trading import LONG_AGO, MUG, Trading, more, mugs

FIRST, SECOND = 77, 78
CHANNELS_FILE = """
[channels.kitchen]
kind = "shopify"
account = "{domain}"
base_url = "{url}"
key = {{ env = "SHOPIFY_KEY" }}
secrets = [{{ env = "SHOPIFY_WEBHOOK" }}]
currency = "EUR"
locations = {{ "77" = "L0", "78" = "L1" }}
push_stock = true
"""


class Shelf(Desk):
    """A gateway that tells a shop of its stock, step by step."""

    def __init__(self, desk: Desk, peer: Shopify, found: Configuration, leader: Leader) -> None:
        super().__init__(desk.database, desk.webhooks, desk.http)
        self.leader, self.peer, self.found = leader, peer, found
        self.owners = found.owners
        self.line = desk.lines["kitchen"]

    @property
    def telling(self) -> pushing.Telling:
        return bootstrap.telling(self.database, MongoStores(self.database, owners=self.owners))

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Shelf]:
        """Another gateway: it remembers nothing of calls that failed."""
        async with desk_over(self.database, self.found) as desk:
            yield Shelf(desk, self.peer, self.found, self.leader)

    async def journalled(self) -> None:
        """All that happened is in the journal."""
        while await self.leader.append():
            pass

    async def follow_and_push(self) -> None:
        """One turn of a gateway."""
        await pushing.follow(self.telling, self.line)
        await self.push()

    async def note(self) -> None:
        """All that happened is in the journal, and noted."""
        await self.journalled()
        while await pushing.follow(self.telling, self.line):
            pass

    async def push(self, most: int = 100) -> dict[str, int]:
        return dict(await pushing.push(self.telling, self.line, most))

    async def come(self) -> None:
        """Let all that waits be due now: pauses and leases are over.

        So is patience: the shop's orders were read since.
        """
        await self.read_orders()
        await self.waits()

    async def waits(self) -> None:
        """Let more time go by than news of an order may take."""
        for each in ("due", "strange_since"):
            waits = {each: {"$type": "date"}}
            await self.database.change_all(PUSHES.name, waits, {"$set": {each: LONG_AGO}})

    async def read_orders(self) -> None:
        """As if its orders had been read now, and it had none to tell of."""
        now = await self.database.now()
        mark = Mark(id=mark_id(self.line.name, Thing.ORDER), since=now, due=now, read_at=now)
        await MongoMarks(self.database).save(mark)

    async def catch_up(self) -> None:
        """Tell the shop until there is nothing to tell."""
        await self.note()
        for _ in range(30):
            await self.come()
            if not await self.push():
                return
        raise AssertionError(await self.database.find(PUSHES.name, {}))

    async def row(self, place: int = FIRST) -> dict[str, Any]:
        [found] = await self.database.find(PUSHES.name, {"sku": MUG, "place": str(place)})
        return found

    async def hear(self, dice: random.Random | None = None) -> None:
        """Take what the shop has to tell."""

        async def post(body: bytes, headers: Any) -> None:
            answer = await self.http.post("/webhooks/kitchen", content=body, headers=headers)
            assert answer.status_code == 200, answer.text

        await self.peer.deliver(post, dice)
        await self.work()

    async def drifts(self) -> list[dict[str, Any]]:
        return await self.incidents(kind="DRIFT", is_open=True, subject={"$regex": "stock"})


@pytest.fixture
async def peer() -> AsyncIterator[Shopify]:
    found = Shopify(await to_thread(official))
    async with served(found.application) as found.url:
        yield found


@pytest.fixture
async def shelf_of(stall: Trading, peer: Shopify, tmp_path: Path) -> AsyncIterator[Shelf]:
    """The shop sells mugs at two places, of which it thinks that there are none."""
    database: Database = stall.database
    for name in (INBOX, INCIDENTS, PUSHES, CURSORS):
        await database.delete(name.name, {})
    product = peer.list("Mug", MUG)
    peer.list("Mug, large", f"{MUG}-LARGE")
    for place in (FIRST, SECOND):
        peer.counted(product, place, 0)
    path = tmp_path / "channels.toml"
    path.write_text(CHANNELS_FILE.format(url=peer.url, domain=DOMAIN))
    found = load(path, is_development=True, environ=SECRETS)
    async with desk_over(database, found) as desk:
        yield Shelf(desk, peer, found, stall.leader)
    await database.delete(CHANNELS.name, {"code": "kitchen"})
    await database.delete(INCIDENTS.name, {})


def numbers_at(peer: Shopify, place: int) -> list[int]:
    """All numbers of mugs that were set at a place, in order."""
    return [units for sku, at, units in peer.shown if (sku, at) == (MUG, place)]


async def test_what_is_sold_here_is_shown_there(shelf_of, peer, stall):
    await shelf_of.catch_up()
    assert (peer.units(MUG, FIRST), peer.units(MUG, SECOND)) == (10, 4)

    await stall.do("reserveStock", lines=[mugs(3)])
    await stall.do("adjustStock", changes=[more(6, 1)])
    await shelf_of.catch_up()

    assert (peer.units(MUG, FIRST), peer.units(MUG, SECOND)) == (7, 10)
    assert (await shelf_of.row())["shown"] == 7


async def test_units_that_are_kept_from_a_channel_are_not_shown_to_it(shelf_of, peer):
    safety = {"$set": {"safety_stock": 4}}
    await shelf_of.database.change(CHANNELS.name, {"code": "kitchen"}, safety)

    await shelf_of.catch_up()

    assert (peer.units(MUG, FIRST), peer.units(MUG, SECOND)) == (6, 0)


async def test_many_changes_of_one_sku_are_one_number(shelf_of, peer, stall):
    await shelf_of.catch_up()
    before = len(peer.shown)

    for _ in range(5):
        await stall.do("reserveStock", lines=[mugs(1)])
    await shelf_of.catch_up()

    assert peer.shown[before:] == [(MUG, FIRST, 5)]


async def test_a_number_that_comes_and_goes_costs_nothing(shelf_of, peer, stall):
    await shelf_of.catch_up()
    calls = len(peer.calls)

    held = await stall.reserved(mugs(2))
    await stall.do("releaseReservation", reservation=held)
    await shelf_of.catch_up()

    assert len(peer.calls) == calls


@pytest.mark.parametrize(
    "faults",
    [
        ["503"] * 3,
        ["lost"] * 3,
        ["", "lost", "lost", "lost"],
        ["throttled", "", "throttled"],
        ["502", "lost", "", "502", "throttled", "lost"],
        ["403"],
    ],
)
async def test_a_shop_that_fails_shows_it_in_the_end(shelf_of, peer, stall, faults):
    await shelf_of.catch_up()
    for _ in range(3):
        await stall.do("reserveStock", lines=[mugs(1)])
        peer.faults.extend(faults)
        await shelf_of.note()
        await shelf_of.push()
        await shelf_of.come()
    peer.faults.clear()
    async with shelf_of.another() as other:
        await other.catch_up()

    assert peer.units(MUG, FIRST) == 7
    assert numbers_at(peer, FIRST) == sorted(numbers_at(peer, FIRST), reverse=True)
    assert await shelf_of.drifts() == []


async def test_somebody_elses_number_is_told_and_ours_is_set_again(shelf_of, peer):
    await shelf_of.catch_up()
    [product, _] = peer.products
    peer.outbox.clear()

    peer.counted(product, FIRST, 99)
    await shelf_of.hear()
    await shelf_of.catch_up()

    assert peer.units(MUG, FIRST) == 10
    [drift] = await shelf_of.drifts()
    assert drift["subject"] == "kitchen: stock of SKU-0 at 77"
    assert "'10'" in drift["detail"]
    assert "'99'" in drift["detail"]


async def test_somebody_elses_number_is_noticed_when_ours_is_told(shelf_of, peer, stall):
    await shelf_of.catch_up()
    [product, _] = peer.products
    peer.counted(product, FIRST, 99)
    peer.outbox.clear()

    await stall.do("reserveStock", lines=[mugs(1)])
    await shelf_of.catch_up()

    assert peer.units(MUG, FIRST) == 9
    assert len(await shelf_of.drifts()) == 1


async def test_an_echo_is_no_news(shelf_of, peer, stall):
    await shelf_of.catch_up()
    await stall.do("reserveStock", lines=[mugs(1)])
    await shelf_of.catch_up()
    calls = len(peer.calls)

    assert peer.outbox
    await shelf_of.hear()

    assert await shelf_of.push() == {}
    assert await shelf_of.drifts() == []
    sets = [each for each in peer.calls[calls:] if "mutation" in each["query"]]
    assert sets == []
    assert (await stall.level())["on_hand"] == 10


@pytest.mark.parametrize("policy", ["ACCEPT_AND_RECORD", "LAST_WRITE_WINS"])
async def test_a_number_that_may_stand_stands_until_ours_moves(shelf_of, peer, stall, policy):
    said = Override(conflict=ConflictPolicy(policy))
    shelf_of.owners = owners({"stock.sellable": said}, ["kitchen"])
    await shelf_of.catch_up()
    [product, _] = peer.products

    peer.counted(product, FIRST, 8)
    await shelf_of.hear()
    await shelf_of.catch_up()
    assert peer.units(MUG, FIRST) == 8
    assert len(await shelf_of.drifts()) == (policy == "ACCEPT_AND_RECORD")

    held = await stall.reserved(mugs(1))
    await stall.do("releaseReservation", reservation=held)
    await shelf_of.catch_up()
    assert peer.units(MUG, FIRST) == 8

    peer.counted(product, FIRST, 10)
    await shelf_of.hear()
    await shelf_of.catch_up()
    assert await shelf_of.drifts() == []

    await stall.do("reserveStock", lines=[mugs(1)])
    await shelf_of.catch_up()
    assert peer.units(MUG, FIRST) == 9


class Killed(BaseException):
    """The worker is gone."""


class Cut:
    """A part that kills who calls it the `at`-th time, before it does anything or after."""

    def __init__(self, part: Any, gate: list[int], *, after: bool) -> None:
        self._part, self._gate, self._after = part, gate, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            self._gate[0] -= 1
            is_over = self._gate[0] < 0
            if is_over and not self._after:
                raise Killed
            found = await method(*arguments, **named)
            if is_over:
                raise Killed
            return found

        return call


@pytest.mark.parametrize("after", [False, True])
async def test_a_worker_that_is_killed_anywhere_loses_and_repeats_nothing(
    shelf_of, peer, stall, after, monkeypatch
):
    await shelf_of.catch_up()
    deaths = 0
    for at in range(20):
        await stall.do("adjustStock", changes=[more(-1 if at < 9 else 1)])
        await shelf_of.come()
        with monkeypatch.context() as patched:
            gate = [at % 12]
            adapter = Cut(shelf_of.line.adapter, gate, after=after)
            patched.setattr(pushing, "_setter", lambda _, found=adapter: found)
            found = shelf_of.telling
            parts = replace(
                found,
                pushes=Cut(found.pushes, gate, after=after),
                levels=Cut(found.levels, gate, after=after),
            )
            try:
                await shelf_of.journalled()
                await pushing.follow(parts, shelf_of.line)
                await pushing.push(parts, shelf_of.line, 10)
            except Killed:
                deaths += 1
    await shelf_of.catch_up()

    assert deaths > 10
    assert peer.units(MUG, FIRST) == (await stall.level())["free"]
    assert await shelf_of.drifts() == []
    keys = [each["variables"]["key"] for each in peer.calls if "mutation" in each["query"]]
    assert len(set(keys)) == len(numbers_at(peer, FIRST))


async def test_two_gateways_at_once_tell_each_number_once(shelf_of, peer, stall):
    await shelf_of.catch_up()
    async with shelf_of.another() as other:
        for _ in range(5):
            await stall.do("reserveStock", lines=[mugs(1)])
            await shelf_of.journalled()
            await gather(*(each.follow_and_push() for each in (shelf_of, other) for _ in range(2)))
            await shelf_of.come()
        await shelf_of.catch_up()

    assert peer.units(MUG, FIRST) == 5
    assert numbers_at(peer, FIRST) == sorted(set(numbers_at(peer, FIRST)), reverse=True)
    assert await shelf_of.drifts() == []


async def test_a_shop_that_hangs_does_not_hold_up_the_door(shelf_of, peer, stall):
    await shelf_of.catch_up()
    peer.hangs = True
    peer.asked.clear()
    await stall.do("reserveStock", lines=[mugs(1)])
    await shelf_of.note()
    told = create_task(shelf_of.push())
    await peer.asked.wait()

    await stall.do("reserveStock", lines=[mugs(1)])
    told.cancel()
    with pytest.raises(CancelledError):
        await told
    peer.hangs = False
    await shelf_of.catch_up()

    assert peer.units(MUG, FIRST) == 8
    assert await shelf_of.drifts() == []


class Meanwhile:
    """An adapter whose calls last long enough for something to happen."""

    def __init__(self, adapter: Any, happens: Callable[[], Awaitable[Any]]) -> None:
        self._happens, self.stock = happens, adapter.stock
        self._set = adapter.set_stock

    async def set_stock(self, told: Any) -> Any:
        answers = await self._set(told)
        await self._happens()
        return answers


async def test_a_change_while_a_shop_is_told_is_told_next(shelf_of, peer, stall, monkeypatch):
    await shelf_of.catch_up()
    await stall.do("reserveStock", lines=[mugs(1)])
    await shelf_of.note()

    async def sold() -> None:
        await stall.do("reserveStock", lines=[mugs(1)])
        await shelf_of.note()

    with monkeypatch.context() as patched:
        adapter = Meanwhile(shelf_of.line.adapter, sold)
        patched.setattr(pushing, "_setter", lambda _: adapter)
        await shelf_of.push()
    assert peer.units(MUG, FIRST) == 9
    assert (await shelf_of.row())["since"]

    await shelf_of.come()
    await shelf_of.push()

    assert peer.units(MUG, FIRST) == 8
    assert (await shelf_of.row())["due"] is None


async def test_who_lost_the_lease_writes_nothing(shelf_of, stall):
    await shelf_of.catch_up()
    await stall.do("reserveStock", lines=[mugs(1)])
    await shelf_of.note()
    pushes = shelf_of.telling.pushes
    [mine] = await pushes.take("kitchen", 10)
    await shelf_of.come()
    [theirs] = await pushes.take("kitchen", 10)

    await pushes.rest([(mine, Rest(99, 99, 1))])
    assert (await shelf_of.row())["shown"] == 10

    await pushes.rest([(theirs, Rest(9, 9, 2))])
    assert (await shelf_of.row())["shown"] == 9


async def test_what_a_shop_does_not_sell_is_left_until_it_does(shelf_of, peer):
    variant = peer.products[next(iter(peer.products))]["variants"][0]
    variant["sku"] = "NOT-YET"
    await shelf_of.catch_up()
    assert (await shelf_of.row())["why"] == "The channel has no such product at that place."
    assert numbers_at(peer, FIRST) == []

    variant["sku"] = MUG
    peer.counted(next(iter(peer.products)), FIRST, 0)
    await shelf_of.hear()
    await shelf_of.catch_up()

    assert peer.units(MUG, FIRST) == 10


async def test_what_a_shop_refuses_again_and_again_is_told_to_somebody(shelf_of, peer):
    await shelf_of.note()
    refuse = {"code": "NON_MUTABLE_INVENTORY_ITEM", "message": "It is a bundle.", "field": None}
    peer.refuses = refuse
    for _ in range(MOST_ATTEMPTS):
        await shelf_of.come()
        await shelf_of.push()

    [told] = await shelf_of.incidents(kind="NOT_APPLIED")
    assert told["subject"] == "kitchen: stock told to it: NON_MUTABLE_INVENTORY_ITEM"
    peer.refuses = None
    await shelf_of.catch_up()
    assert peer.units(MUG, FIRST) == 10


async def test_one_number_that_is_refused_holds_up_no_other(shelf_of, peer, stall):
    await shelf_of.catch_up()
    [product, _] = peer.products
    peer.counted(product, SECOND, 99)
    await stall.do("reserveStock", lines=[mugs(1)])
    await stall.do("reserveStock", lines=[mugs(1, 1)])
    await shelf_of.note()
    await shelf_of.come()

    outcomes = await shelf_of.push()

    assert (outcomes["shown"], outcomes["stale"]) == (1, 1)
    assert peer.units(MUG, FIRST) == 9
    await shelf_of.catch_up()
    assert peer.units(MUG, SECOND) == 3
    assert len(await shelf_of.drifts()) == 1


async def test_another_sku_that_is_found_with_it_is_another(shelf_of, peer):
    large = next(each for each in peer.products.values() if "large" in each["title"])
    peer.counted(large["id"], FIRST, 55)

    await shelf_of.catch_up()

    assert peer.units(f"{MUG}-LARGE", FIRST) == 55


async def test_two_products_with_one_sku_are_left_alone(shelf_of, peer):
    large = next(each for each in peer.products.values() if "large" in each["title"])
    large["variants"][0]["sku"] = MUG
    await shelf_of.note()

    assert (await shelf_of.push())["silent"] == 2

    assert "Several" in (await shelf_of.row())["why"]
    assert peer.shown == []


async def test_units_that_the_channel_counts_itself_are_not_told_to_it(shelf_of, peer):
    counts = {"$set": {"authority.system": "kitchen"}}
    await shelf_of.database.change_all(LEVELS.name, {"sku": MUG}, counts)

    await shelf_of.catch_up()

    assert peer.shown == []
    assert "counts these units itself" in (await shelf_of.row())["why"]


async def test_what_the_query_and_the_mutation_ask_is_in_shopifys_schema():
    schema = await to_thread(official)
    for text in (ITEMS, SET):
        assert validate(schema, parse(text)) == []
    assert "@idempotent" in SET

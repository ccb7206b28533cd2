"""Who asks for something newer gets it in time, or what is known with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from commands.channels import asking as live
from commands.channels import news
from domain.channels.abilities import Thing
from domain.channels.asking import MOST_SINGLE
from domain.ids import Kind
from domain.payments import Payment
from domain.viewer import SYSTEM
from gateway import app, upkeep
from gateway.bootstrap import channels
from gateway.channels.configuring import load
from gateway.contexts import contexts
from gateway.settings import Settings
from schema import views
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.incidents import INCIDENTS
from storage.mongo.journal import JOURNAL
from storage.mongo.operations import MongoChannels
from storage.mongo.payments import PAYMENTS
from storage.mongo.stores import MongoStores
from tests.channels.conftest import CHANNELS, ENVIRONMENT
from tests.channels.landed import clear
from tests.client import Client
from tests.making import new_id
from tests.peers.penny import Penny
from tests.trading import PARTNER, SHOPPERS, SUPPORT, Trading

TOLD = """
fragment told on Payment {
  id version state captured { minor } freshness { source asOf ageMs state reason }
}
"""
ONE = """
query ($ref: String!, $maxAge: Int) {
  payment(provider: "penny", providerRef: $ref, maxAge: $maxAge) { ...told }
}
"""
ALL = """
query ($maxAge: Int) {
  payments(first: 60, providers: ["penny"], maxAge: $maxAge) { edges { node { ...told } } }
}
"""
SEVERAL = """
{
  a: payment(provider: "penny", providerRef: "a", maxAge: 2) { ...told }
  b: payment(provider: "penny", providerRef: "b", maxAge: 2) { ...told }
  payments(first: 5, maxAge: 2) { edges { node { ...told } } }
  channels { code }
}
"""


class Booth(Client):
    """A gateway that asks Penny, who answers as she is told to."""

    def __init__(
        self,
        application: Any,
        peer: Penny,
        database: Database,
        asking: live.Asking,
        counted: list[tuple[str, str]],
    ) -> None:
        super().__init__(application)
        self.peer, self.database, self.asking, self.counted = peer, database, asking, counted
        self.parts = channels.receiving(database, MongoStores(database))

    async def told(self, ref: str, minor: int = 10_00) -> None:
        """Penny has a payment, and our books have it as it was an hour ago."""
        self.peer.begin(ref, minor)
        line = self.asking.lines["penny-nl"]
        [found] = await line.adapter.fetch_many(Thing.PAYMENT, [ref])
        await news.apply(self.parts, line, "told", [found.news])
        self.peer.calls.clear()
        self.peer.came.clear()

    async def over(self) -> None:
        """Let all questions end that go on behind who asked."""
        while calls := self.asking.under_way:
            await asyncio.wait(calls)
            await asyncio.sleep(0)


@asynccontextmanager
async def booth_over(shop: Trading, folder: Path, *, seconds: float = 30.0, options: str = ""):
    peer, database = Penny(), shop.database
    await clear(database)
    await database.delete(INCIDENTS.name, {})
    async with peer.open() as url:
        path = folder / "channels.toml"
        path.write_text(CHANNELS.format(url=url) + options)
        found = load(path, is_development=True, environ=ENVIRONMENT)
        settings, stores = Settings(channel_seconds=seconds), MongoStores(database)
        told: list[tuple[str, str]] = []
        _, asking = channels.doors(
            database, stores, lambda name, came, _: told.append((name, came))
        )
        async with channels.connected(settings, database, stores, found) as lines:
            asking.lines = lines
            application = app.build(
                settings,
                views.unified(),
                MongoRepositories(database),
                stores,
                checks={},
                page_config=dict,
                asking=asking,
            )
            try:
                async with Booth(application, peer, database, asking, told) as booth:
                    yield booth
            finally:
                await upkeep.ended(asking.close())


@pytest.fixture
async def booth(stall: Trading, tmp_path: Path) -> AsyncIterator[Booth]:
    async with booth_over(stall, tmp_path) as found:
        yield found


async def one(booth: Booth, ref: str, max_age: int | None = None, token: str = SUPPORT) -> Any:
    return (await booth.ask(ONE + TOLD, token, ref=ref, maxAge=max_age))["payment"]


async def test_who_asks_for_nothing_newer_asks_nobody(booth):
    await booth.told("a")
    booth.peer.move("a", "take", 10_00)

    found = await one(booth, "a")

    assert found["state"] == "AUTHORISED"
    assert (found["freshness"]["source"], found["freshness"]["state"]) == ("penny", "CACHED")
    assert booth.peer.calls == []


async def test_what_is_too_old_is_asked_for_and_lands_in_the_books(booth):
    await booth.told("a")
    booth.peer.move("a", "take", 10_00)

    found = await one(booth, "a", 60)

    assert (found["state"], found["captured"]["minor"]) == ("CAPTURED", 10_00)
    assert (found["freshness"]["state"], found["freshness"]["reason"]) == ("LIVE", None)
    assert found == {**await one(booth, "a"), "freshness": found["freshness"]}
    assert booth.peer.calls == [("GET", "/payments/a")]
    assert booth.counted == [("penny-nl", live.FRESH)]


async def test_what_was_asked_for_is_young_for_everybody(booth):
    await booth.told("a")
    await one(booth, "a", 60)

    found = await one(booth, "a", 60)

    assert found["freshness"]["state"] == "LIVE"
    assert booth.peer.calls == [("GET", "/payments/a")]


async def test_what_is_as_it_was_is_no_news(booth, stall):
    await booth.told("a")
    booth.peer.payments["a"]["changed"] = booth.peer.tick()  # she says the same, but later
    before = await one(booth, "a")
    told = await stall.database.count(JOURNAL.name, {}, 1_000)

    after = await one(booth, "a", 2)

    assert after["version"] == before["version"]
    assert after["freshness"]["state"] == "LIVE"
    assert await stall.database.count(JOURNAL.name, {}, 1_000) == told


async def test_a_later_change_makes_a_confirmation_void(booth, stall):
    await booth.told("a")
    await one(booth, "a", 60)
    await stall.database.change_all(PAYMENTS.name, {}, {"$inc": {"version": 1}})

    assert (await one(booth, "a"))["freshness"]["state"] == "CACHED"


async def test_a_hung_channel_costs_one_deadline_and_nothing_else(stall, tmp_path):
    async with booth_over(stall, tmp_path, seconds=0.3) as booth:
        for ref in ("a", "b"):
            await booth.told(ref)
        booth.peer.hangs = True
        began = monotonic()
        found = await booth.ask(SEVERAL + TOLD, SUPPORT)
        took = monotonic() - began

    every = [found["a"], found["b"], *(each["node"] for each in found["payments"]["edges"])]
    told = [each for each in every if each["freshness"]["source"] == "penny"]
    assert len(told) >= 4
    assert {(each["freshness"]["state"], each["freshness"]["reason"]) for each in told} == {
        ("STALE", "STILL_ASKING")
    }
    assert {each["state"] for each in told} == {"AUTHORISED"}
    assert found["channels"]
    assert took < live.LONGEST_SECONDS  # of which each question would take one


async def test_other_fields_do_not_wait_for_a_channel(booth, monkeypatch):
    await booth.told("a")
    booth.peer.gate, read = asyncio.Event(), MongoChannels.all

    async def noted(self, viewer):
        found = await read(self, viewer)
        booth.peer.gate.set()
        return found

    monkeypatch.setattr(MongoChannels, "all", noted)
    answer = await booth.ask(SEVERAL + TOLD, SUPPORT)

    assert answer["a"]["freshness"]["state"] == "LIVE"


async def test_what_comes_too_late_for_one_is_there_for_the_next(stall, tmp_path):
    async with booth_over(stall, tmp_path, seconds=0.1) as booth:
        await booth.told("a")
        booth.peer.move("a", "take", 10_00)
        booth.peer.gate = asyncio.Event()

        first = await one(booth, "a", 60)
        booth.peer.gate.set()
        await booth.over()
        second = await one(booth, "a")

    assert (first["state"], first["freshness"]["reason"]) == ("AUTHORISED", "STILL_ASKING")
    assert (second["state"], second["freshness"]["state"]) == ("CAPTURED", "LIVE")


async def test_many_who_ask_the_same_are_one_call(booth):
    await booth.told("a")
    booth.peer.gate = asyncio.Event()
    asking = [asyncio.ensure_future(one(booth, "a", 60)) for _ in range(10)]
    await booth.peer.came.wait()
    booth.peer.gate.set()

    found = await asyncio.gather(*asking)

    assert {each["freshness"]["state"] for each in found} == {"LIVE"}
    assert booth.peer.calls == [("GET", "/payments/a")]


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        ({"status": 503}, "UNREACHABLE", "CHANNEL_UNAVAILABLE"),
        ({"status": 401}, "UNREACHABLE", "CHANNEL_AUTH"),
        ({"status": 418}, "UNREACHABLE", "CHANNEL_BAD_DATA"),
        ({"limit": 0}, "STALE", "CHANNEL_RATE_LIMITED"),
        ({"payments": {}}, "STALE", "NOT_THERE"),
    ],
)
async def test_what_cannot_be_had_is_told_with_its_reason(booth, fault, state, reason):
    await booth.told("a")
    before = await one(booth, "a")
    for name, value in fault.items():
        setattr(booth.peer, name, value)

    found = await one(booth, "a", 60)

    assert (found["freshness"]["state"], found["freshness"]["reason"]) == (state, reason)
    assert found["freshness"]["asOf"] == before["freshness"]["asOf"]
    assert found["state"] == "AUTHORISED"
    assert booth.counted == [("penny-nl", reason)]


async def test_what_cannot_be_written_down_is_told_to_somebody(booth):
    await booth.told("a")
    booth.peer.payments["a"]["currency"] = "SEK"
    for each in booth.peer.payments["a"]["movements"]:
        each["currency"] = "SEK"

    found = await one(booth, "a", 60)

    assert found["freshness"]["reason"] == "NOT_APPLIED"
    [incident] = await booth.database.find(INCIDENTS.name, {})
    assert incident["kind"] == "NOT_APPLIED"


async def test_who_is_not_connected_is_not_asked(booth):
    await booth.told("a")
    booth.asking.lines = {}

    found = await one(booth, "a", 60)

    assert (found["freshness"]["state"], found["freshness"]["reason"]) == ("STALE", "NOT_ASKED")


async def test_one_call_is_enough_for_as_many_as_the_channel_takes_at_once(stall, tmp_path):
    calls = []
    for number in (1, 50):
        async with booth_over(stall, tmp_path, options="options = { batch = 100 }") as booth:
            for n in range(number):
                await booth.told(f"p{n}")

            answer = await booth.ask(ALL + TOLD, SUPPORT, maxAge=60)

            found = [each["node"]["freshness"] for each in answer["payments"]["edges"]]
            assert [each["state"] for each in found] == ["LIVE"] * number
            calls.append(len(booth.peer.calls))
    assert calls == [1, 1]


async def test_who_must_be_asked_one_by_one_is_asked_for_a_few(booth):
    for n in range(30):
        await booth.told(f"p{n}")

    answer = await booth.ask(ALL + TOLD, SUPPORT, maxAge=60)

    found = [each["node"]["freshness"] for each in answer["payments"]["edges"]]
    assert len(booth.peer.calls) == MOST_SINGLE
    assert sum(each["state"] == "LIVE" for each in found) == MOST_SINGLE
    assert {each["reason"] for each in found} == {None, "NOT_ASKED"}


@pytest.mark.parametrize("token", ["", PARTNER])
async def test_visitors_and_partners_have_nobody_asked(booth, token):
    await booth.told("a")

    error = await booth.refusal(ONE + TOLD, token, ref="a", maxAge=60)

    assert error["extensions"]["code"] == "FORBIDDEN"
    assert booth.peer.calls == []


async def test_a_shopper_has_only_their_own_asked_for(booth):
    await booth.told("a")
    await booth.told("b")
    owner = {"customer_id": new_id(Kind.CUSTOMER, 0)}
    await booth.database.change_all(PAYMENTS.name, {"ref_keys": "penny:a"}, {"$set": owner})

    assert await one(booth, "b", 60, SHOPPERS[0]) is None
    assert booth.peer.calls == []
    assert (await one(booth, "a", 60, SHOPPERS[0]))["freshness"]["state"] == "LIVE"


@pytest.mark.parametrize(
    ("age", "token"), [*((n, SUPPORT) for n in (-1, 0, 1, 604_801)), (29, SHOPPERS[0])]
)
async def test_an_age_that_nobody_may_ask_for_is_refused(booth, age, token):
    await booth.told("a")

    error = await booth.refusal(ONE + TOLD, token, ref="a", maxAge=age)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert booth.peer.calls == []


async def test_whoever_is_still_asking_is_stopped_at_the_end(stall, tmp_path):
    async with booth_over(stall, tmp_path, seconds=0.05) as booth:
        await booth.told("a")
        booth.peer.hangs = True
        await one(booth, "a", 60)
        [call] = booth.asking.under_way

    assert call.cancelled()


async def test_where_an_event_is_told_nobody_is_asked(booth):
    graph = contexts(
        views.unified(),
        MongoRepositories(booth.database),
        MongoStores(booth.database),
        "SE",
        asking=booth.asking,
    )
    await booth.told("a")
    [key] = [row["_id"] for row in await booth.database.find(PAYMENTS.name, {})]
    context = graph(SYSTEM, False, is_event=True)

    assert await context.asks.renew(Payment, [key], timedelta(seconds=60), context.now) == []
    assert booth.peer.calls == []

"""Keys of our own at the door: what they open, and how soon they open nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import api_keys, ids
from domain.api_keys import ApiKey, ApiKeyId, Mode
from domain.errors import Unauthenticated
from domain.ids import ChannelId, Kind
from domain.scopes import Scope
from domain.shop import Shop
from domain.viewer import Role, Viewer
from gateway.identity.admission import REFUSED
from gateway.identity.door import Door
from gateway.identity.keyring import KeyRing
from storage.mongo.api_keys import API_KEYS, MongoApiKeys
from storage.mongo.driver import Database
from tests.client import Client
from tests.conftest import Reads
from tests.making import new_id
from tests.walks.applications import application

PEPPER, OLD_PEPPER = b"p" * 32, b"o" * 32
CHANNEL = ChannelId(new_id(Kind.CHANNEL, 0))


class Keys:
    """A door that takes keys, and whoever makes them; time goes on when it is told to."""

    def __init__(self, database: Database, *, mode: Mode = Mode.TEST) -> None:
        self.database = database
        self.kept = MongoApiKeys(database)
        self.ahead = 0.0
        self.door = Door(
            is_development=False,
            keys=KeyRing(self.kept, self._peppers, mode, now=self.now),
            now=self.now,
        )

    async def _peppers(self) -> list[bytes]:
        return [PEPPER, OLD_PEPPER]

    def now(self) -> float:
        return time.time() + self.ahead

    async def make(
        self, mode: Mode = Mode.TEST, pepper: bytes = PEPPER, **changes: Any
    ) -> tuple[ApiKeyId, str]:
        text, now = api_keys.new_text(mode), datetime.fromtimestamp(self.now(), UTC)
        usual = {"role": Role.PARTNER, "channels": (CHANNEL,), "created_at": now}
        key = ApiKey(
            id=ApiKeyId(ids.mint(Kind.API_KEY, now)),
            digest=api_keys.digest(text, pepper),
            hint=text[-4:],
            name="a partner",
            mode=mode,
            **{**usual, **changes},
        )
        await self.kept.add(key)
        return key.id, text

    async def who(self, text: str) -> Viewer:
        return (await self.door.who(f"Bearer {text}")).viewer

    async def refuses(self, text: str) -> bool:
        try:
            await self.who(text)
        except Unauthenticated as error:
            return error.message == REFUSED
        return False

    async def later(self, seconds: float) -> None:
        """So much later; the gateway has looked again meanwhile, as it does each second."""
        self.ahead += seconds
        await self.door.turn()

    async def last_used(self, key: ApiKeyId) -> datetime | None:
        [found] = [each for each in await self.kept.all() if each.id == key]
        return found.last_used_at


@pytest.fixture
async def keys(database: Database) -> Keys:
    return Keys(database)


async def test_a_key_is_its_partners(keys: Keys):
    key, text = await keys.make(scopes=(Scope.ORDERS,))

    viewer = await keys.who(text)

    assert viewer == Viewer(Role.PARTNER, channels=(CHANNEL,), scopes=frozenset({Scope.ORDERS}))
    assert viewer.subject == key


async def test_what_is_no_key_is_refused(keys: Keys):
    _, text = await keys.make()
    await keys.make()

    for wrong in (text[:-1], f"{text}0", text.lower(), "kassa_test_", api_keys.new_text(Mode.TEST)):
        assert await keys.refuses(wrong)
    assert not await keys.refuses(text)


async def test_a_key_opens_where_its_mode_is_wanted_and_nowhere_else(database: Database):
    production = Keys(database, mode=Mode.LIVE)
    _, live = await production.make(Mode.LIVE)
    _, test = await production.make(Mode.TEST)

    assert not await production.refuses(live)
    assert await production.refuses(test)
    assert await Keys(database, mode=Mode.TEST).refuses(live)


async def test_a_revoked_key_opens_nothing_within_five_seconds(keys: Keys):
    key, text = await keys.make()
    _, other = await keys.make()
    assert not await keys.refuses(text)

    await keys.kept.revoke(key, datetime.now(UTC))
    for _ in range(5):
        await keys.later(1)

    assert await keys.refuses(text)
    assert not await keys.refuses(other)


async def test_a_revoked_key_opens_nothing_even_where_nobody_looks_again(keys: Keys):
    key, text = await keys.make()
    await keys.who(text)

    await keys.kept.revoke(key, datetime.now(UTC))
    keys.ahead = 5

    assert await keys.refuses(text)


async def test_a_key_that_is_gone_opens_nothing(keys: Keys):
    _, text = await keys.make()
    await keys.who(text)

    await keys.database.delete(API_KEYS.name, {})
    await keys.later(3)

    assert await keys.refuses(text)


async def test_a_key_ends_when_it_was_said_to(keys: Keys):
    _, text = await keys.make(expires_at=datetime.now(UTC) + timedelta(seconds=60))
    assert not await keys.refuses(text)
    assert (await keys.door.who(f"Bearer {text}")).until == pytest.approx(time.time() + 60, abs=5)

    keys.ahead = 61

    assert await keys.refuses(text)


async def test_other_rights_are_those_that_count_within_five_seconds(keys: Keys):
    key, text = await keys.make(scopes=(Scope.ORDERS, Scope.PAYMENTS))
    assert (await keys.who(text)).has(Scope.PAYMENTS)

    less = {"$set": {"scopes": [Scope.ORDERS.value]}}
    await keys.database.change_all(API_KEYS.name, {"_id": key}, less)
    await keys.later(3)

    assert not (await keys.who(text)).has(Scope.PAYMENTS)


async def test_a_pepper_may_be_changed_while_old_keys_are_used(keys: Keys):
    _, old = await keys.make(pepper=OLD_PEPPER)
    _, forgotten = await keys.make(pepper=b"x" * 32)

    assert not await keys.refuses(old)
    assert await keys.refuses(forgotten)


async def test_the_last_use_is_kept_and_not_by_a_write_a_request(keys: Keys):
    key, text = await keys.make()
    assert await keys.last_used(key) is None

    await keys.who(text)
    await keys.later(3)
    first = await keys.last_used(key)
    for _ in range(20):
        await keys.who(text)
        await keys.later(3)

    assert first is not None
    assert await keys.last_used(key) == first

    for _ in range(5):
        await keys.who(text)
        await keys.later(59)
    assert (await keys.last_used(key) or first) > first + timedelta(minutes=4)


async def test_the_database_holds_nothing_that_opens_anything(keys: Keys):
    _, text = await keys.make()

    kept = str(await keys.database.find(API_KEYS.name, {}))

    assert text not in kept
    assert text[len("kassa_test_") : -6] not in kept


async def test_a_slip_of_the_pen_is_no_read_and_a_thousand_uses_are_one(
    stocked: Database, reads: Reads
):
    keys = Keys(stocked)
    reads.forget()

    assert await keys.refuses(api_keys.new_text(Mode.TEST)[:-1] + "_")
    assert not reads
    assert await keys.refuses(api_keys.new_text(Mode.TEST))
    assert len(reads) == 1


@pytest.fixture
async def partner(stocked: Database, database: Database) -> AsyncIterator[tuple[Client, Keys]]:
    keys = Keys(database)
    async with Client(application(stocked, door=keys.door)) as client:
        yield client, keys


async def test_a_key_sees_what_its_channels_sold_and_its_scopes_let_through(
    partner: tuple[Client, Keys], shop: Shop
):
    kassa, keys = partner
    channel = next(each for each in shop.channels if each.code == "nordicfinds")
    _, whole = await keys.make(channels=(channel.id,))
    _, some = await keys.make(channels=(channel.id,), scopes=(Scope.CATALOG, Scope.ORDERS))
    query = """{
      orders(first: 3) { edges { node { number channel { id } payments { id } } } }
      payments(first: 3) { edges { node { id } } }
    }"""

    everything = await kassa.ask(query, whole)
    less = await kassa.ask(query, some)

    orders = [edge["node"] for edge in everything["orders"]["edges"]]
    assert {order["channel"]["id"] for order in orders} == {channel.id}
    assert any(order["payments"] for order in orders)
    assert everything["payments"]["edges"]
    assert [edge["node"]["number"] for edge in less["orders"]["edges"]] == [
        order["number"] for order in orders
    ]
    assert not any(edge["node"]["payments"] for edge in less["orders"]["edges"])
    assert less["payments"]["edges"] == []


async def test_a_scope_that_is_not_there_refuses_what_would_be_done(partner, shop: Shop):
    kassa, keys = partner
    channel = next(each for each in shop.channels if each.code == "nordicfinds")
    _, some = await keys.make(channels=(channel.id,), scopes=(Scope.ORDERS,))
    reserve = """mutation {
      reserveStock(input: { idempotencyKey: "k", lines: [
        { sku: "MUG-FJORD-BLUE", location: "%s", quantity: 1 }] }) { reservation { id } }
    }"""

    refused = await kassa.refusal(reserve % shop.locations[0].id, some)

    assert refused["extensions"]["code"] == "FORBIDDEN"

"""What must always be true, checked in pieces of any size; whatever is torn is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from msgspec import Struct

from domain.ids import Kind, entry_id
from domain.integrity import SAYS
from gateway.embedded import Embedded
from storage.mongo.driver import Database, Driver
from storage.mongo.integrity import Watch
from storage.mongo.stores import MongoStores
from tests.holding import a_step, held, seen
from tests.making import new_id
from tests.planting import broken, checks, plant, tell_openings, uproot
from tests.trading import ORDERS, Trading, money, more, mugs, tender, trading

NEVER = DatetimeMS(2**60)
"""A date that BSON can hold, and Python cannot."""

STRANGE = ObjectId()
"""An id of another type than all of ours."""

OF_LEVELS = {"S1", "S2", "S3", "S4", "S5", "S6", "E1"}
OF_PAYMENTS = {"P1", "P2", "P3", "P4"}
CROWD = 50
MOST_NEAR = 20


class Shop(Struct):
    """A shop in which something happened, and the ids of what it happened to."""

    database: Database
    held: str
    payments: list[str]
    levels: list[str]


@pytest.fixture
async def mug_shop(servers: Embedded, driver: Driver) -> AsyncIterator[Trading]:
    """A shop of this test alone, without upkeep; the journal has not heard of it yet."""
    async with trading(servers.mongodb_url or "", driver, with_upkeep=False) as found:
        await tell_openings(found.database)
        yield found


@pytest.fixture
async def traded(mug_shop: Trading) -> Shop:
    held = await mug_shop.reserved(mugs(2))
    await mug_shop.do("adjustStock", changes=[more(5, at=1)])
    payments: list[str] = []
    for _ in range(2):
        paid = await mug_shop.do("recordPayment", **tender(100_00))
        payments.append(paid["payment"]["id"])
    await mug_shop.do("recordRefund", payment=payments[0], amount=money(30_00))
    await mug_shop.told()
    levels = [(await mug_shop.level(n))["_id"] for n in range(3)]
    return Shop(mug_shop.database, held, payments, levels)


async def _pinned_for_nobody(shop: Shop):
    pinned = {"$set": {f"reservations.{shop.held}.state": "PINNED"}}
    await plant(shop.database, "stock_levels", {"_id": shop.levels[0]}, pinned)
    await uproot(shop.database, "reservations", {})
    return {"S2": {shop.held}}


async def _pinned_for_what_ended(shop: Shop):
    (row,) = await shop.database.find("reservations", {})
    ended = {"state": "RELEASED", "updated_at": row["updated_at"] - timedelta(days=1)}
    await plant(shop.database, "reservations", {}, {"$set": ended})
    pinned = {"$set": {f"reservations.{shop.held}.state": "PINNED"}}
    await plant(shop.database, "stock_levels", {"_id": shop.levels[0]}, pinned)
    return {"S2": {shop.held}}


async def _never_looked_at(shop: Shop):
    unset = {"$unset": {"next_expiry": True}}
    await plant(shop.database, "stock_levels", {"_id": shop.levels[0]}, unset)
    return {"S2": {shop.held}}


async def _reserved_for_nobody(shop: Shop):
    level = shop.levels[2]
    change = {"$inc": {"free": -1, "reserved": 1}}
    await plant(shop.database, "stock_levels", {"_id": level}, change)
    told = {"$inc": {"changes.free.1": -1}, "$set": {"changes.reserved": [0, 1]}}
    await plant(shop.database, "journal", {"aggregate": level}, told)
    return {"S2": {level}}


async def _below_zero(shop: Shop):
    level = shop.levels[2]
    await plant(shop.database, "stock_levels", {"_id": level}, {"$set": {"incoming": -1}})
    told = {"$set": {"changes.incoming": [0, -1]}}
    await plant(shop.database, "journal", {"aggregate": level}, told)
    return {"S1": {level}}


async def _a_level_is_lost(shop: Shop):
    await uproot(shop.database, "stock_levels", {"_id": shop.levels[1]})
    return {"S4": {shop.levels[1]}}


async def _a_payment_is_lost(shop: Shop):
    await uproot(shop.database, "payments", {"_id": shop.payments[1]})
    (posting,) = await shop.database.find("postings", {"payment_id": shop.payments[1]})
    return {"E1": {shop.payments[1]}, "P4": {posting["_id"]}}


async def _a_change_is_forgotten(shop: Shop):
    """As if the database had lost a write that the journal has."""
    back = {"$set": {"version": 1, "on_hand": 4, "free": 4}}
    await plant(shop.database, "stock_levels", {"_id": shop.levels[1]}, back)
    return {"E1": {shop.levels[1]}}


async def _an_entry_is_lost(shop: Shop):
    (entry,) = await shop.database.find("journal", {"aggregate": ORDERS[1]})
    await uproot(shop.database, "journal", {"_id": entry["_id"]})
    return {"E1": {ORDERS[1], entry_id(entry["_id"])}}


async def _an_outbox_is_lost(shop: Shop):
    await plant(shop.database, "orders", {"_id": ORDERS[0]}, {"$set": {"version": 3}})
    return {"E1": {ORDERS[0]}}


async def _two_under_one_key(shop: Shop):
    indexes = {"dropIndexes": "payments", "index": "operations.idempotency_key_1"}
    await shop.database.command(indexes)
    (first,) = await shop.database.find("payments", {"_id": shop.payments[0]})
    same = {"operations.0.idempotency_key": first["operations"][0]["idempotency_key"]}
    await plant(shop.database, "payments", {"_id": shop.payments[1]}, {"$set": same})
    return {"P3": set(shop.payments)}


async def _nothing_is_posted(shop: Shop):
    await uproot(shop.database, "postings", {"payment_id": shop.payments[1]})
    return {"P4": {shop.payments[1]}}


async def _posted_to_other_accounts(shop: Shop):
    where = {"payment_id": shop.payments[1]}
    other = {"$set": {"lines.0.account": "disputed:adyen:-"}}
    await plant(shop.database, "postings", where, other)
    return {"P4": {shop.payments[1]}}


async def _a_torn_posting(shop: Shop):
    (posting,) = await shop.database.find("postings", {"payment_id": shop.payments[1]})
    await plant(shop.database, "postings", {"_id": posting["_id"]}, {"$unset": {"lines": 1}})
    return {"P4": {posting["_id"], shop.payments[1]}}


async def _a_torn_level(shop: Shop):
    many = {"$set": {"free": "many", "reservations": [1], "version": {"x": 1}}}
    await plant(shop.database, "stock_levels", {"_id": shop.levels[2]}, many)
    return {name: {shop.levels[2]} for name in OF_LEVELS}


async def _an_undecodable_level(shop: Shop):
    never = {"$set": {"updated_at": NEVER}}
    await plant(shop.database, "stock_levels", {"_id": shop.levels[2]}, never)
    return {name: {shop.levels[2]} for name in OF_LEVELS}


async def _a_torn_payment(shop: Shop):
    unset = {"$unset": {"currency": True}}
    await plant(shop.database, "payments", {"_id": shop.payments[1]}, unset)
    return {name: {shop.payments[1]} for name in OF_PAYMENTS}


async def _an_undecodable_payment(shop: Shop):
    never = {"$set": {"operations.0.occurred_at": NEVER}}
    await plant(shop.database, "payments", {"_id": shop.payments[1]}, never)
    return {name: {shop.payments[1]} for name in OF_PAYMENTS | {"E1"}}


async def _an_undecodable_entry(shop: Shop):
    (entry,) = await shop.database.find("journal", {"aggregate": ORDERS[1]})
    await plant(shop.database, "journal", {"_id": entry["_id"]}, {"$set": {"at": NEVER}})
    return {"E1": {entry_id(entry["_id"])}}


async def _a_torn_entry(shop: Shop):
    (entry,) = await shop.database.find("journal", {"aggregate": ORDERS[1]})
    await plant(shop.database, "journal", {"_id": entry["_id"]}, {"$set": {"changes": 7}})
    return {"E1": {entry_id(entry["_id"])}}


async def _a_torn_reservation(shop: Shop):
    await plant(shop.database, "reservations", {}, {"$set": {"lines": 3}})
    return {"S2": {shop.held}}


async def _a_torn_channel(shop: Shop):
    await plant(shop.database, "channels", {}, {"$unset": {"code": True}})
    return {"S5": {new_id(Kind.CHANNEL, 0)}}


async def _a_stranger(shop: Shop):
    for name in ("orders", "stock_levels", "journal"):
        command = {
            "insert": name,
            "documents": [{"_id": STRANGE}],
            "bypassDocumentValidation": True,
        }
        await shop.database.command(command)
    return {name: {str(STRANGE)} for name in OF_LEVELS}


Plant = Callable[[Shop], Awaitable[Mapping[str, set[str]]]]
PLANTS: Mapping[str, Plant] = {
    name.strip("_").replace("_", " "): found
    for name, found in list(globals().items())
    if name.startswith("_") and asyncio.iscoroutinefunction(found)
}


@pytest.mark.parametrize("name", PLANTS)
async def test_what_is_broken_is_named_in_pieces_of_any_size(traded: Shop, name: str):
    wanted = await PLANTS[name](traded)

    whole = await checks(traded.database)
    assert {each.name: set(each.ids) for each in whole if not each.holds} == wanted
    assert await checks(traded.database, size=1) == whole
    assert await checks(traded.database, most_bytes=1) == whole
    few = await checks(traded.database, most=1)
    assert [(each.broken, each.ids) for each in few] == [
        (each.broken, each.ids[:1]) for each in whole
    ]


async def test_a_shop_at_work_holds(traded: Shop):
    found = await checks(traded.database)

    assert [each.name for each in found] == list(SAYS)
    assert all(each.holds and each.checked for each in found)
    assert await checks(traded.database, size=1) == found


async def test_what_is_still_in_an_outbox_is_told(mug_shop: Trading):
    await mug_shop.reserved(mugs(2))
    await mug_shop.do("recordPayment", **tender(100_00))

    assert await mug_shop.database.find("journal", {}) == []
    assert await broken(mug_shop.database) == {}


async def test_the_demo_shop_holds_in_pieces(stocked: Database):
    whole = await checks(stocked)

    assert all(each.holds for each in whole)
    assert await checks(stocked, size=37) == whole


class Crowd(Struct):
    database: Database
    level: str


@pytest.fixture
async def crowd(mug_shop: Trading) -> Crowd:
    """50 reservations in the warehouse, of which its level holds 20 itself."""
    holds = MongoStores(mug_shop.database, MOST_NEAR).holds
    for ten in range(CROWD // 10):
        await asyncio.gather(*(holds.step(a_step(10 * ten + n)) for n in range(10)))
    await mug_shop.told()
    return Crowd(mug_shop.database, (await mug_shop.level(2))["_id"])


async def test_holds_far_from_their_level_count(crowd: Crowd):
    assert len((await seen(crowd.database)).far) > MOST_NEAR
    assert await broken(crowd.database) == {}
    assert await broken(crowd.database, size=1) == {}


async def test_a_far_hold_that_is_lost_is_missed(crowd: Crowd):
    await uproot(crowd.database, "far_holds", {"reservation": held(0)})

    assert await broken(crowd.database) == {"S2": {crowd.level}, "S4": {crowd.level}}


async def test_far_holds_of_which_their_level_knows_nothing_are_found(crowd: Crowd):
    await plant(crowd.database, "stock_levels", {"_id": crowd.level}, {"$unset": {"far": True}})

    assert await broken(crowd.database) == {"S2": {crowd.level}}


async def test_a_far_hold_beyond_its_cap_is_named(crowd: Crowd):
    far = (await seen(crowd.database)).far[held(1)]
    later = {"$set": {"hold.until": far["until"] + timedelta(days=2)}}
    await plant(crowd.database, "far_holds", {"reservation": held(1)}, later)

    assert await broken(crowd.database) == {"S2": {held(1)}}


async def test_a_hold_in_two_places_is_named(crowd: Crowd):
    far = (await seen(crowd.database)).far[held(2)]
    near = {"$set": {f"reservations.{held(2)}": far}}
    await plant(crowd.database, "stock_levels", {"_id": crowd.level}, near)

    assert await broken(crowd.database) == {"S2": {held(2), crowd.level}}


async def test_far_holds_of_a_level_that_is_not_there_are_named(crowd: Crowd):
    (row,) = await crowd.database.find("far_holds", {"reservation": held(3)})
    await crowd.database.put("far_holds", {**row, "_id": "x", "level_id": "stk_nowhere"})

    assert await broken(crowd.database) == {"S2": {held(3)}}


@pytest.mark.parametrize("change", [{"$set": {"hold": 3}}, {"$set": {"hold.until": NEVER}}])
async def test_a_far_hold_that_cannot_be_read_is_named(crowd: Crowd, change: Any):
    (row,) = await crowd.database.find("far_holds", {"reservation": held(4)})
    await plant(crowd.database, "far_holds", {"_id": row["_id"]}, change)

    found = await broken(crowd.database)

    assert found == {"S2": {row["_id"], crowd.level}, "S4": {crowd.level}}


async def test_a_watch_comes_round_to_everything(traded: Shop):
    await _nothing_is_posted(traded)
    await _never_looked_at(traded)
    watch = Watch(traded.database, 60)

    found = [await watch.look() for _ in range(2)]
    others = await Watch(traded.database, 60).look()

    named = {each.name: set(each.ids) for look in found for each in look}
    assert named == {"S2": {traded.held}, "P4": {traded.payments[1]}}
    assert others == ()

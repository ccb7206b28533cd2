"""A database gets its shape once; what does not fit the shape never gets in."""

from __future__ import annotations

import secrets
from asyncio import gather
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from pymongo.errors import BulkWriteError

from domain.money import Money, TaxedMoney
from domain.operations import Channel
from domain.values import MAX_INT, MAX_MINOR
from gateway.embedded import Embedded
from storage.mongo import customers, operations, orders, payments, stock
from storage.mongo.driver import Database, Document
from storage.mongo.migrate import COLLECTIONS, migrate
from tests.making import SEK, a_channel, a_level, a_line, a_payment, an_operation, an_order

DEFAULTS = {"validationLevel": "strict", "validationAction": "error"}
REFUSED_BY_VALIDATOR = 121
TAKEN = 11000


@pytest.fixture
async def bare(servers: Embedded) -> AsyncIterator[Database]:
    """A database that nobody has touched."""
    assert servers.mongodb_url
    found = Database(servers.mongodb_url, f"test_{secrets.token_hex(6)}")
    yield found
    await found.drop()
    await found.close()


async def shape(database: Database) -> dict[str, Any]:
    """Everything that MongoDB knows of the collections but their contents."""
    answer = await database.command({"listCollections": 1})
    listed = {each["name"]: each for each in answer["cursor"]["firstBatch"]}
    for name, each in listed.items():
        indexes = await database.command({"listIndexes": name})
        each["indexes"] = indexes["cursor"]["firstBatch"]
        each["options"] = {**DEFAULTS, **each["options"]}
    return listed


async def test_two_gateways_may_start_on_a_fresh_database_at_once(bare: Database):
    await gather(*(migrate(bare) for _ in range(4)))

    found = await shape(bare)
    await migrate(bare)
    assert await shape(bare) == found
    assert found.keys() >= {collection.name for collection in COLLECTIONS}


async def test_a_fresh_database_gets_every_collection_with_its_indexes(bare: Database):
    said = await migrate(bare)

    listed = await shape(bare)
    assert set(listed) == {each.name for each in COLLECTIONS}
    assert said == [f"{each.name}: {len(each.indexes)} indexes" for each in COLLECTIONS]
    for each in COLLECTIONS:
        wanted = [{"key": {"_id": 1}, "name": "_id_"}, *(i.specification() for i in each.indexes)]
        found = [
            {k: v for k, v in index.items() if k != "v"} for index in listed[each.name]["indexes"]
        ]
        assert found == wanted
        assert listed[each.name]["options"]["validator"] == each.validator()


async def test_running_it_again_changes_nothing(bare: Database):
    await migrate(bare)
    before = await shape(bare)

    await migrate(bare)

    assert await shape(bare) == before


async def test_a_gateway_starts_while_another_one_writes(bare: Database):
    await migrate(bare)

    async def writing(database: Database) -> None:
        for each in COLLECTIONS:
            await database.change_all(each.name, {}, {"$set": {"n": 1}})
        await migrate(bare)

    await bare.transaction(writing)


async def test_an_older_database_is_brought_up_to_date_and_keeps_its_data(bare: Database):
    channel = a_channel()
    await bare.insert("channels", [operations.CHANNELS.document(channel)])

    await migrate(bare)

    listed = await shape(bare)
    assert listed["channels"]["options"]["validator"] == operations.CHANNELS.validator()
    assert await kept(bare, "channels", Channel) == [channel]


async def kept(database: Database, name: str, kind: type[Struct]) -> list[Any]:
    return msgspec.convert(await database.find(name, {}), list[kind])


def test_every_index_says_what_it_serves_and_has_its_own_name():
    for each in COLLECTIONS:
        assert all(index.serves for index in each.indexes)
        assert len({index.name for index in each.indexes}) == len(each.indexes)


KINDS = {each.name: each for each in COLLECTIONS}
MADE: Mapping[str, Struct] = {
    "stock_levels": a_level(5, committed=2),
    "orders": an_order(a_line(100, unsourced=1)),
    "payments": a_payment(an_operation("CAPTURE", "SUCCEEDED")),
    "channels": a_channel(),
}
GOOD = {name: KINDS[name].document(value) for name, value in MADE.items()}
LEVEL, ORDER, PAYMENT, CHANNEL = GOOD.values()


@pytest.fixture(scope="module")
async def migrated(servers: Embedded) -> AsyncIterator[Database]:
    assert servers.mongodb_url
    found = Database(servers.mongodb_url, f"test_{secrets.token_hex(6)}")
    await migrate(found)
    yield found
    await found.drop()
    await found.close()


@pytest.fixture
async def shaped(migrated: Database) -> AsyncIterator[Database]:
    """A migrated database that each test finds empty."""
    yield migrated
    for name in (*MADE, "marks"):
        await migrated.delete(name, {})


@pytest.mark.parametrize("name", MADE)
async def test_what_the_domain_made_gets_in_and_comes_back(shaped: Database, name: str):
    await shaped.insert(name, [GOOD[name]])

    assert await kept(shaped, name, type(MADE[name])) == [MADE[name]]


def without(document: Document, *names: str) -> Document:
    return {name: value for name, value in document.items() if name not in names}


def with_line(**changes: Any) -> Document:
    (line,) = ORDER["lines"]
    return {**ORDER, "lines": [{**line, **changes}]}


def with_operation(**changes: Any) -> Document:
    (operation,) = PAYMENT["operations"]
    return {**PAYMENT, "operations": [{**operation, **changes}]}


def with_standing(**changes: Any) -> Document:
    return {**PAYMENT, "standing": {**PAYMENT["standing"], **changes}}


BAD: Mapping[str, tuple[str, Document]] = {
    "a negative quantity": ("stock_levels", {**LEVEL, "free": -1, "on_hand": 1}),
    "a negative quantity in a line": ("orders", with_line(ordered=-1)),
    "more units than GraphQL can say": ("stock_levels", {**LEVEL, "incoming": MAX_INT + 1}),
    "units that are not whole": ("stock_levels", {**LEVEL, "incoming": 1.0}),
    "units that do not add up": ("stock_levels", {**LEVEL, "free": LEVEL["free"] + 1}),
    "units promised twice": ("stock_levels", {**LEVEL, "committed": LEVEL["committed"] + 1}),
    "money as a float": ("payments", {**PAYMENT, "minor": 100.0}),
    "money as a float, deep inside": ("payments", with_operation(minor=0.1 + 0.2)),
    "money as text": ("payments", {**PAYMENT, "minor": "100"}),
    "money as a boolean": ("payments", {**PAYMENT, "minor": True}),
    "more money than JSON can say": ("payments", {**PAYMENT, "minor": MAX_MINOR + 1}),
    "a negative sum": ("payments", with_standing(refunded=-1)),
    "an unknown state": ("orders", {**ORDER, "state": "LOST"}),
    "an unknown phase": ("payments", with_operation(phase="MAYBE")),
    "no channel": ("orders", without(ORDER, "channel_id")),
    "no lines": ("orders", without(ORDER, "lines")),
    "no phase": ("payments", {**PAYMENT, "operations": [{"id": "pop_1"}]}),
    "a time as text": ("orders", {**ORDER, "placed_at": "2026-03-01T12:00:00Z"}),
    "a list that is none": ("orders", {**ORDER, "lines": ORDER["lines"][0]}),
    "an id that is no text": ("channels", {**CHANNEL, "_id": 1}),
    "a place in the list that is not its own": ("orders", {**ORDER, "placed_key": "x"}),
    "no place in the list": ("orders", without(ORDER, "placed_key")),
}


@pytest.mark.parametrize("what", BAD)
async def test_the_database_itself_refuses(shaped: Database, what: str):
    name, document = BAD[what]

    with pytest.raises(BulkWriteError) as refused:
        await shaped.insert(name, [document])

    assert {error["code"] for error in refused.value.details["writeErrors"]} == {
        REFUSED_BY_VALIDATOR
    }
    assert await shaped.find(name, {}) == []


async def test_the_largest_numbers_get_in_and_come_back_whole(shaped: Database):
    level = a_level(MAX_INT, incoming=MAX_INT)
    price = TaxedMoney(SEK, MAX_MINOR)
    payment = a_payment(minor=MAX_MINOR)
    order = an_order(a_line(1, 0, line_total=price, unit_price=price))

    await shaped.insert("stock_levels", [stock.LEVELS.document(level)])
    await shaped.insert("payments", [payments.payment_document(payment)])
    await shaped.insert("orders", [orders.order_document(order)])

    assert (await shaped.find("stock_levels", {}))[0]["on_hand"] == MAX_INT
    assert (await shaped.find("payments", {}))[0]["minor"] == MAX_MINOR
    kept = (await shaped.find("orders", {}))[0]["totals"]["grand"]["gross_minor"]
    assert Money(kept, SEK) == price.gross


def again(collection: str, change: Callable[[], Document]) -> tuple[str, Document, Document]:
    return collection, GOOD[collection], change()


TWINS = {
    "one number, two orders": again(
        "orders", lambda: orders.order_document(an_order(n=1, number=ORDER["number"]))
    ),
    "one operation, two payments": again(
        "payments",
        lambda: payments.payment_document(a_payment(an_operation("CAPTURE", "FAILED"), n=1)),
    ),
    "one place, two levels": again(
        "stock_levels",
        lambda: stock.LEVELS.document(replace(a_level(1, 1), location_id=LEVEL["location_id"])),
    ),
    "one code, two channels": again(
        "channels", lambda: operations.CHANNELS.document(a_channel(1, code=CHANNEL["code"]))
    ),
}


@pytest.mark.parametrize("what", TWINS)
async def test_one_thing_is_not_kept_twice(shaped: Database, what: str):
    name, first, second = TWINS[what]
    await shaped.insert(name, [first])

    with pytest.raises(BulkWriteError) as refused:
        await shaped.insert(name, [second])

    assert {error["code"] for error in refused.value.details["writeErrors"]} == {TAKEN}


async def test_many_may_have_no_reference(shaped: Database):
    await shaped.insert(
        "orders", [orders.order_document(an_order(n=n, number=f"T-{n}")) for n in range(3)]
    )

    assert await shaped.count("orders", {}, cap=9) == 3


async def test_a_time_comes_back_as_the_same_instant(shaped: Database):
    entry = {"_id": "x", "at": datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)}

    await shaped.replace("marks", entry)

    assert await shaped.find("marks", {}) == [entry]
    assert customers.ENTRIES.validator()["$jsonSchema"]["properties"]["at"] == {"bsonType": "date"}

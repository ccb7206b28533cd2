"""A whole shop is put there at once; half of one is never called a shop, and nobody's is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from adapters import demo
from adapters.demo import Size
from commands import operations
from commands.operations import ShelfTaken
from domain.ports import ShelfState
from domain.shop import Shop
from storage.mongo.driver import Database, Document
from storage.mongo.leases import Lease
from storage.mongo.migrate import COLLECTIONS
from storage.mongo.operations import CHANNELS
from storage.mongo.secrets import secret
from storage.mongo.shelf import MongoShelf
from tests.conftest import UNTIL
from tests.making import a_channel

AT_WORK = {
    *("claims", "answers", "leases", "secrets", "far_holds", "api_keys", "lookups"),
    "revoked_sessions",
    *("inbox", "incidents", "readings", "connections", "instructions", "entries", "reaches"),
    *("stock_pushes", "push_cursors", "payment_links", "link_errands", "gaps", "shipments"),
}
"""What only a gateway at work fills."""

COLUMNS = {each.name for each in COLLECTIONS} - AT_WORK - {"journal"}
TOLD = ("stock_levels", "customers", "orders", "payments")
"""What has a story from its first day."""


class Cut(Exception):
    """The power went."""


@pytest.fixture(scope="module")
def small() -> Shop:
    return demo.shop(UNTIL, Size(customers=20, orders=90, products=42))


async def counts(database: Database) -> dict[str, int]:
    return {
        name: await database.count(name, {}, cap=10_000) for name in sorted({*COLUMNS, "journal"})
    }


def sizes(shop: Shop) -> dict[str, int]:
    found = {name: len(getattr(shop, name)) for name in sorted(COLUMNS)}
    return {**found, "journal": sum(found[name] for name in TOLD)}


async def stop_at(
    name: str, shelf: MongoShelf, database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fill the shelf until it is the turn of collection `name`."""
    insert = database.insert

    async def until(collection: str, documents: Sequence[Document]) -> None:
        if collection == name:
            raise Cut
        await insert(collection, documents)

    with monkeypatch.context() as patched:
        patched.setattr(database, "insert", until)
        with pytest.raises(Cut):
            await shelf.fill(shop)


def test_a_shop_has_a_column_for_every_collection(shop: Shop):
    assert set(shop.__struct_fields__) == COLUMNS


async def test_every_collection_is_filled(stocked: Database, shop: Shop):
    assert await counts(stocked) == sizes(shop)
    assert all(sizes(shop).values())
    assert await MongoShelf(stocked).state() is ShelfState.STOCKED


async def test_everything_has_a_story_from_its_first_day(stocked: Database, shop: Shop):
    told = await database_journal(stocked)

    assert [entry["_id"] for entry in told] == list(range(1, len(told) + 1))
    seqs = {entry["aggregate"]: entry["seq"] for entry in told}
    assert seqs == {value.id: value.version for name in TOLD for value in getattr(shop, name)}


async def test_the_first_word_about_an_order_belongs_to_its_customers_story_too(
    stocked: Database, shop: Shop
):
    order = next(order for order in shop.orders if order.customer_id)

    [told] = await stocked.find("journal", {"aggregate": order.id})

    assert told["type"] == "OrderRecorded"
    assert told["about"] == [order.id, order.customer_id]
    assert told["changes"]["total"] == [0, order.totals.grand.gross_minor]


async def test_who_somebody_is_never_stands_in_the_journal(stocked: Database, shop: Shop):
    told = str(await stocked.find("journal", {"type": "CustomerRecorded"}))

    for customer in shop.customers[:50]:
        assert customer.display_name not in told
        assert not [each.value for each in customer.identities if each.value in told]


async def database_journal(database: Database) -> list[Document]:
    return await database.find("journal", {}, sort=[("_id", 1)])


async def test_an_empty_database_is_empty(database: Database):
    assert await MongoShelf(database).state() is ShelfState.EMPTY


async def test_an_empty_database_is_seeded(database: Database, small: Shop):
    shelf = MongoShelf(database)

    made = await operations.seed(shelf, lambda: small)

    assert made is small
    assert await shelf.state() is ShelfState.STOCKED
    assert await counts(database) == sizes(small)


@pytest.mark.parametrize("name", ["channels", "orders", "payments"])
async def test_half_a_shop_is_half_and_seeding_makes_it_whole(
    database: Database, small: Shop, monkeypatch: pytest.MonkeyPatch, name: str
):
    shelf = MongoShelf(database)
    await stop_at(name, shelf, database, small, monkeypatch)
    assert await shelf.state() is ShelfState.HALF

    await operations.seed(shelf, lambda: small)

    assert await shelf.state() is ShelfState.STOCKED
    assert await counts(database) == sizes(small)


async def test_a_clearing_that_was_cut_short_leaves_half_a_shop(
    database: Database, small: Shop, monkeypatch: pytest.MonkeyPatch
):
    shelf = MongoShelf(database)
    await shelf.fill(small)

    async def cut(*_: object) -> None:
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(database, "delete", cut)
        with pytest.raises(Cut):
            await shelf.clear()

    assert await shelf.state() is ShelfState.HALF


async def test_a_shop_is_not_thrown_away_unless_told_to(database: Database, small: Shop):
    shelf = MongoShelf(database)
    await shelf.fill(small)

    with pytest.raises(ShelfTaken, match="already holds a shop"):
        await operations.seed(shelf, pytest.fail)

    assert await counts(database) == sizes(small)


async def test_gateways_may_run_before_there_is_a_shop(database: Database):
    await Lease(database, "journal").hold()
    await secret(database, "cursors")

    assert await MongoShelf(database).state() is ShelfState.EMPTY


@pytest.mark.parametrize("column", ["channels", "payments"])
async def test_what_somebody_else_put_there_is_foreign_and_stays(
    database: Database, small: Shop, column: str
):
    shelf = MongoShelf(database)
    await shelf.fill(small)
    theirs = await database.find(column, {})
    await shelf.clear()
    await database.insert(column, theirs)

    with pytest.raises(ShelfTaken):
        await operations.seed(shelf, pytest.fail)

    assert await shelf.state() is ShelfState.FOREIGN
    assert await database.find(column, {}) == theirs


async def test_with_reset_a_new_shop_takes_the_place_of_any_other(database: Database, small: Shop):
    shelf = MongoShelf(database)
    await database.insert("channels", [CHANNELS.document(a_channel())])
    await database.insert("somebody_elses", [{"_id": 1}])

    await operations.seed(shelf, lambda: small, reset=True)
    await operations.seed(shelf, lambda: small, reset=True)

    assert await counts(database) == sizes(small)
    assert await database.find("somebody_elses", {}) == [{"_id": 1}]


async def test_a_cleared_database_is_empty_again(database: Database, small: Shop):
    shelf = MongoShelf(database)
    await shelf.fill(small)

    await shelf.clear()

    assert await shelf.state() is ShelfState.EMPTY
    assert not any((await counts(database)).values())

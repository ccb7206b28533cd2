"""What comes in is there once, adds up, and meets what was there before."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.imports.report import ImportStopped
from domain.shop import Shop
from storage.mongo.driver import Database
from storage.mongo.shelf import MongoShelf
from tests.importing import MAPPING, NOW, SHOP, bring, one, quarantined, reasons, shop, state

ALL = {
    "locations": 1,
    "channels": 1,
    "products": 2,
    "customers": 2,
    "stock levels": 2,
    "orders": 3,
    "returns": 1,
    "payments": 3,
}


async def test_a_whole_shop_comes_in(database: Database, tmp_path: Path):
    report = await bring(database, shop(tmp_path), tolerate=0)

    assert {name: tally.new for name, tally in report.entities.items()} == ALL
    assert report.refused == 0
    assert report.agrees
    assert report.of_database.units == 6
    assert report.of_database.ordered == {"EUR": 5670}
    assert report.of_database.paid == {"EUR": 5670}


async def test_a_second_run_writes_nothing(database: Database, tmp_path: Path):
    await bring(database, shop(tmp_path))
    before = await state(database)

    report = await bring(database, tmp_path, now=NOW.replace(year=2027))

    assert report.writes == 0
    assert {name: tally.same for name, tally in report.entities.items()} == ALL
    assert await state(database) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "collection"),
    [
        ("places", "Stockholm", "Göteborg", "locations"),
        ("products", "12.50", "12.51", "products"),
        ("people", "Olle", "Ole", "customers"),
        ("stock", ",30", ",29", "stock_levels"),
        ("orders", "A2,2026-02-02,", "A2,2026-02-02,1", "orders"),
        ("lines", "Not sold any more", "Sold again", "orders"),
        ("payments", "P1,A1,28.35", "P1,A1,28.30", "payments"),
        ("refunds", "12.50", "12.00", "payments"),
        ("returns", "A3,MUG,1", "A3,MUG,2", "returns"),
    ],
)
async def test_a_changed_row_updates_its_document(
    database: Database, tmp_path: Path, file: str, old: str, new: str, collection: str
):
    await bring(database, shop(tmp_path))
    before = await state(database)

    changed = SHOP[f"{file}.csv"].replace(old, new)
    report = await bring(database, shop(tmp_path, **{file: changed}))

    after = await state(database)
    differing = [
        (was, now)
        for name in before
        for was, now in zip(before[name], after[name], strict=True)
        if was != now
    ]
    # A guest who gets a name has a payment that gets it too; goods that come back stand on
    # the order as well.
    also = {"orders": 2 if file == "orders" else 1, "returns": 2}.get(collection, 1)
    assert report.writes == len(differing) == also
    assert all(now["version"] == was["version"] + 1 for was, now in differing)
    assert all(now["_id"] == was["_id"] for was, now in differing)


async def test_what_is_there_under_another_id_is_updated_and_not_doubled(
    database: Database, shop_small: Shop, tmp_path: Path
):
    await MongoShelf(database).fill(shop_small)
    person, product = shop_small.customers[0], shop_small.products[0]
    people = f"no,name,phone,email\n{person.number},Maja S.,,maja.s@example.com\n"
    products = f"sku,name,price\n{product.sku},New name,9.99\n"
    orders = f"no,day,customer,currency,total\nA1,2026-02-01,{person.number},EUR,3.35\n"
    lines = "order,line,sku,name,units,price\nA1,1,TEA,Tea,1,3.35\n"

    await bring(
        database,
        shop(tmp_path, people=people, products=products, orders=orders, lines=lines),
    )

    found = await one(database, "customers", number=person.number)
    assert found["_id"] == person.id
    assert found["version"] == person.version + 1
    assert found["display_name"] == "Maja S."
    kinds = [identity["kind"] for identity in found["identities"]]
    assert kinds.count("EMAIL") == 2
    assert set(kinds) >= {"PHONE", "LOYALTY_NO"}
    assert found["consents"]
    changed = await one(database, "products", sku=product.sku)
    assert changed["_id"] == product.id
    assert {price["currency"] for price in changed["prices"]} >= {"SEK", "EUR"}
    assert (await one(database, "orders", number="A1"))["customer_id"] == person.id
    assert (await bring(database, tmp_path)).writes == 0


@pytest.fixture
def shop_small(shop: Shop) -> Shop:
    """The demo shop without what orders weigh."""
    return replace(shop, orders=[], fulfillments=[], returns=[], payments=[], loyalty_entries=[])


async def test_a_count_respects_what_is_promised(database: Database, tmp_path: Path):
    await bring(database, shop(tmp_path))
    level = await one(database, "stock_levels", sku="MUG")
    promised = {**level, "committed": 4, "free": 3}
    await database.replace("stock_levels", promised)

    await bring(database, shop(tmp_path, stock="sku,place,units\nMUG,STO,5\n"))
    counted = await one(database, "stock_levels", sku="MUG")
    await bring(database, shop(tmp_path, stock="sku,place,units\nMUG,STO,3\n"))

    assert (counted["on_hand"], counted["committed"], counted["free"]) == (5, 4, 1)
    assert reasons(tmp_path) == ["PROMISED"]
    assert (await one(database, "stock_levels", sku="MUG"))["on_hand"] == 5


async def test_an_order_is_completed_history_and_its_owner_stands_on_its_payment(
    database: Database, tmp_path: Path
):
    await bring(database, shop(tmp_path))

    order = await one(database, "orders", number="A1")
    payment = await one(database, "payments", ref_keys="till:P1")
    guest = await one(database, "orders", number="A2")
    assert order["state"] == "COMPLETED"
    assert [line["sku"] for line in order["lines"]] == ["MUG", "TEA"]
    assert [line["handed_over"] for line in order["lines"]] == [2, 1]
    assert payment["customer_id"] == order["customer_id"]
    assert payment["channel_id"] == order["channel_id"]
    assert payment["standing"]["captured"] == 2835
    assert guest["customer_id"] is None
    assert guest["lines"][0]["name"] == "Not sold any more"


async def test_returns_and_refunds_stand_on_their_order_and_payment(
    database: Database, tmp_path: Path
):
    await bring(database, shop(tmp_path))

    order = await one(database, "orders", number="A3")
    back = await one(database, "returns", order_id=order["_id"])
    payment = await one(database, "payments", ref_keys="till:P3")
    assert order["lines"][0]["returned"] == 1
    assert back["lines"][0]["creditable"] == {"minor": 1250, "currency": "EUR"}
    assert payment["standing"]["refunded"] == 1250
    assert payment["standing"]["state"] == "PARTLY_REFUNDED"


async def test_a_number_that_nobody_can_dial_is_kept(database: Database, tmp_path: Path):
    await bring(database, shop(tmp_path))

    phones = {}
    for number in "12":
        person = await one(database, "customers", number=number)
        [phones[number]] = [each for each in person["identities"] if each["kind"] == "PHONE"]
    assert phones["1"]["value"] == "+46701234567"
    assert phones["1"]["given"] == "070-123 45 67"
    assert phones["2"]["value"] == "1115005550162"
    assert phones["2"]["given"] == "1 (11) 500 555-0162"


async def test_too_many_bad_rows_stop_before_anything_is_written(
    database: Database, tmp_path: Path
):
    at = shop(tmp_path, people="no,name,phone,email\n,Nobody,,\n1,Maja,,\n")

    with pytest.raises(ImportStopped) as stopped:
        await bring(database, at, tolerate=5)

    said = str(stopped.value)
    assert "people.csv: 1 of 2 rows (50.0 %) cannot come in" in said
    assert "Written so far: nothing." in said
    assert not any((await state(database)).values())
    assert quarantined(at)[0]["line"] == 2


async def test_when_it_stops_later_it_says_what_was_written(database: Database, tmp_path: Path):
    at = shop(tmp_path, orders=SHOP["orders.csv"].replace("28.35", "28.36"))

    with pytest.raises(ImportStopped) as stopped:
        await bring(database, at, tolerate=5)

    assert "1 locations" in str(stopped.value)
    assert "2 customers" in str(stopped.value)
    [head, *_] = [each for each in quarantined(at) if each["file"] == "orders.csv"]
    assert head["reason"] == "TOTAL_DIFFERS"
    assert "a difference of 1 minor units" in head["detail"]
    assert head["row"]["no"] == "A1"


async def test_the_database_itself_is_the_last_net(database: Database, tmp_path: Path):
    """Two orders that claim one reference: the second one is put aside, the rest comes in."""
    await bring(database, shop(tmp_path))
    taken = await one(database, "orders", number="A1")
    await database.replace("orders", {**taken, "number": "ELSE"})

    report = await bring(database, tmp_path)

    assert set(reasons(tmp_path)) == {"DATABASE", "NO_ORDER"}
    assert report.of_database.orders == 2
    assert report.agrees


async def test_net_prices_get_their_tax_to_the_minor_unit(database: Database, tmp_path: Path):
    mapping = MAPPING.replace('country = "SE"', 'country = "SE"\nprices = "net"\ntax_rate = "25"')
    lines = SHOP["lines.csv"].replace("price\n", "price,tax\n").replace("3.35\n", "3.35,0.84\n")
    lines = lines.replace("12.50\n", "12.50,6.25\n")
    mapping = mapping.replace('unit_price = "price"', 'unit_price = "price"\ntax = "tax"')
    orders = "no,day,customer,currency,total\nA1,2026-02-01,1,EUR,35.44\n"

    report = await bring(database, shop(tmp_path, mapping=mapping, orders=orders, lines=lines))

    order = await one(database, "orders", number="A1")
    assert report.of_database.ordered == {"EUR": 3544}
    assert [share["amount"] for share in order["totals"]["grand"]["taxes"]] == [709]
    assert order["totals"]["grand"]["taxes"][0]["rate_bps"] == 2500

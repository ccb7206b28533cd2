"""Any retailer's dialect can be said, and whatever stands in a file, nothing breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters import files
from adapters.files.cells import decimal_amount, moment
from adapters.files.mapping import MappingWrong
from domain.imports.rows import Amount, RowRefused
from storage.mongo.driver import Database
from tests.importing import MAPPING, SHOP, bring, one, quarantined, reasons, shop

ROW = "1,Maja,,\n"
HEAD = "no,name,phone,email\n"


@pytest.mark.parametrize(
    ("given", "decimal", "thousands", "minor"),
    [
        ("12.50", ".", "", 1250),
        ("12.5", ".", "", 1250),
        ("12", ".", "", 1200),
        (".99", ".", "", 99),
        ("1.234,50", ",", ".", 123450),
        ("1 234,50", ",", " ", 123450),
        ("€ 1,234.50", ".", ",", 123450),
        ("1'234.50 kr", ".", "'", 123450),
        ("2.5000", ".", "", 250),
        ("0.1", ".", "", 10),
        ("90071992547409.91", ".", "", 2**53 - 1),
    ],
)
def test_amounts_are_exact_in_every_dialect(given: str, decimal: str, thousands: str, minor: int):
    assert decimal_amount(decimal, thousands)(given).minor("EUR") == minor


@pytest.mark.parametrize(
    ("given", "decimal", "thousands", "reason"),
    [
        ("1.005", ".", "", "TOO_FINE"),
        ("1,5", ".", "", "NOT_A_NUMBER"),
        ("1,23.4", ".", ",", "NOT_A_NUMBER"),
        ("1e5", ".", "", "NOT_A_NUMBER"),
        ("NaN", ".", "", "NOT_A_NUMBER"),
        ("--1", ".", "", "NOT_A_NUMBER"),
        ("-1", ".", "", "NEGATIVE_MONEY"),
        ("\uff19", ".", "", "NOT_A_NUMBER"),
        ("90071992547409.92", ".", "", "OUT_OF_RANGE"),
        ("9" * 400, ".", "", "NOT_A_NUMBER"),
    ],
)
def test_what_is_no_amount_is_refused(given: str, decimal: str, thousands: str, reason: str):
    with pytest.raises(RowRefused) as refused:
        decimal_amount(decimal, thousands)(given).minor("EUR")

    assert refused.value.reason == reason


def test_currencies_have_their_own_decimals():
    assert Amount(1005, 3).minor("KWD") == 1005
    assert Amount(7, 0).minor("JPY") == 7
    with pytest.raises(RowRefused):
        Amount(75, 1).minor("JPY")


@pytest.mark.parametrize(
    ("given", "form", "zone", "utc"),
    [
        ("2026-03-01", "iso", "UTC", "2026-03-01T00:00:00"),
        ("2026-03-01T12:00:00+02:00", "iso", "Asia/Tokyo", "2026-03-01T10:00:00"),
        ("01.07.2026 12:30", "%d.%m.%Y %H:%M", "Europe/Stockholm", "2026-07-01T10:30:00"),
        ("07/01/26", "%m/%d/%y", "America/New_York", "2026-07-01T04:00:00"),
        ("1767225600", "unix", "UTC", "2026-01-01T00:00:00"),
        ("1767225600123", "unix_ms", "UTC", "2026-01-01T00:00:00.123000"),
    ],
)
def test_times_are_utc_whatever_the_zone(given: str, form: str, zone: str, utc: str):
    assert moment((form,), zone)(given).isoformat() == utc + "+00:00"


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ("0001-01-01", "iso"),
        ("9999-12-31", "iso"),
        ("1969-12-31", "iso"),
        ("9" * 40, "unix"),
        ("2026-02-30", "iso"),
        ("yesterday", "iso"),
    ],
)
def test_times_that_cannot_be_are_refused(given: str, form: str):
    with pytest.raises(RowRefused):
        moment((form,), "Asia/Tokyo")(given)


HOSTILE = [
    ("a cell too many", b"2,Olle,,,x\n", "COLUMNS"),
    ("a NUL", b"2,O\x00lle,,\n", "NUL"),
    ("bytes that are no UTF-8", b"2,Ol\xe9,,\n", "ENCODING"),
    ("a quote that never closes", b'2,"Olle,,\n', "QUOTES"),
    ("a quote inside quotes", b'2,"O"lle",,\n', "QUOTES"),
    ("a huge field", b"2," + b"x" * 200_000 + b",,\n", "QUOTES"),
    ("a line longer than memory allows", b"2," + b"x" * 1_500_000 + b",,\n", "TOO_LONG"),
    ("no key", b",Olle,,\n", "MISSING"),
    ("a key of spaces", b"   ,Olle,,\n", "MISSING"),
    ("a control character in the key", b"2\x01,Olle,,\n", "CONTROL_CHARACTER"),
    ("a key as long as a novel", b"2" * 200 + b",Olle,,\n", "TOO_LONG"),
    ("the same key, and other words", b"1,Olle,,\n", "DUPLICATE"),
]


@pytest.mark.parametrize(
    ("row", "reason"), [each[1:] for each in HOSTILE], ids=[each[0] for each in HOSTILE]
)
async def test_one_bad_row_is_one_bad_row(
    database: Database, tmp_path: Path, row: bytes, reason: str
):
    people = HEAD.encode() + ROW.encode() + row + b"3,Nils,,\n4,Ida,,\n"

    report = await bring(database, shop(tmp_path, people=people))

    bad = [each for each in quarantined(tmp_path) if each["file"] == "people.csv"]
    assert [(each["reason"], each["line"]) for each in bad] == [(reason, 3)]
    assert report.entities["customers"].new == 3


SALES = [
    ("the lines are missing", "orders", "A9,2026-02-01,1,EUR,1.00\n", "NO_LINES"),
    ("the order is missing", "lines", "A9,1,MUG,Mug,1,1.00\n", "NO_ORDER"),
    ("an unknown currency", "orders", "A9,2026-02-01,1,XQQ,1.00\n", "CURRENCY_UNKNOWN"),
    ("a date out of range", "orders", "A9,0021-02-01,1,EUR,1.00\n", "DATE_OUT_OF_RANGE"),
    ("three decimals", "orders", "A9,2026-02-01,1,EUR,1.005\n", "NO_LINES"),
    ("an order twice", "orders", "A2,2026-02-09,1,EUR,9.00\n", "DUPLICATE"),
    ("negative stock", "stock", "MUG,STO,-1\n", "DUPLICATE"),
    ("negative stock of tea", "stock", "TEA2,STO,-1\n", "NEGATIVE_STOCK"),
    ("stock nowhere", "stock", "MUG,NOWHERE,1\n", "NO_LOCATION"),
    ("stock of nothing", "stock", "CUP,STO,1\n", "NO_PRODUCT"),
    ("stock beyond counting", "stock", "CUP,STO,99999999999\n", "OUT_OF_RANGE"),
    ("half a unit", "stock", "CUP,STO,0.5\n", "NOT_A_NUMBER"),
    ("a payment of nothing", "payments", "P9,A9,1.00,2026-02-01\n", "NO_ORDER"),
    ("a refund of nothing", "refunds", "R9,A9,1.00,2026-02-01\n", "NO_PAYMENT"),
    ("a refund of too much", "refunds", "R9,A2,9.00,2026-02-09\n", "REFUNDS_TOO_MUCH"),
    ("a return of too much", "returns", "B9,A2,OLD,5,2026-02-09\n", "RETURNS_TOO_MUCH"),
    ("a return of something else", "returns", "B9,A2,MUG,1,2026-02-09\n", "RETURNS_TOO_MUCH"),
]


@pytest.mark.parametrize(
    ("file", "row", "reason"), [each[1:] for each in SALES], ids=[each[0] for each in SALES]
)
async def test_what_does_not_fit_is_put_aside_with_its_reason(
    database: Database, tmp_path: Path, file: str, row: str, reason: str
):
    report = await bring(database, shop(tmp_path, **{file: SHOP[f"{file}.csv"] + row}))

    assert reason in reasons(tmp_path)
    assert report.agrees


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A1,3,TEA,Tea,-1,3.35\n", "NEGATIVE_QUANTITY"),
        ("A1,3,TEA,Tea,two,3.35\n", "LINE_REFUSED"),
        ("A1,3,TEA,Tea,1,3.355\n", "TOO_FINE"),
        ("A1,1,TEA,Tea,1,3.35\n", "DUPLICATE"),
        ("A1,3,TEA,Tea,1,3.35\n", "TOTAL_DIFFERS"),
    ],
)
async def test_a_bad_line_takes_its_order_along(
    database: Database, tmp_path: Path, row: str, reason: str
):
    """What is left of an order would look like a smaller sale."""
    report = await bring(database, shop(tmp_path, lines=SHOP["lines.csv"] + row))

    assert reason in reasons(tmp_path)
    assert report.of_database.orders == 2
    assert len([each for each in quarantined(tmp_path) if each["file"] == "lines.csv"]) == 3
    assert report.agrees


async def test_a_quote_left_open_costs_its_own_line_only(database: Database, tmp_path: Path):
    rows = "".join(f"{n},Person {n},,\n" for n in range(100, 400))
    people = HEAD + '1,"Maja,,\n' + rows + '2,"Olle\nSecond line",,\n'

    report = await bring(database, shop(tmp_path, people=people))

    assert report.entities["customers"].new == 301
    assert (await one(database, "customers", number="2"))["display_name"] == "Olle\nSecond line"


async def test_empty_files_are_no_trouble(database: Database, tmp_path: Path):
    report = await bring(database, shop(tmp_path, returns="", refunds="ref,order,amount,day\n"))

    assert report.files["returns.csv"].rows == 0
    assert report.entities["orders"].new == 3


async def test_another_dialect_says_the_same(database: Database, tmp_path: Path):
    mapping = MAPPING.replace(
        'currency = "EUR"',
        'currency = "EUR"\ndelimiter = ";"\nencoding = "cp1252"\ndecimal = ","\n'
        'thousands = "."\ndates = ["%d.%m.%Y"]\ntimezone = "Europe/Stockholm"',
    )
    orders = "no;day;customer;currency;total\nA1;01.02.2026;1;EUR;1.003,35\n"
    lines = "order;line;sku;name;units;price\nA1;1;SOFA;Söfa;1;1.000,00\nA1;2;TEA;Te;1;3,35\n"
    empty = {
        "refunds": "ref;order;amount;day\n",
        "returns": "no;order;sku;units;day\n",
        "payments": "ref;order;amount;day\nP1;A1;1.003,35;01.02.2026\n",
    }
    rest = {name: SHOP[f"{name}.csv"].replace(",", ";") for name in ("places", "people", "stock")}
    products = "sku;name;price\nMUG;Mugg;12,50\nTEA;Te;3,35\n"

    report = await bring(
        database,
        shop(
            tmp_path,
            mapping=mapping,
            orders=orders,
            lines=lines.encode("cp1252"),
            products=products,
            **empty,
            **rest,
        ),
    )

    order = await one(database, "orders", number="A1")
    assert report.refused == 0
    assert order["totals"]["grand"]["gross_minor"] == 100335
    assert order["lines"][0]["name"] == "Söfa"
    assert order["placed_at"].isoformat() == "2026-01-31T23:00:00+00:00"


async def test_ndjson_keeps_every_digit(database: Database, tmp_path: Path):
    mapping = MAPPING.replace("products.csv", "products.ndjson").replace(
        'name = "name", price = "price"', 'name = "name", price = "price.gross"'
    )
    at = shop(tmp_path, mapping=mapping)
    (at / "products.ndjson").write_text(
        '{"sku": "MUG", "name": "Mug", "price": {"gross": 12.10}}\n'
        '{"sku": "TEA", "price": {"gross": "3.35"}}\n[1]\n{"sku": \n'
    )

    await bring(database, at)

    assert (await one(database, "products", sku="MUG"))["prices"][0]["unit_minor"] == 1210
    assert reasons(at) == ["NOT_JSON", "NOT_JSON"]


async def test_a_flat_file_of_lines_with_returns_and_guests(database: Database, tmp_path: Path):
    (tmp_path / "retail.csv").write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
        "1001,MUG,Mug,6,2026-02-01 08:26:00,2.55,17850.0\n"
        "C1002,MUG,Mug,-2,2026-02-03 09:00:00,2.55,17850.0\n"
        "1003,TEA,Tea,1,2026-02-02 10:00:00,3.39,\n"
        "1001,TEA,Tea,6,2026-02-01 08:26:00,3.39,17850.0\n"
        "C1004,CUP,Cup,-1,2026-02-04 09:00:00,4.00,17850.0\n"
    )
    proposed = files.describe(tmp_path)
    (tmp_path / "kassa.toml").write_text(proposed.replace('# currency = "EUR"', 'currency = "GBP"'))

    report = await bring(database, tmp_path, tolerate=0)

    order = await one(database, "orders", number="1001")
    note = await one(database, "orders", number="C1004")
    person = await one(database, "customers", number="17850")
    assert report.of_database.orders == 3
    assert order["totals"]["grand"]["gross_minor"] == 6 * 255 + 6 * 339
    assert [line["returned"] for line in order["lines"]] == [2, 0]
    assert order["customer_id"] == person["_id"]
    assert (await one(database, "orders", number="1003"))["customer_id"] is None
    assert note["metadata"][0]["value"] == "known from its return only"
    assert (await bring(database, tmp_path)).writes == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('number = "no", name', 'number = "nr", name', "people.csv has no column 'nr'"),
        ('file = "people.csv"', 'file = "folk.csv"', "There is no 'folk.csv'"),
        ('file = "people.csv"', 'file = "../people.csv"', "There is no '../people.csv'"),
        ('number = "no", name', "name", "[customers] needs a column for 'number'"),
        ('phone = "phone"', 'fax = "phone"', "[customers] knows no 'fax'"),
        ('currency = "EUR"', 'currency = "EURO"', "'EURO' is not a currency"),
        ('currency = "EUR"', 'currency = "EUR"\nencoding = "utf-9"', "There is no encoding"),
        ('currency = "EUR"', 'currency = "EUR"\ntimezone = "Mars"', "There is no time zone"),
        ('currency = "EUR"', 'currency = "EUR"\nencoding = "utf-16"', "is not written in utf-16"),
        ('currency = "EUR"', "currency = ", "cannot be used"),
        ('currency = "EUR"', 'currency = "EUR"\ncolour = 1', "colour"),
        ('currency = "EUR"', 'currency = "EUR"\ntax_rate = "a lot"', "not a rate of tax"),
    ],
)
async def test_a_wrong_mapping_gets_one_sentence(
    database: Database, tmp_path: Path, old: str, new: str, said: str
):
    at = shop(tmp_path, mapping=MAPPING.replace(old, new))

    with pytest.raises(MappingWrong) as wrong:
        await bring(database, at)

    assert said in wrong.value.message
    assert "\n" not in wrong.value.message

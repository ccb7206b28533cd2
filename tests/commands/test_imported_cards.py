"""A card number in a retailer's files gets into no collection, nor into what is put aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain import cards
from domain.cards import MASK
from storage.mongo.driver import Database
from tests.importing import SHOP, bring, one, quarantined, shop

CARD = "4111 1111 1111 1111"
OTHER = "5555-5555-5555-4444"
DIGITS = CARD.replace(" ", "")
PEOPLE = "no,name,phone,email\n"


async def everything(database: Database) -> str:
    """All that the database holds, as one text."""
    listed = await database.command({"listCollections": 1, "nameOnly": True})
    names = [each["name"] for each in listed["cursor"]["firstBatch"]]
    assert {"customers", "orders", "journal"} <= set(names)
    return repr([await database.find(name, {}) for name in names])


async def test_card_numbers_in_prose_are_masked_and_counted(database: Database, tmp_path: Path):
    lines = SHOP["lines.csv"].replace("MUG,Mug,2", f"MUG,Mug for {OTHER},2")
    people = f"{PEOPLE}1,Maja {CARD},,\n2,Olle {DIGITS},,o@example.com\n"
    at = shop(tmp_path / "shop", people=people, lines=lines)

    report = await bring(database, at)

    tallies = report.files
    assert tallies["people.csv"].masked == 2
    assert tallies["lines.csv"].masked == lines.count(OTHER)
    assert report.masked == 2 + lines.count(OTHER)
    assert report.refused == 0
    assert (await one(database, "customers", number="1"))["display_name"] == f"Maja {MASK}"
    kept = await everything(database)
    assert DIGITS not in kept
    assert not cards.within(kept)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (f"{DIGITS},Maja,,\n", "number"),
        (f"1,Maja,{CARD},\n", "phone"),
        (f"1,Maja,{CARD.replace(' ', '/')},\n", "phone"),
        (f"1,Maja,,{DIGITS}@example.com\n", "email"),
    ],
)
async def test_a_card_number_that_names_something_is_refused(
    database: Database, tmp_path: Path, row: str, field: str
):
    at = shop(tmp_path / "shop", people=f"{PEOPLE}{row}3,Bo,,\n")

    report = await bring(database, at)

    assert report.files["people.csv"].refused == {"CARD_NUMBER": 1}
    aside = (at / "quarantine.ndjson").read_text()
    [refused] = [each for each in quarantined(at) if each["reason"] == "CARD_NUMBER"]
    assert refused["detail"] == f"{field} looks like a card number."
    assert not cards.within(aside)
    assert not cards.within(await everything(database))


@pytest.mark.parametrize("number", ["a44a5196128178128445d754", "dd1a8fca5040859360385579"])
async def test_digits_within_a_word_are_no_card_number(
    database: Database, tmp_path: Path, number: str
):
    at = shop(tmp_path / "shop", people=f"{PEOPLE}{number},Maja,,\n")

    report = await bring(database, at)

    assert report.files["people.csv"].refused == {}


async def test_a_bad_line_is_put_aside_without_its_card_number(database: Database, tmp_path: Path):
    at = shop(tmp_path / "shop", people=f"{PEOPLE}1,Maja,{CARD},,,,too many cells\n")

    await bring(database, at)

    assert MASK in (at / "quarantine.ndjson").read_text()
    assert not cards.within((at / "quarantine.ndjson").read_text())


async def test_a_number_that_only_looks_like_a_cards_comes_in_where_one_says_so(
    database: Database, tmp_path: Path
):
    mapping = SHOP["kassa.toml"].replace(
        'file = "people.csv"\n', 'file = "people.csv"\nnot_cards = ["number"]\n'
    )
    at = shop(tmp_path / "shop", mapping=mapping, people=f"{PEOPLE}{DIGITS},Maja {CARD},,\n")

    report = await bring(database, at)

    assert report.files["people.csv"].refused == {}
    assert (await one(database, "customers", number=DIGITS))["display_name"] == f"Maja {MASK}"

"""What imported payments have moved stands in the ledger: once, and as it is now."""

from __future__ import annotations

from pathlib import Path

import msgspec

from domain.ledger import Posting
from domain.payments import Payment
from storage.mongo.driver import Database
from storage.mongo.ledger import POSTINGS
from storage.mongo.payments import PAYMENTS
from tests.importing import NOW, SHOP, bring, shop
from tests.races.books import check_ledger


async def books(database: Database) -> list[Posting]:
    """The ledger, which is what the payments moved."""
    rows = await database.find(POSTINGS.name, {}, sort=[("_id", 1)])
    posted = msgspec.convert(rows, list[Posting])
    paid = msgspec.convert(await database.find(PAYMENTS.name, {}), list[Payment])
    check_ledger(paid, posted)
    return posted


async def test_imported_payments_are_posted_once(database: Database, tmp_path: Path):
    await bring(database, shop(tmp_path))
    posted = await books(database)

    await bring(database, tmp_path, now=NOW.replace(year=2027))

    assert {each.kind for each in posted} == {"CAPTURE", "REFUND"}
    assert await books(database) == posted


async def test_a_corrected_amount_is_corrected_in_the_books(database: Database, tmp_path: Path):
    await bring(database, shop(tmp_path))
    before = await books(database)
    changed = SHOP["payments.csv"].replace("P1,A1,28.35", "P1,A1,28.30")

    await bring(database, shop(tmp_path, payments=changed))

    after = await books(database)
    new = [each.minor for each in after if each not in before]
    assert sorted(new) == [-2835, 2830]


async def test_an_import_that_was_cut_off_before_it_posted_is_made_good(
    database: Database, tmp_path: Path
):
    await bring(database, shop(tmp_path))
    posted = await books(database)
    await database.delete(POSTINGS.name, {"_id": {"$in": [each.id for each in posted[:2]]}})

    report = await bring(database, tmp_path)

    assert report.writes == 0
    assert await books(database) == posted

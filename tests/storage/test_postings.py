"""The ledger takes what balances, once, and forgets nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pymongo.errors import WriteError

from adapters import demo
from adapters.demo import Size
from domain import ledger
from domain.money import Currency
from storage.mongo.driver import Database, Taken
from storage.mongo.ledger import POSTINGS
from storage.mongo.payments import PAYMENTS, payment_document
from storage.mongo.posting import post
from tests.conftest import UNTIL
from tests.making import a_payment, an_operation

CAPTURED = a_payment(an_operation("CAPTURE", "SUCCEEDED", 70, provider_ref="cap"))
[POSTING] = ledger.missing(CAPTURED, ())
REF = "stripe:cap"


def posting_with(*lines: tuple[int, str]) -> dict[str, Any]:
    rows = [{"account": f"a{n}", "minor": m, "currency": c} for n, (m, c) in enumerate(lines)]
    return {**POSTINGS.document(POSTING), "lines": rows}


async def total(database: Database) -> Mapping[tuple[str, Currency], int]:
    rows = await database.find(POSTINGS.name, {})
    found = {(line["account"], line["currency"]): 0 for row in rows for line in row["lines"]}
    for row in rows:
        for line in row["lines"]:
            found[line["account"], line["currency"]] += line["minor"]
    return found


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [(0, "SEK")],
        [(1, "SEK"), (1, "SEK")],
        [(1, "SEK"), (-1, "EUR")],
        [(5, "SEK"), (-5, "SEK"), (1, "EUR")],
        [(1.5, "SEK"), (-1.5, "SEK")],
        [(2**53, "SEK"), (-(2**53), "SEK")],
    ],
)
async def test_the_database_refuses_what_does_not_balance(database: Database, lines: Any):
    with pytest.raises(WriteError):
        await database.put(POSTINGS.name, posting_with(*lines))


async def test_each_currency_balances_by_itself(database: Database):
    lines = [(5, "SEK"), (-3, "SEK"), (-2, "SEK"), (7, "EUR"), (-7, "EUR")]

    await database.put(POSTINGS.name, posting_with(*lines))

    assert await database.count(POSTINGS.name, {}, cap=2) == 1


async def test_a_transfer_is_posted_at_most_once(database: Database):
    await database.put(POSTINGS.name, POSTINGS.document(POSTING))

    with pytest.raises(Taken):
        await database.put(POSTINGS.name, POSTINGS.document(POSTING))


async def test_what_came_by_files_is_posted_once_and_followed(database: Database):
    await database.put(PAYMENTS.name, payment_document(CAPTURED))
    await post(database, [REF])
    await post(database, [REF])
    assert await database.count(POSTINGS.name, {}, cap=9) == 1

    corrected = a_payment(an_operation("CAPTURE", "SUCCEEDED", 65, provider_ref="cap"))
    await database.replace(PAYMENTS.name, payment_document(corrected))
    await post(database, [REF])

    assert sorted((await total(database)).values()) == [-65, 65]
    assert await database.count(POSTINGS.name, {}, cap=9) == 3


async def test_unknown_references_have_nothing_to_post(database: Database):
    await post(database, ["stripe:nothing"])
    await post(database, [])

    assert await database.count(POSTINGS.name, {}, cap=1) == 0


def test_the_demo_shop_has_its_books_in_order():
    shop = demo.shop(UNTIL, Size(customers=20, orders=90, products=42))
    paid = {each.id: each for each in shop.payments}

    assert {each.payment_id for each in shop.postings} == {
        each.id for each in shop.payments if each.standing.captured
    }
    for payment in shop.payments:
        mine = [each for each in shop.postings if each.payment_id == payment.id]
        assert list(ledger.missing(paid[payment.id], mine)) == []

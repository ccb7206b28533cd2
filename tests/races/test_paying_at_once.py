"""Many report, and many give back at once: nothing counts twice, and nobody gives too much."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from storage.mongo.payments import PAYMENTS
from tests.races.books import check_books
from tests.trading import Trading, money, tender


async def test_60_refunds_at_once_give_back_no_more_than_was_taken(stall: Trading):
    payment = (await stall.do("recordPayment", **tender(100_00)))["payment"]["id"]

    answers = await asyncio.gather(
        *(stall.do("recordRefund", n % 3, payment=payment, amount=money(7_00)) for n in range(60))
    )

    codes = Counter(each["userErrors"][0]["code"] for each in answers if each["userErrors"])
    assert codes == {"AMOUNT_EXCEEDS_REFUNDABLE": 46}
    refunds = {each["refund"]["id"] for each in answers if each["refund"]}
    assert len(refunds) == 14
    [sums] = await check_books(stall)
    assert sums["refunded"] == 98_00


async def test_a_capture_reported_by_40_at_once_is_taken_once(stall: Trading):
    given = {**tender(), "providerRef": "cap"}

    answers = await asyncio.gather(
        *(stall.do("recordPayment", n % 3, **given, sourceEvent=f"evt_{n % 4}") for n in range(40))
    )

    assert {each["payment"]["id"] for each in answers if not each["userErrors"]} == {
        answers[0]["payment"]["id"]
    }
    [sums] = await check_books(stall)
    assert sums["captured"] == 100_00
    [payment] = await stall.database.find(PAYMENTS.name, {})
    [operation] = payment["operations"]
    assert operation["source_events"] == [f"evt_{n}" for n in range(4)]


async def test_copies_of_one_request_at_once_move_money_once(stall: Trading):
    given = {**tender(), "idempotencyKey": "once"}

    answers = await asyncio.gather(*(stall.do("recordPayment", n % 3, **given) for n in range(30)))

    assert len({str({**each, "replayed": 0}) for each in answers}) == 1
    [sums] = await check_books(stall)
    assert sums["captured"] == 100_00


async def test_two_clerks_at_two_tills_cannot_both_give_all_of_it_back(stall: Trading):
    for _ in range(6):
        payment = (await stall.do("recordPayment", **tender(50_00)))["payment"]["id"]
        answers = await asyncio.gather(
            *(stall.do("recordRefund", n, payment=payment, amount=money(50_00)) for n in range(2))
        )
        assert sorted(len(each["userErrors"]) for each in answers) == [0, 1]
    await check_books(stall)


async def test_news_in_any_order_by_any_gateway_come_to_the_same(stall: Trading):
    news = [
        {"operation": "AUTHORISE", "providerRef": "a", "phase": "REQUESTED"},
        {"operation": "AUTHORISE", "providerRef": "a"},
        {"providerRef": "b", "phase": "FAILED"},
        {"providerRef": "c", "phase": "UNKNOWN"},
        {"providerRef": "c", "amount": money(70_00)},
        {"operation": "REFUND", "providerRef": "d", "amount": money(20_00)},
        {"operation": "REFUND", "providerRef": "d", "amount": money(20_00), "phase": "REVERSED"},
        {"operation": "REFUND", "providerRef": "e", "amount": money(10_00)},
        {"operation": "CHARGEBACK", "providerRef": "f", "amount": money(5_00)},
    ]
    seen = []
    for n in range(4):
        # A payment each; all that is told of it is a fact.
        names = {"originalRef": f"first-{n}"}
        asked = [{**each, "providerRef": f"{each['providerRef']}-{n}"} for each in news] * 2
        first = {**tender(), "operation": "AUTHORISE", "providerRef": f"first-{n}"}
        await stall.do("recordPayment", **first, phase="FAILED")
        random.Random(n).shuffle(asked)
        await asyncio.gather(
            *(
                stall.do(
                    "recordPayment", i % 3, **tender(), **names, **each, sourceEvent=f"evt_{i}"
                )
                for i, each in enumerate(asked)
            )
        )
    seen = await check_books(stall)

    assert len(seen) == 4
    assert all(each == seen[0] for each in seen)
    assert seen[0] == {
        "authorised": 100_00,
        "captured": 70_00,
        "cancelled": 0,
        "refunded": 10_00,
        "refund_pending": 0,
        "disputed": 5_00,
    }

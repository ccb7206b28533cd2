"""Whom a payment belongs to, and whose card it was: the same, whatever is told first."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.channels.people import account_key
from domain.customers import EvidenceStrength
from domain.money import Money
from domain.payments import Card
from storage.mongo.customers import CUSTOMERS
from storage.mongo.payments import PAYMENTS
from tests.channels.landed import clear, state_of, story_of
from tests.channels.test_told_sales import (
    AT,
    BANK,
    BY_BANK,
    BY_SHOP,
    EUR,
    SHOP,
    a_payment,
    a_sale,
    after,
    mail,
    someone,
    taken,
    tell,
)
from tests.trading import Trading

CARD = Card(
    tried_at=AT, attempt="ch_1", brand="visa", last4="4242", expires="2031-08", fingerprint="a" * 64
)
OTHER = Card(tried_at=after(1), attempt="ch_0", brand="amex", last4="0005", fingerprint="b" * 64)
ACCOUNT = account_key(BANK.channel_id, "cus_1")
FOR_THE_ORDER = a_payment(
    "pi_1", taken("ch_1", 25_00), payer=ACCOUNT, order="shop:order:9001", card=CARD
)
TOLD = [
    (BY_SHOP, a_sale()),
    (BY_BANK, someone("cus_1", mail("ada@example.com", EvidenceStrength.WEAK))),
    (BY_BANK, FOR_THE_ORDER),
    (BY_BANK, a_payment("pi_2", taken("ch_2", 3_00), amount=Money(3_00, EUR), payer=ACCOUNT)),
    (BY_BANK, a_payment("pi_3", taken("ch_3", 4_00), payer=ACCOUNT, card=OTHER)),
    (BY_BANK, a_payment("pi_3", taken("ch_3", 4_00), payer=ACCOUNT, card=CARD, as_of=after(2))),
    (
        BY_BANK,
        a_payment(
            "pi_4", taken("ch_4", 5_00), payer=account_key(BANK.channel_id, "cus_9"), card=CARD
        ),
    ),
    (BY_SHOP, a_sale(as_of=after(3), raw_status="fulfilled")),
]


@pytest.fixture(autouse=True)
async def nobody(stall: Trading) -> AsyncIterator[None]:
    await clear(stall.database)
    yield
    await clear(stall.database)


async def books(shop: Trading) -> tuple[dict[str, Any], dict[str, Any]]:
    """Payments by the provider's names, and people by their numbers."""
    payments = await shop.database.find(PAYMENTS.name, {})
    people = await shop.database.find(CUSTOMERS.name, {})
    return (
        {each["refs"][0]["value"]: each for each in payments},
        {each["number"]: each for each in people},
    )


def hashes(person: dict[str, Any]) -> list[str]:
    cards = [each for each in person["identities"] if each["kind"] == "CARD_FINGERPRINT"]
    return [each["value"][0] for each in cards]


@pytest.mark.parametrize("seed", range(12))
async def test_order_and_repetition_do_not_matter(shelf, stall, seed):
    await clear(shelf.database)
    await tell(shelf, *TOLD)
    dice = random.Random(seed)
    shuffled = [each for each in TOLD for _ in range(dice.randint(1, 3))]
    dice.shuffle(shuffled)

    await tell(stall, *shuffled)

    assert await state_of(stall) == await state_of(shelf)
    assert await story_of(stall) == await story_of(shelf)


async def test_a_payment_is_of_whom_its_order_is_and_else_of_whose_account_paid(stall):
    await tell(stall, *TOLD)

    payments, people = await books(stall)
    buyer, account = people["web-nl-c1"]["_id"], people["bank-cus_1"]["_id"]
    assert {ref: each["customer_id"] for ref, each in payments.items()} == {
        "pi_1": buyer,
        "pi_2": account,
        "pi_3": account,
        "pi_4": None,
    }
    assert {payments[ref]["payer_id"] for ref in ("pi_1", "pi_2", "pi_3")} == {account}


async def test_a_card_is_evidence_of_who_owns_the_account_and_of_who_bought(stall):
    await tell(stall, *TOLD)

    payments, people = await books(stall)
    assert hashes(people["web-nl-c1"]) == ["a"]
    assert {"a"} <= set(hashes(people["bank-cus_1"])) <= {"a", "b"}
    assert payments["pi_3"]["card"]["attempt"] == "ch_0", "the attempt that was made last"


async def test_an_order_without_a_customer_leaves_a_payment_with_who_paid(stall):
    await tell(stall, *TOLD[1:3], (BY_SHOP, a_sale(customer=None)))

    payments, people = await books(stall)
    assert payments["pi_1"]["order_id"]
    assert payments["pi_1"]["customer_id"] == people["bank-cus_1"]["_id"]


async def test_a_payment_may_name_its_payer_by_another_channels_account(stall):
    payment = a_payment("pi_1", taken("ch_1", 25_00), payer=account_key(SHOP.channel_id, "c1"))

    await tell(stall, (BY_BANK, payment), (BY_SHOP, a_sale()))

    payments, people = await books(stall)
    assert payments["pi_1"]["order_id"] is None
    assert payments["pi_1"]["customer_id"] == people["web-nl-c1"]["_id"]


async def test_what_is_told_of_an_account_again_forgets_no_card(stall):
    await tell(stall, *TOLD)

    await tell(stall, (BY_BANK, someone("cus_1", as_of=after(9))))

    _, people = await books(stall)
    assert "a" in hashes(people["bank-cus_1"])

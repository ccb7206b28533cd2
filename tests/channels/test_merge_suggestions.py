"""What several channels know of people becomes suggestions, for those who may decide."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from domain.customers import Consent, ConsentPurpose, Customer, EvidenceStrength, Identity
from domain.customers import IdentityKind as Kinds
from domain.ids import ChannelId, Kind
from domain.viewer import Role
from gateway import auth
from storage.mongo.customers import CUSTOMERS, customer_document
from tests.channels.landed import clear
from tests.channels.test_told_sales import AT, BY_BANK, BY_SHOP, mail, someone, tell
from tests.making import new_id
from tests.trading import CLERKS, FINANCE, NOBODY, PARTNER, SUPPORT, Trading

ASKED = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { number mergeSuggestions {
  score conflicts other { number displayName } evidence { kind masked strength walletToken }
} } } }"""
WEAK_MAIL = mail("ADA@example.com", EvidenceStrength.WEAK)
WEB = ChannelId(new_id(Kind.CHANNEL, 0))


@pytest.fixture(autouse=True)
async def nobody(stall: Trading) -> AsyncIterator[None]:
    await clear(stall.database)
    yield
    await clear(stall.database)


async def suggested(shop: Trading, *people: str, token: str = SUPPORT) -> list[list[Any]]:
    found = await shop.kassa.ask(ASKED, token, ids=list(people))
    return [each and each["mergeSuggestions"] for each in found["nodes"]]


async def known(shop: Trading) -> dict[str, str]:
    """Ids of all people, by number."""
    return {each["number"]: each["_id"] for each in await shop.database.find(CUSTOMERS.name, {})}


async def two_adas(shop: Trading) -> list[str]:
    """One from the shop, whose address is confirmed, and one who claims the same at the bank."""
    await tell(
        shop,
        (BY_SHOP, someone("c1", mail("ada@example.com"))),
        (BY_BANK, someone("cus_1", WEAK_MAIL, display_name="Ada")),
    )
    people = await known(shop)
    return [people["web-nl-c1"], people["bank-cus_1"]]


async def kept(shop: Trading, people: Sequence[Customer]) -> list[str]:
    await shop.database.insert(CUSTOMERS.name, [customer_document(each) for each in people])
    return [each.id for each in people]


def crowd(count: int, *identities: Identity, allows: bool = True) -> list[Customer]:
    """People who have all of this in common."""
    consent = Consent(ConsentPurpose.CARD_RECOGNITION, allows, AT, WEB)
    return [
        Customer(
            id=new_id(Kind.CUSTOMER, 100 + n),
            updated_at=AT,
            number=f"X{n}",
            display_name="Eve",
            identities=identities,
            consents=(consent,),
        )
        for n in range(count)
    ]


async def test_what_was_claimed_becomes_a_suggestion_and_nobody_is_merged(stall):
    first, second = await two_adas(stall)

    [[of_first], [of_second]] = await suggested(stall, first, second)

    assert first != second
    assert (of_first["score"], of_second["score"]) == (
        60,
        60,
    )  # 40 for the address, 20 for the name
    assert of_first["other"] == {"number": "bank-cus_1", "displayName": "Ada"}
    assert of_first["evidence"] == [
        {"kind": "EMAIL", "masked": "ada@example.com", "strength": "WEAK", "walletToken": False}
    ]
    assert [each["strength"] for each in of_second["evidence"]] == ["STRONG"]
    assert of_first["conflicts"] == []


async def test_what_speaks_against_it_is_said(stall):
    await tell(
        stall,
        (BY_BANK, someone("cus_1", WEAK_MAIL, display_name="Ada")),
        (BY_BANK, someone("cus_2", WEAK_MAIL, display_name="Bob")),
    )

    [[found]] = await suggested(stall, (await known(stall))["bank-cus_1"])

    assert found["conflicts"] == ["A channel knows them as two.", "Their names differ."]


@pytest.mark.parametrize(
    "token",
    [CLERKS[0], FINANCE, auth.token(Role.SHOPPER, new_id(Kind.CUSTOMER, 100)), PARTNER, NOBODY],
)
async def test_for_all_others_there_are_none(stall, token):
    found = await kept(stall, crowd(2, Identity(Kinds.EMAIL, "e@x.example", EvidenceStrength.WEAK)))

    answers = await suggested(stall, *found, token=token)

    assert [each for each in answers if each] == []


async def test_a_card_that_both_allow_to_be_recognised_counts(stall):
    card = Identity(
        Kinds.CARD_FINGERPRINT, "f" * 64, EvidenceStrength.WEAK, WEB, label="visa ••4242"
    )
    found = await kept(stall, crowd(2, card))

    [[of_first], _] = await suggested(stall, *found)

    assert of_first["score"] == 45
    assert [each["masked"] for each in of_first["evidence"]] == ["visa ••4242"]

    await stall.database.delete(CUSTOMERS.name, {})
    found = await kept(stall, crowd(2, card, allows=False))
    assert await suggested(stall, *found) == [[], []]


@pytest.mark.parametrize("count", [10, 11, 300])
async def test_what_a_crowd_shares_is_no_evidence(stall, count):
    found = await kept(
        stall, crowd(count, Identity(Kinds.EMAIL, "till@shop.example", EvidenceStrength.WEAK))
    )

    [suggestions] = await suggested(stall, found[0])

    assert len(suggestions) == (9 if count == 10 else 0)

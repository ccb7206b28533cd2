"""Who might be the same person is told to who serves people, by three reads, and to nobody else."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.customers import IdentityKind
from domain.shop import Shop
from tests.client import Client
from tests.storage.listening import Told

ASKED = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { mergeSuggestions {
  score conflicts other { id } evidence { kind }
} } } }"""


@pytest.fixture(scope="module")
def relatives(shop: Shop) -> list[str]:
    """People whose telephone is somebody else's, too."""
    phones = Counter(
        each.value
        for customer in shop.customers
        for each in customer.identities
        if each.kind is IdentityKind.PHONE
    )
    return [
        customer.id
        for customer in shop.customers
        if any(phones[each.value] in range(2, 9) for each in customer.identities)
    ]


@pytest.mark.parametrize("viewer", ["support", "system", "support, merging"])
async def test_who_serves_people_is_told(kassa: Client, relatives: list[str], viewer: str):
    found = await kassa.ask(ASKED, viewer, ids=relatives[:5])

    suggestions = [each for node in found["nodes"] for each in node["mergeSuggestions"]]
    assert {bool(node["mergeSuggestions"]) for node in found["nodes"]} == {True}
    assert all(each["other"] for each in suggestions)
    assert {bool(each["evidence"]) for each in suggestions} == {viewer != "support, merging"}


async def test_nobody_else_is(kassa: Client, relatives: list[str], viewers):
    told = {"support", "system", "support, merging"}
    for viewer in viewers.keys() - told:
        found = await kassa.ask(ASKED, viewer, ids=relatives[:5])

        assert not [each for each in found["nodes"] if each and each["mergeSuggestions"]], viewer


@pytest.mark.parametrize("count", [1, 30])
async def test_three_reads_tell_it_for_however_many(
    kassa: Client, relatives: list[str], told: Told, count: int
):
    told.heard()

    found = await kassa.ask(ASKED, "support", ids=relatives[:count])

    assert len(found["nodes"]) == count
    assert len(told.heard()) == 3  # those asked for, those who are alike, and the others as shown

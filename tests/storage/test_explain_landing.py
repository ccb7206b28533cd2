"""What channels tell of is found by their names for it, from an index."""

from __future__ import annotations

import pytest

from domain.customers import IdentityKind
from domain.shop import Shop
from tests.storage.explaining import Asker, documents_read, without_scans

QUESTIONS = {
    "people": lambda r, s: r.people(
        ["chn_1:7"], {(IdentityKind.EMAIL, s.customers[0].identities[0].value)}
    ),
    "person": lambda r, s: r.person(s.customers[0].id),
    "paid_by": lambda r, _: r.paid_by("chn_1:7"),
    "order": lambda r, s: r.order([f"{e.system}:{e.kind}:{e.value}" for e in s.orders[0].refs]),
    "numbered": lambda r, s: r.numbered(s.orders[0].number),
    "payments": lambda r, s: r.payments(
        s.orders[0].id, ["shop:order:9001", "bank:payment:ch_1", "shop:payment:2"]
    ),
    "product": lambda r, s: r.product(s.products[0].sku),
    "level": lambda r, s: r.level(s.stock_levels[0].sku, s.stock_levels[0].location_id),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_what_a_channel_means_is_all_that_is_read(asker: Asker, shop: Shop, question: str):
    found, answers = await asker.explained(QUESTIONS[question](asker.records, shop))

    without_scans(answers)
    # What is found in one of several ways is fetched once more when all of them are joined.
    assert documents_read(answers) <= 2 * (len(found) if isinstance(found, list) else 1)

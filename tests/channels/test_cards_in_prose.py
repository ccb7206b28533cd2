"""A card number that somebody wrote at a channel is kept nowhere, and nothing else is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shopify import CAPABILITIES as SHOPIFY
from adapters.stripe.translate.words import CAPABILITIES as STRIPE
from adapters.till import CAPABILITIES as TILL
from domain import cards
from domain.cards import MASK
from domain.channels.prose import COMMON, without_cards
from tests.channels.paying import event, movement, payment
from tests.channels.tilling import batch, mug, sale
from tests.commands.test_imported_cards import everything

CARD = "4111 1111 1111 1111"
DIGITS = CARD.replace(" ", "")
ESCAPED = "".join(f"\\u{ord(each):04x}" for each in DIGITS)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


async def test_a_note_is_kept_without_it_and_the_payment_is_known(desk):
    paid = payment("pp_1", 5_00, movement("mv_1", "take", 5_00), note=f"Ada, {CARD}, 12/29")
    body = event("ev_1", "payment.changed", payment=paid)

    answers = [await desk.deliver(body), await desk.deliver(body)]
    await desk.work()

    assert [each.status_code for each in answers] == [200, 200]
    [row] = await desk.rows()
    assert json.loads(row["body"])["payment"] == {**paid, "note": f"Ada, {MASK}, 12/29"}
    [known] = await desk.payments()
    assert known["standing"]["captured"] == 5_00
    kept = await everything(desk.database)
    assert CARD not in kept
    assert DIGITS not in kept


async def test_what_a_till_tells_again_is_the_same(tills):
    told = batch(sale(1, mug(name=f"Mug {CARD}"), customer={"ref": "c1", "name": CARD}))

    await tills.deliver(told)
    await tills.work()
    answer = (await tills.deliver(told)).json()

    assert [each["outcome"] for each in answer["entries"]] == ["ACCEPTED"]
    assert await tills.incidents(kind="OFFLINE_CONFLICT") == []
    [order] = await tills.orders()
    assert order["lines"][0]["name"] == f"Mug {MASK}"
    assert CARD not in await everything(tills.database)


@pytest.mark.parametrize(
    ("prose", "path"),
    [
        (SHOPIFY.prose, ["note"]),
        (SHOPIFY.prose, ["note_attributes", 0, "value"]),
        (SHOPIFY.prose, ["line_items", 0, "properties", 0, "value"]),
        (SHOPIFY.prose, ["shipping_address", "address2"]),
        (STRIPE.prose, ["data", "object", "description"]),
        (STRIPE.prose, ["data", "object", "billing_details", "name"]),
        (STRIPE.prose, ["data", "object", "evidence", "uncategorized_text"]),
        (TILL.prose, ["entries", 0, "customer", "name"]),
        (TILL.prose, ["entries", 0, "refunds", 0, "reason"]),
    ],
)
@pytest.mark.parametrize("number", [f'"{CARD}"', DIGITS, f'"{ESCAPED}"'])
def test_it_is_seen_wherever_people_write(prose, path, number):
    inner = number
    for key in reversed(path):
        inner = f"[{inner}]" if key == 0 else f'{{"{key}": {inner}}}'
    body = f'{{"id": 5501234567890, "of": {inner}}}'.encode()

    found = json.loads(without_cards(body, prose))

    assert found["id"] == 5501234567890
    value = found["of"]
    for key in path:
        value = value[key]
    assert value == MASK


def test_names_of_things_stay_as_they_are():
    body = b'{ "id": 4111111111111111, "gid": "gid://shopify/Order/4111111111111111", "note": "x" }'

    assert without_cards(body, COMMON) is body


@pytest.mark.parametrize("body", [b"", b"{", b"id=4111111111111111", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_stays_as_it_came(body):
    assert without_cards(body, COMMON) is body


@given(ANY)
def test_where_there_is_none_nothing_changes(value):
    body = json.dumps({"note": value, "more": {"text": [value]}}).encode()

    kept = without_cards(body, COMMON)

    if kept is not body:
        assert cards.within(repr(value))

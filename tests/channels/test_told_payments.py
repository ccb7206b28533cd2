"""What a channel tells of payments ends in one state, however often and in whatever order."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from commands.channels import payments as telling
from commands.channels.payments import Awaited, Teller
from domain.channels.accounts import Account
from domain.channels.inbound import Delivery, Fact, Snapshot
from domain.ids import ChannelId, Kind
from domain.refusals import Refused
from storage.mongo.integrity import Checker
from storage.mongo.ledger import POSTINGS
from storage.mongo.payments import PAYMENTS
from tests.channels import penny
from tests.channels.conformance import NOW, Down, Trouble
from tests.channels.paying import AT, event, movement, payment
from tests.making import new_id
from tests.trading import Trading

ACCOUNT = Account(name="penny-nl", channel_id=ChannelId(new_id(Kind.CHANNEL, 0)), account="acct_nl")
BY = Teller("penny", ACCOUNT, "penny-nl:ev")
ADAPTER = penny.adapter(ACCOUNT, Down(Trouble.UNAVAILABLE))

LATER = (AT + timedelta(minutes=5)).isoformat()
PROMISED = movement("mv_1", "promise", 9_00)
TAKEN = movement("mv_2", "take", 9_00, of="mv_1")
ASKED = movement("mv_3", "give_back", 4_00, "asked", of="mv_2")
GIVEN = movement("mv_3", "give_back", 4_00, of="mv_2", at=LATER)
FAILED = movement("mv_4", "give_back", 1_00, of="mv_2")
UNDONE = movement("mv_4", "give_back", 1_00, "undone", of="mv_2", at=LATER)

BODIES = [
    event("ev_1", "payment.changed", payment=payment("pp_1", 8_00, PROMISED)),
    event("ev_2", "payment.changed", payment=payment("pp_1", 9_00, PROMISED, changed=LATER)),
    *(
        event(f"ev_{n}", "payment.moved", payment_id="pp_1", movement=each)
        for n, each in enumerate((TAKEN, ASKED, GIVEN, FAILED, UNDONE), 3)
    ),
]


def news_of(body: bytes):
    found = ADAPTER.parse(Delivery(endpoint="penny-nl", headers={}, body=body, received_at=NOW))
    return found[0]


async def tell(shelf: Trading, *bodies: bytes) -> None:
    """Tell all of it; a fact that comes too early waits."""
    waiting = list(bodies)
    while waiting:
        body = waiting.pop(0)
        try:
            match news_of(body):
                case Snapshot(told):
                    await telling.tell(shelf.stores, BY, told)
                case Fact(ref, operation):
                    await telling.add(shelf.stores, BY, ref, operation)
        except Awaited:
            waiting.append(body)


async def told_of(shelf: Trading):
    """The payments without what only says how often they were written, and what is posted."""
    rows = await shelf.database.find(PAYMENTS.name, {})
    hidden = {"version", "updated_at", "outbox", "pending_since"}
    states = [{k: v for k, v in row.items() if k not in hidden} for row in rows]
    for state in states:
        state["operations"] = sorted(state["operations"], key=lambda each: each["id"])
    sums: dict[tuple[str, str], int] = {}
    for posting in await shelf.database.find(POSTINGS.name, {}):
        for line in posting["lines"]:
            key = (line["account"], line["currency"])
            sums[key] = sums.get(key, 0) + line["minor"]
    return states, {key: minor for key, minor in sums.items() if minor}


@pytest.mark.parametrize("seed", range(6))
async def test_order_and_repetition_do_not_matter(shelf, stall, seed):
    await tell(shelf, *BODIES)
    dice = random.Random(seed)
    shuffled = [body for body in BODIES for _ in range(dice.randint(1, 4))]
    dice.shuffle(shuffled)

    await tell(stall, *shuffled)

    assert await told_of(stall) == await told_of(shelf)


async def test_it_is_what_was_told(shelf):
    await tell(shelf, *BODIES)

    [paid] = await shelf.database.find(PAYMENTS.name, {})
    assert (paid["minor"], paid["standing"]["state"]) == (9_00, "PARTLY_REFUNDED")
    assert (paid["standing"]["captured"], paid["standing"]["refunded"]) == (9_00, 4_00)
    assert {each["raw_status"] for each in paid["operations"]} == {"done", "undone"}
    assert paid["merchant_account"] == "acct_nl"


async def test_the_second_time_nothing_is_written(shelf):
    await tell(shelf, *BODIES)
    before = await shelf.picture()

    await tell(shelf, *BODIES)

    assert await shelf.picture() == before


async def test_the_journal_names_the_channel(shelf):
    await tell(shelf, *BODIES[:1])

    entry = (await shelf.told())[-1]
    assert entry["actor"]["kind"] == "ADAPTER"
    assert entry["actor"]["id"] == "penny-nl"
    assert entry["cause"] == "penny-nl:ev"


async def test_a_fact_of_a_payment_that_nobody_knows_waits(shelf):
    with pytest.raises(Awaited):
        await telling.add(shelf.stores, BY, "pp_9", news_of(BODIES[2]).operation)

    assert await shelf.database.find(PAYMENTS.name, {}) == []


async def test_another_currency_is_refused_and_leaves_no_trace(shelf):
    await tell(shelf, BODIES[0])
    before = await shelf.picture()
    other = event("ev_9", "payment.moved", payment_id="pp_1", movement={**TAKEN, "currency": "SEK"})

    with pytest.raises(Exception, match="SEK") as refusal:
        await tell(shelf, other)

    assert isinstance(refusal.value, Refused) or refusal.value.reason == "CURRENCY_MISMATCH"
    assert await shelf.picture() == before


async def test_what_must_always_be_true_is(stall):
    await tell(stall, *BODIES)
    await stall.told()

    # The levels and orders of this shop have no beginning in its journal.
    checks = await Checker(stall.database, most=10).all(lambda *_: None)
    broken = [key for each in checks for key in each.ids]
    assert [key for key in broken if not key.startswith(("stk_", "ord_"))] == []
    assert {each.name for each in checks if each.checked} >= {"P1", "P2", "P3", "P4"}

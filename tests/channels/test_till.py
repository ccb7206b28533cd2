"""Tills speak our own protocol: signed, numbered, and answered."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from adapters import till
from domain.channels.accounts import Secret
from domain.channels.numbered import Log, followed
from tests.channels.conformance import Conformance, Example
from tests.channels.test_incidents import RESOLVE, listed
from tests.channels.tilling import (
    MUG,
    PLATE,
    STORE,
    back,
    batch,
    count,
    entry,
    mug,
    payment,
    sale,
    signs,
)
from tests.trading import SUPPORT, counted

BODIES = [
    batch(sale(1), back(2, 1), count(3, 7), payment(4, 5_00, order="shopify:order:9")),
    batch(sale(5, mug(2), customer={"ref": "c1", "email": "ada@example.com"})),
    batch(devices=["till-1"]),
]
UNKNOWN = [
    batch(entry("song", 6)),
    batch(sale(7, mug(colour="blue"), mood="good")),
    batch(sale(8, tenders=[{"tender": "SHELLS", "amount": 100_00}])),
]


class TestTill(Conformance):
    @pytest.fixture
    def example(self) -> Example:
        return Example(opens=till.adapter, signs=signs, bodies=BODIES, unknown=UNKNOWN)


async def test_a_sale_is_an_order_that_is_paid_and_units_that_left(tills):
    answer = await tills.deliver(batch(sale(1, mug(3))))
    assert answer.status_code == 200
    await tills.work()

    [order] = await tills.orders()
    assert (order["number"], order["state"]) == ("till-1-1", "COMPLETED")
    [line] = order["lines"]
    assert (line["sku"], line["handed_over"]) == (MUG, 3)
    assert order["totals"]["grand"]["gross_minor"] == 300_00
    [paid] = await tills.payments()
    assert (paid["order_id"], paid["standing"]["captured"]) == (order["_id"], 300_00)
    assert await tills.shelf() == (7, 7, 0)
    assert await tills.incidents() == []
    assert await tills.faults() == []


async def test_the_answer_tells_what_became_of_each_and_what_is_missing(tills):
    body = batch(sale(1), sale(2, tenders=[]), sale(5, currency="XXY"), devices=["till-9"])
    first = (await tills.deliver(body)).json()
    assert {each["outcome"] for each in first["entries"]} == {"WAITING"}
    await tills.work()

    again = (await tills.deliver(body)).json()

    outcomes = {each["sequence"]: each["outcome"] for each in again["entries"]}
    assert outcomes == {1: "ACCEPTED", 2: "ACCEPTED", 5: "REJECTED"}
    assert "XXY" in again["entries"][-1]["why"]
    assert again["devices"] == [
        {"device": "till-1", "through": 2, "last": 5, "missing": [[3, 4]]},
        {"device": "till-9", "through": 0, "last": 0, "missing": []},
    ]
    later = (await tills.deliver(batch(sale(3), sale(4)))).json()
    await tills.work()
    later = (await tills.deliver(batch(devices=["till-1"]))).json()
    assert later["devices"][0]["through"] == 5


async def test_what_was_sold_is_sold_even_if_there_was_none(tills):
    for n in range(3):
        await tills.deliver(batch(sale(n + 1, mug(6))))
        await tills.work()

    assert await tills.shelf() == (0, 0, 8)
    [incident] = await tills.incidents()
    assert (incident["kind"], incident["subject"]) == ("OVERSOLD", f"{MUG}/{tills.place}")
    assert f"left {MUG!r} at {STORE} short" in incident["detail"]
    assert len(await tills.orders()) == 3
    assert await tills.faults() == []

    await tills.deliver(batch(back(4, 1, 6), back(5, 2, 3)))
    await tills.work()

    assert await tills.shelf() == (1, 1, 0)
    assert await tills.faults() == []


async def test_what_stays_missing_is_seen_by_support_and_closes_when_it_comes(tills):
    await tills.deliver(batch(sale(1), sale(4), sale(6)))
    await tills.work()
    await tills.look_for_gaps()
    assert await tills.incidents() == [], "it may be on its way"

    await tills.wait_for_gaps()
    await tills.look_for_gaps()
    [told] = await listed(tills.shop)
    assert (told["kind"], told["subject"]) == ("OFFLINE_GAP", "stores/till-1")
    assert "2 to 3, 5 did not come" in told["detail"]
    assert "goes on to 6" in told["detail"]

    await tills.deliver(batch(sale(2), sale(5)))
    await tills.work()
    assert len(await listed(tills.shop)) == 1, "3 is missing still"
    await tills.deliver(batch(sale(3)), endpoint="till-one")
    await tills.work()
    assert await listed(tills.shop) == []
    [closed] = await tills.incidents()
    assert closed["resolution"] == "All that was missing is here."


async def test_what_is_lost_for_good_is_told_once_and_what_is_missing_later_again(tills):
    await tills.deliver(batch(sale(2)))
    await tills.work()
    await tills.wait_for_gaps()
    await tills.look_for_gaps()
    [told] = await listed(tills.shop)
    given = {"incident": told["id"], "resolution": "Its disk is broken.", "idempotencyKey": "k"}
    await tills.shop.kassa.ask(RESOLVE, SUPPORT, input=given)

    await tills.deliver(batch(sale(3)))
    await tills.work()
    await tills.wait_for_gaps()
    await tills.look_for_gaps()
    assert await listed(tills.shop) == []

    await tills.deliver(batch(sale(5)))
    await tills.work()
    await tills.wait_for_gaps()
    await tills.look_for_gaps()
    [again] = await listed(tills.shop)
    assert "1, 4 did not come" in again["detail"]


async def test_a_gap_that_came_in_the_meantime_is_told_to_nobody(tills):
    await tills.deliver(batch(sale(2)))
    await tills.work()
    await tills.wait_for_gaps()
    await tills.deliver(batch(sale(1)))
    await tills.work()
    await tills.look_for_gaps()

    assert await tills.incidents() == []


@pytest.mark.parametrize("by", ["what came back", "a count at a till", "a count of ours"])
async def test_what_is_short_no_more_needs_nobody(tills, by):
    await tills.deliver(batch(sale(1, mug(12))))
    await tills.work()
    assert len(await tills.incidents(is_open=True)) == 1

    match by:
        case "what came back":
            await tills.deliver(batch(back(2, 1, 2)))
        case "a count at a till":
            await tills.deliver(batch(count(2, 3)))
        case _:
            seen = (await tills.shop.level())["version"]
            await tills.shop.do("countStock", counts=[counted(3, seen)])
    await tills.work()

    [closed] = await tills.incidents()
    assert (closed["is_open"], (await tills.shelf())[2]) == (False, 0)
    assert closed["resolution"]

    await tills.deliver(batch(sale(3, mug(9), at=datetime.now(UTC).isoformat())))
    await tills.work()
    assert len(await tills.incidents(is_open=True)) == 1, "it is short again"


async def test_what_is_still_owed_stays_open(tills):
    await tills.deliver(batch(sale(1, mug(12)), back(2, 1, 1)))
    await tills.work()

    assert await tills.shelf() == (0, 0, 1)
    assert len(await tills.incidents(is_open=True)) == 1


async def test_what_is_promised_to_others_stays_promised(tills):
    await tills.shop.reserved({"sku": MUG, "location": tills.place, "quantity": 4})
    await tills.deliver(batch(sale(1, mug(8))))
    await tills.work()

    assert await tills.shelf() == (4, 0, 2)
    assert await tills.faults() == []


async def test_goods_and_money_come_back(tills):
    await tills.deliver(batch(back(2, 1, 2)))
    await tills.work()
    assert await tills.shelf() == (10, 10, 0), "it waits for its sale"

    await tills.deliver(batch(sale(1, mug(3))))
    await tills.work()
    await tills.come()
    await tills.work()

    [order] = await tills.orders()
    assert order["lines"][0]["returned"] == 2
    [paid] = await tills.payments()
    assert (paid["standing"]["captured"], paid["standing"]["refunded"]) == (300_00, 200_00)
    assert await tills.shelf() == (9, 9, 0)
    assert await tills.incidents() == []


async def test_goods_without_a_receipt_come_back_and_somebody_is_told(tills):
    await tills.deliver(batch(back(1, None, 2)))
    await tills.work()

    assert await tills.shelf() == (12, 12, 0)
    [incident] = await tills.incidents()
    assert (incident["kind"], "200.00 SEK" in incident["detail"]) == ("NOT_APPLIED", True)


async def test_what_nobody_knows_is_sold_as_the_till_calls_it(tills):
    await tills.deliver(batch(sale(1, mug(sku="SOUP", name="Soup of the day"))))
    await tills.work()

    [order] = await tills.orders()
    assert order["lines"][0]["name"] == "Soup of the day"
    [incident] = await tills.incidents()
    assert "'SOUP'" in incident["detail"]
    assert (incident["subject"], incident["is_open"]) == ("product SOUP", True)


async def test_one_number_for_two_things_is_never_silent(tills):
    await tills.deliver(batch(sale(1, mug(1))))
    await tills.work()
    await tills.deliver(batch(sale(1, mug(2))))
    await tills.work()

    [incident] = await tills.incidents()
    assert incident["kind"] == "OFFLINE_CONFLICT"
    [order] = await tills.orders()
    assert order["lines"][0]["ordered"] == 1
    assert [row["state"] for row in await tills.rows()] == ["APPLIED", "PARKED"]
    told = (await tills.deliver(batch(sale(1, mug(2))))).json()
    assert told["entries"][0]["outcome"] == "CONFLICT"
    assert await tills.shelf() == (9, 9, 0)


async def test_one_that_is_wrong_stops_no_other(tills):
    torn = {**sale(2), "lines": [{"sku": MUG, "quantity": 1.5, "unit": 1}]}
    await tills.deliver(batch(sale(1), torn, entry("song", 3), sale(4)))
    await tills.work()

    assert [each["number"] for each in await tills.orders()] == ["till-1-1", "till-1-4"]
    kinds = sorted(each["kind"] for each in await tills.incidents())
    assert kinds == ["NOT_APPLIED", "UNKNOWN_WORD"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"entries": [1]}',
        batch({"type": "sale"}),
        batch(sale(0)),
        batch(sale(1, device="a b")),
        batch(*(sale(n + 1) for n in range(101))),
        b"[" * 10_000,
    ],
)
async def test_what_is_no_batch_is_told_so_and_kept(tills, body):
    answer = await tills.deliver(body)
    assert answer.status_code == 422
    assert answer.json()["error"]
    await tills.work()
    [row] = await tills.rows()
    assert row["state"] == "PARKED"
    assert await tills.orders() == []


async def test_who_cannot_sign_sells_nothing(tills):
    body = batch(sale(1))
    now = datetime.now(UTC)
    signed = signs(body, tills.secret, now)
    forged = [
        signs(body, Secret("another-secret"), now),
        signs(body, tills.secret, now - timedelta(minutes=6)),
        {**signed, "webhook-id": "msg_2"},
        {**signed, "webhook-timestamp": str(int(signed["webhook-timestamp"]) + 1)},
        {},
    ]
    for headers in forged:
        answer = await tills.http.post("/webhooks/tills", content=body, headers=headers)
        assert answer.status_code == 401
    other = await tills.http.post("/webhooks/tills", content=batch(sale(2)), headers=signed)
    assert other.status_code == 401
    assert await tills.rows() == []


async def test_a_delivery_that_is_sent_again_sells_nothing(tills):
    body = batch(sale(1))
    headers = signs(body, tills.secret, datetime.now(UTC))
    for _ in range(3):
        await tills.http.post("/webhooks/tills", content=body, headers=headers)
        await tills.work()
    assert await tills.shelf() == (9, 9, 0)
    assert len(await tills.payments()) == 1


async def test_a_till_speaks_for_itself_alone(tills):
    answer = await tills.deliver(batch(sale(1, device="till-2")), endpoint="till-one")
    assert answer.status_code == 422
    assert (await tills.deliver(batch(sale(1)), endpoint="till-one")).status_code == 200


async def test_a_clock_that_is_wrong_is_set_right(tills):
    now = datetime.now(UTC)
    stuck = now - timedelta(days=4_000)
    sold = (stuck - timedelta(hours=1)).isoformat()
    await tills.deliver(batch(sale(1, at=sold), sent_at=stuck.isoformat()))
    ahead = (now + timedelta(days=400)).isoformat()
    await tills.deliver(batch(sale(2, at=ahead)))
    await tills.work()

    first, second = await tills.orders()
    assert abs(first["placed_at"] - (now - timedelta(hours=1))) < timedelta(minutes=2)
    assert second["placed_at"] <= datetime.now(UTC)


async def test_a_count_is_of_the_time_when_it_was_taken(tills):
    await tills.deliver(batch(sale(1, at="2026-03-01T10:00:00Z"), device_is="offline"))
    await tills.deliver(batch(sale(2, at="2026-03-01T12:00:00Z")))
    await tills.work()
    await tills.deliver(batch(count(3, 20, at="2026-03-01T11:00:00Z")))
    await tills.work()
    assert await tills.shelf() == (19, 19, 0)

    await tills.deliver(batch(sale(4, mug(5), at="2026-03-01T10:30:00Z")))
    await tills.deliver(batch(count(5, 99, at="2026-03-01T10:45:00Z")))
    await tills.work()
    assert await tills.shelf() == (19, 19, 0), "that was before the count"


async def test_the_payment_of_an_order_of_another_channel_is_taken_at_the_till(tills):
    named = [{"tender": "CARD", "amount": 100_00, "provider": "stripe", "ref": "pi_1"}]
    await tills.deliver(batch(sale(1, tenders=[]), payment(2, 60_00, sale=SALE)))
    await tills.work()
    await tills.deliver(batch(payment(3, 40_00, sale=SALE, tenders=named)))
    await tills.work()

    [order] = await tills.orders()
    [paid] = await tills.payments()
    assert (paid["order_id"], paid["standing"]["captured"]) == (order["_id"], 60_00)
    assert "stripe:payment:pi_1" in order["ref_keys"]


async def test_what_was_never_counted_is_counted_first_at_a_till(tills):
    """A plate that is sold before anybody counted plates takes none away: nobody knows."""
    await tills.deliver(batch(sale(1, mug(2, sku=PLATE), at="2026-03-01T12:00:00Z")))
    await tills.work()
    assert await tills.database.find("stock_levels", {"sku": PLATE}) == []

    await tills.deliver(batch(count(2, 10, PLATE, at="2026-03-01T11:00:00Z")))
    await tills.deliver(batch(sale(3, mug(9, sku=PLATE), at="2026-03-01T13:00:00Z")))
    await tills.work()

    [level] = await tills.database.find("stock_levels", {"sku": PLATE})
    assert (level["on_hand"], level["free"], level["oversold"]) == (0, 0, 1)
    types = [each["type"] for each in await tills.shop.told() if each["aggregate"] == level["_id"]]
    assert types == ["StockOpened", "StockTaken", "StockSold"]
    assert await tills.faults() == []


SALE = {"device": "till-1", "sequence": 1}


async def test_a_payment_is_of_one_order(tills):
    named = [{"tender": "CARD", "amount": 100_00, "provider": "stripe", "ref": "pi_1"}]
    await tills.deliver(batch(sale(1, tenders=named), sale(2, tenders=named)))
    await tills.work()

    assert len(await tills.orders()) == 2
    [incident] = await tills.incidents()
    assert "'stripe:pi_1'" in incident["detail"]


async def test_garbage_is_answered_and_leaves_what_is_there(tills):
    dice = random.Random(3)
    good = json.loads(batch(sale(1), back(2, 1), count(3, 4)))
    for n in range(150):
        made = json.loads(json.dumps(good))
        target = dice.choice(made["entries"])
        target[dice.choice(list(target))] = dice.choice([None, -1, 1.5, "", [], {}, 2**70])
        answer = await tills.deliver(json.dumps({**made, "n": n}).encode())
        assert answer.status_code in {200, 422}
    await tills.work()
    assert await tills.faults() == []


@pytest.mark.parametrize(
    ("through", "later", "log"),
    [
        (0, [], Log("t", 0, 0, ())),
        (0, [1, 2, 3], Log("t", 3, 3, ())),
        (3, [5, 6, 9], Log("t", 3, 9, ((4, 4), (7, 8)))),
        (3, [4, 6], Log("t", 4, 6, ((5, 5),))),
    ],
)
def test_a_log_is_whole_as_far_as_nothing_is_missing(through, later, log):
    assert followed("t", through, later) == log


def test_a_secret_is_that_of_the_standard():
    raw = bytes(range(24))
    secret = Secret(f"whsec_{b64encode(raw).decode()}")
    assert till.webhooks.signature(secret, b"x") == till.webhooks.signature(
        Secret(secret.reveal()), b"x"
    )
    assert till.webhooks.signature(secret, b"x") != till.webhooks.signature(Secret("x" * 8), b"x")

"""What a channel posts is kept before it is acknowledged, applied once, and never lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from commands.channels import applying
from domain.channels.accounts import Secret
from domain.channels.inbox import MOST_ATTEMPTS
from gateway.bootstrap import channels
from gateway.channels.configuring import Keeping, load
from gateway.guarding import Guard
from tests.channels.conftest import CHANNELS, ENVIRONMENT, NOBODY, OLDER, WEBHOOK, desk_over
from tests.channels.paying import event, movement, payment, signs
from tests.trading import SUPPORT

TAKEN = movement("mv_1", "take", 5_00)
PAID = event("ev_1", "payment.changed", payment=payment("pp_1", 5_00, TAKEN))
BACK = event(
    "ev_2", "payment.moved", payment_id="pp_1", movement=movement("mv_2", "give_back", 2_00)
)


async def test_a_delivery_becomes_a_payment(desk):
    answer = await desk.deliver(PAID)
    assert answer.status_code == 200
    [row] = await desk.rows()
    assert (row["state"], row["body"], row["endpoint"]) == ("WAITING", PAID, "penny-nl")

    await desk.work()

    [paid] = await desk.payments()
    assert paid["standing"]["captured"] == 5_00
    [row] = await desk.rows()
    assert row["state"] == "APPLIED"
    assert row["applied_at"]


async def test_the_same_delivery_is_acknowledged_and_applied_once(desk):
    answers = await asyncio.gather(*(desk.deliver(PAID) for _ in range(20)))
    await desk.work()
    again = await desk.deliver(PAID)

    assert {each.status_code for each in (*answers, again)} == {200}
    assert len(await desk.rows()) == 1
    [paid] = await desk.payments()
    assert paid["version"] == 1


@pytest.mark.usefixtures("desk")
async def test_two_accounts_that_call_two_payments_the_same_are_not_mixed(stall, tmp_path):
    path = tmp_path / "two.toml"
    one = CHANNELS.format(url=NOBODY)
    path.write_text(one + one.replace("penny-nl", "penny-be").replace("acct_nl", "acct_be"))
    found = load(path, is_development=True, environ=ENVIRONMENT)
    async with desk_over(stall.database, found) as both:
        await both.deliver(PAID)
        await both.work()
        other = event("ev_9", "payment.changed", payment=payment("pp_1", 7_00, TAKEN))
        await both.deliver(other, endpoint="penny-be")
        await both.work()

        [paid] = await both.payments()
        assert (paid["merchant_account"], paid["standing"]["captured"]) == ("acct_nl", 5_00)
        assert [row["state"] for row in await both.rows()] == ["APPLIED", "PARKED"]
        [incident] = await both.incidents()
        assert "penny-nl has another payment that penny calls 'pp_1'" in incident["detail"]


async def test_both_secrets_are_good(desk):
    assert (await desk.deliver(PAID, OLDER)).status_code == 200
    assert (await desk.deliver(BACK)).status_code == 200


@pytest.mark.parametrize("endpoint", ["penny-nl", "penny-de", "..", "x" * 300])
async def test_who_is_refused_is_not_told_why(desk, endpoint):
    forged = await desk.deliver(PAID, Secret("another-secret-altogether"), endpoint)
    unsigned = await desk.http.post(f"/webhooks/{endpoint}", content=PAID)

    if endpoint != "..":  # which is no endpoint but another path
        assert (forged.status_code, forged.text) == (401, unsigned.text)
        assert unsigned.status_code == 401
    assert await desk.rows() == []


async def test_two_signatures_in_two_headers_are_none(desk):
    signed = signs(PAID, WEBHOOK, datetime.now(UTC))["penny-signature"]
    headers = [("penny-signature", signed), ("penny-signature", signed)]

    answer = await desk.http.post("/webhooks/penny-nl", content=PAID, headers=headers)

    assert answer.status_code == 401


async def test_a_body_without_end_is_not_read(desk):
    async def endless():
        while True:
            yield b"x" * 65_536

    answer = await desk.http.post("/webhooks/penny-nl", content=endless())

    assert answer.status_code == 413
    assert await desk.rows() == []


async def test_only_posts_are_deliveries(desk):
    assert (await desk.http.get("/webhooks/penny-nl")).status_code == 405


async def test_what_cannot_be_read_is_kept_and_parked_with_its_reason(desk):
    answer = await desk.deliver(b'{"id":"ev_1","type":"payment.changed"}')
    torn = await desk.deliver(b"\xff{")
    assert (answer.status_code, torn.status_code) == (200, 200)

    await desk.work()

    rows = await desk.rows(state="PARKED")
    assert len(rows) == 2
    assert all(row["why"] and row["body"] for row in rows)
    assert {each["kind"] for each in await desk.incidents()} == {"NOT_APPLIED"}


async def test_one_that_cannot_be_applied_blocks_no_other(desk):
    await desk.deliver(b"\xff{")
    wrong = movement("mv_9", "take", 5_00, currency="SEK")
    await desk.deliver(PAID)
    await desk.work()
    await desk.deliver(event("ev_9", "payment.moved", payment_id="pp_1", movement=wrong))
    await desk.deliver(BACK)
    await desk.work()

    assert [row["state"] for row in await desk.rows(key={"$in": ["ev_1", "ev_2"]})] == [
        "APPLIED",
        "APPLIED",
    ]
    [parked] = await desk.rows(key="ev_9")
    assert parked["state"] == "PARKED"
    assert "SEK" in parked["why"]


async def test_a_fact_waits_for_its_payment(desk):
    await desk.deliver(BACK)
    await desk.work()
    [waiting] = await desk.rows()
    assert (waiting["state"], waiting["attempts"]) == ("WAITING", 1)

    await desk.deliver(PAID)
    await desk.work()
    await desk.come()
    await desk.work()

    [paid] = await desk.payments()
    assert paid["standing"]["refunded"] == 2_00
    assert {row["state"] for row in await desk.rows()} == {"APPLIED"}


async def test_an_unknown_word_is_kept_as_unknown_and_told_once(desk):
    half = movement("mv_3", "give_back", 1_00, "half")
    for n in range(3):
        body = event(
            f"ev_{n}", "payment.moved", payment_id="pp_1", movement={**half, "id": f"{n}m"}
        )
        await desk.deliver(body)
    await desk.deliver(event("ev_p", "payment.changed", payment=payment("pp_1", 5_00, TAKEN)))
    await desk.deliver(event("ev_q", "payment.polished"))
    await desk.work()
    await desk.come()
    await desk.work()

    [paid] = await desk.payments()
    phases = {(each["phase"], each["raw_status"]) for each in paid["operations"]}
    assert phases == {("SUCCEEDED", "done"), ("UNKNOWN", "half")}
    words = [each["subject"] for each in await desk.incidents(kind="UNKNOWN_WORD")]
    assert sorted(words) == [
        "penny-nl: movement.status = half",
        "penny-nl: type = payment.polished",
    ]
    [polished] = await desk.rows(key="ev_q")
    assert polished["state"] == "PARKED"


async def test_a_worker_that_died_is_followed_by_another(desk):
    await desk.deliver(PAID)
    taken = await desk.parts.inbox.take(["penny-nl"], 10)
    assert len(taken) == 1
    assert await applying.work(desk.parts, desk.lines, 10) == 0

    await desk.come()
    await desk.work()

    assert len(await desk.payments()) == 1


async def test_what_kills_its_workers_is_parked(desk):
    await desk.deliver(PAID)
    for _ in range(2 * MOST_ATTEMPTS):
        await desk.parts.inbox.take(["penny-nl"], 10)
        await desk.come()

    await desk.work()

    [row] = await desk.rows()
    assert row["state"] == "PARKED"
    assert await desk.payments() == []


async def test_bodies_are_forgotten_and_keys_are_not(desk):
    await desk.deliver(PAID)
    await desk.work()
    long_ago = (await desk.parts.stores.now()) - timedelta(days=31)
    await desk.database.change_all("inbox", {}, {"$set": {"received_at": long_ago}})

    await channels.forgetting(desk.parts, Keeping())()
    answer = await desk.deliver(PAID)
    await desk.work()

    [row] = await desk.rows()
    assert (row["body"], row["headers"], row["state"]) == (None, None, "APPLIED")
    assert answer.status_code == 200
    [paid] = await desk.payments()
    assert paid["version"] == 1


def test_deliveries_are_let_in_when_questions_are_not():
    guard = Guard()
    for _ in range(5_000):
        guard.begins()

    assert not guard.admits(b"/graphql", [])
    assert guard.admits(b"/webhooks/penny-nl", [])


async def test_the_graph_shows_what_the_channel_called_it(desk, stall):
    paid = payment("pp_1", 5_00, TAKEN, order="1001")
    await desk.deliver(event("ev_1", "payment.changed", payment=paid))
    await desk.work()

    data = await stall.kassa.ask(
        """{ payment(provider: "penny", providerRef: "pp_1") {
          orderRef merchantAccount state operations { providerRef rawStatus phase } } }""",
        SUPPORT,
    )

    assert data["payment"] == {
        "orderRef": "penny:order:1001",
        "merchantAccount": "acct_nl",
        "state": "CAPTURED",
        "operations": [{"providerRef": "mv_1", "rawStatus": "done", "phase": "SUCCEEDED"}],
    }

"""What happens at Stripe ends in our books, whatever becomes of deliveries, calls and answers."""

from __future__ import annotations

import random
from asyncio import timeout
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.types import ASGIApp

from commands.channels import syncing
from domain.channels import deadlines
from domain.channels.abilities import Thing, Writing
from domain.channels.answers import (
    Accepted,
    Done,
    Found,
    Instruction,
    Missing,
    ReadError,
    Rejected,
    Trouble,
    Unknown,
)
from domain.channels.inbound import Snapshot
from domain.channels.told import PaymentTold
from domain.ids import Kind, OperationId
from domain.integrity.payments import payment_faults
from domain.money import Currency, Money
from domain.payments import OperationKind, OperationPhase, Payment
from domain.ports.channels import CallFailed, Operates
from gateway.channels.configuring import load
from storage.mongo.driver import Database
from storage.mongo.inbox import INBOX
from storage.mongo.incidents import INCIDENTS
from storage.mongo.instructions import INSTRUCTIONS
from storage.mongo.marks import MARKS, MongoMarks
from tests.channels.conftest import Desk, desk_over
from tests.channels.test_told_payments import told_of
from tests.gateway.serving import served
from tests.making import new_id
from tests.peers.stripes import KEY, SECRET, Stripe
from tests.trading import Trading

ENVIRONMENT = {"STRIPE_KEY": KEY, "STRIPE_WEBHOOK": SECRET}
CHANNELS = """
[channels.stripe]
kind = "stripe"
account = "acct_shop"
base_url = "{url}"
key = {{ env = "STRIPE_KEY" }}
secrets = [{{ env = "STRIPE_WEBHOOK" }}]
currency = "EUR"

[channels.stripe.options]
orders_of = "shopify"
calls_per_second = 100
success_url = "https://shop.example/thanks"
"""

REFUND = Writing.REFUND
OURS = OperationId(new_id(Kind.OPERATION, 7))


class Counter(Desk):
    """A gateway with an account at Stripe."""

    endpoint = "stripe"

    async def catch_up(self, peer: Stripe) -> None:
        """Ask for all that has changed since the shop was opened."""
        marks, line = MongoMarks(self.database), self.lines["stripe"]
        told: list[int] = []
        for thing in (Thing.PAYMENT, Thing.CUSTOMER):
            told.clear()
            count = await syncing.backfill(
                self.parts, marks, line, thing, peer.opened_at, told.append
            )
            assert count == sum(told)

    @property
    def application(self) -> ASGIApp:
        """The gateway itself, to be served."""
        return self.http._transport.app

    @property
    def operates(self) -> Operates:
        adapter = self.lines["stripe"].adapter
        assert isinstance(adapter, Operates)
        return adapter


@asynccontextmanager
async def counter_over(
    database: Database, folder: Path, url: str, channels: str = CHANNELS
) -> AsyncIterator[Counter]:
    path = folder / "stripe.toml"
    path.write_text(channels.format(url=url))
    configuration = load(path, is_development=True, environ=ENVIRONMENT)
    for name in (INBOX.name, INCIDENTS.name, MARKS.name, INSTRUCTIONS.name):
        await database.delete(name, {})
    async with desk_over(database, configuration, Counter) as found:
        yield found


@pytest.fixture
async def peer() -> AsyncIterator[Stripe]:
    found = Stripe()
    async with served(found.application) as found.url:
        yield found


@pytest.fixture
async def counter(stall: Trading, tmp_path: Path, peer: Stripe) -> AsyncIterator[Counter]:
    async with counter_over(stall.database, tmp_path, peer.url) as found:
        yield found


async def a_day(peer: Stripe, after_each: Any) -> None:
    """Much of what happens in a shop; each step is told of before the next one, or is not."""
    first = peer.decline()
    await after_each()
    peer.retry(first)
    second = peer.decline(at_once=True)
    await after_each()
    peer.later(minutes=1)
    peer.decline(second, at_once=True, code="payment_intent_payment_attempt_expired")
    await after_each()
    bought = peer.pay(20_00, order_id="1001")
    peer.refund(bought, 5_00)
    await after_each()
    partly, let_go = peer.pay(30_00, capture=False), peer.pay(7_00, capture=False)
    await after_each()
    peer.later(minutes=3)
    peer.capture(partly, 10_00)
    peer.cancel(let_go)
    await after_each()
    bounced = peer.refund(peer.pay(8_00, type="card_present"), 8_00)
    pending = peer.refund(peer.pay(6_00, type="ideal"), 1_00, status="pending")
    await after_each()
    peer.later(minutes=3)
    peer.bounce(bounced["id"])
    peer.arrive(pending["id"])
    await after_each()
    slow = peer.pay(11_00, pending=True, type="sepa_debit")
    ada = peer.register("Ada", email="ada@example.com")
    peer.pay(3_00, customer=ada, fingerprint="FpOfAda", wallet="apple_pay")
    await after_each()
    disputed, kept = peer.dispute(peer.pay(9_00)), peer.dispute(peer.pay(4_00))
    peer.dispute(peer.pay(2_00), inquiry=True)
    await after_each()
    peer.later(minutes=3)
    peer.clear(slow)
    peer.edit(ada, phone="+31612345678")
    peer.decide(disputed, "lost")
    peer.decide(kept, "won")
    await after_each()


async def nothing() -> None: ...


async def state_of(trading: Trading) -> Any:
    """The books, but for when we asked."""
    states, sums = await told_of(trading)
    shown = [{name: row[name] for name in row if name != "observed_at"} for row in states]
    return sorted(shown, key=lambda row: row["_id"]), sums


async def test_a_day_at_stripe_adds_up(counter, peer):
    await a_day(peer, lambda: counter.hear(peer))

    rows = await counter.payments()
    assert len(rows) == len(peer.intents)
    for row in rows:
        [ref] = row["refs"]
        intent = peer.intents[ref["value"]]
        refunds = [each for each in peer.refunds.values() if each["payment_intent"] == intent["id"]]
        given = [
            each["amount"]
            for each in refunds
            if each["balance_transaction"] and each["status"] == "succeeded"
        ]
        assert row["standing"]["captured"] == intent["amount_received"]
        assert row["standing"]["refunded"] == sum(given)
        assert not [*payment_faults(msgspec.convert(row, Payment, str_keys=True, strict=False))]
    states = [row["standing"]["state"] for row in rows]
    assert sorted(states) == sorted(
        [
            *["CAPTURED"] * 7,
            *["DECLINED", "CANCELLED", "CHARGED_BACK"],
            *["PARTLY_REFUNDED"] * 2,
        ]
    )
    assert {row["state"] for row in await counter.rows()} == {"APPLIED"}
    assert [row["kind"] for row in await counter.incidents()] == ["REFUND_FAILED"]


@pytest.mark.parametrize("seed", range(4))
async def test_neither_order_nor_repetition_nor_time_matters(
    counter, peer, stall, shelf, tmp_path, seed
):
    async with counter_over(shelf.database, tmp_path, peer.url) as other:
        await a_day(peer, lambda: other.hear(peer))

    peer.outbox = list(peer.events)
    await counter.hear(peer, random.Random(seed))

    assert await state_of(stall) == await state_of(shelf)


async def test_what_was_lost_is_found_when_asking(counter, peer, stall, shelf, tmp_path):
    async with counter_over(shelf.database, tmp_path, peer.url) as other:
        await a_day(peer, lambda: other.hear(peer))

    assert len(peer.events) > 50, "more than a page"
    await counter.catch_up(peer)

    assert await state_of(stall) == await state_of(shelf)


async def test_what_cannot_be_asked_for_now_is_read_with_its_page_later(counter, peer):
    ref = peer.pay(20_00)
    peer.later(minutes=10)
    peer.refund(ref, 5_00, status="pending")
    peer.opened_at = peer.now
    adapter = counter.lines["stripe"].adapter
    first = await adapter.changes(Thing.PAYMENT, peer.now, None)
    peer.faults += ["", "503", "503", "503"]

    with pytest.raises(CallFailed):
        await adapter.changes(Thing.PAYMENT, peer.now, first.next)

    found = await adapter.changes(Thing.PAYMENT, peer.now, first.next)
    assert [each.told.ref for each in found.news if isinstance(each, Snapshot)] == [ref]


async def turns(counter: Counter, most: int = 100) -> None:
    """So many pages of what changed at Stripe, as a gateway reads them."""
    marks, line = MongoMarks(counter.database), counter.lines["stripe"]
    for _ in range(most):
        if await syncing.turn(counter.parts, marks, line, Thing.PAYMENT):
            return


async def test_one_that_cannot_be_understood_now_waits_and_holds_up_no_other(counter, peer):
    peer.later(days=-2)
    strange, other = peer.pay(20_00), peer.pay(7_00)
    peer.later(days=2)
    for ref in (strange, other):
        peer.refund(ref, 1_00)
    peer.intents[strange]["amount"] = -1

    await turns(counter)

    assert [row["refs"][0]["value"] for row in await counter.payments()] == [other]
    waiting = await counter.rows()
    assert {(row["state"], row["listed"]) for row in waiting} == {("WAITING", True)}
    assert await counter.incidents() == []
    await counter.work()
    assert {row["state"] for row in await counter.rows()} == {"WAITING"}

    peer.intents[strange]["amount"] = 20_00
    await counter.come()
    await counter.work()

    assert {row["state"] for row in await counter.rows()} == {"APPLIED"}
    found = {row["refs"][0]["value"]: row["standing"] for row in await counter.payments()}
    assert found[strange]["refunded"] == found[other]["refunded"] == 1_00


async def test_a_reading_that_is_cut_off_and_goes_on_later_misses_nothing(
    counter, peer, stall, shelf, tmp_path
):
    """Its pages begin with the newest, and what happens meanwhile comes before the first."""
    await a_day(peer, nothing)
    bought = [peer.pay(3_00) for _ in range(60)]
    await turns(counter, most=1)
    assert 0 < len(await counter.payments()) < len(peer.intents), "one page"

    peer.refund(bought[0], 1_00)
    peer.refund(bought[-1], 1_00)
    peer.pay(4_00)
    await turns(counter)
    await counter.database.change_all(MARKS.name, {}, {"$set": {"due": peer.opened_at}})
    await turns(counter)

    peer.outbox = list(peer.events)
    async with counter_over(shelf.database, tmp_path, peer.url) as other:
        await other.hear(peer)
    assert await state_of(stall) == await state_of(shelf)


async def test_the_second_time_nothing_is_written(counter, peer):
    await a_day(peer, lambda: counter.hear(peer))
    before = [(row["_id"], row["operations"]) for row in await counter.payments()]

    peer.outbox = list(peer.events)
    await counter.database.delete(INBOX.name, {})
    await counter.hear(peer)
    await counter.catch_up(peer)

    assert [(row["_id"], row["operations"]) for row in await counter.payments()] == before


async def test_what_is_on_the_events_alone_is_enough_to_begin_with(counter, peer):
    """Those who listen to one event only hear the rest from us asking."""
    ref = peer.pay(20_00, type="card_present")
    peer.outbox = [each for each in peer.outbox if each["type"] == "payment_intent.succeeded"]

    await counter.hear(peer)

    [row] = await counter.payments()
    assert (row["refs"][0]["value"], row["presence"]) == (ref, "PRESENT")
    assert row["standing"]["captured"] == 20_00


async def test_while_stripe_cannot_be_asked_a_hint_waits(counter, peer):
    peer.pay(20_00)
    peer.outbox = [each for each in peer.outbox if each["type"] == "payment_intent.succeeded"]
    peer.faults += ["503"] * 3
    await counter.hear(peer)
    assert [row["state"] for row in await counter.rows()] == ["WAITING"]

    await counter.come()
    await counter.work()

    assert [row["state"] for row in await counter.rows()] == ["APPLIED"]
    assert len(await counter.payments()) == 1


# --- reading


async def test_many_are_fetched_each_with_its_answer(counter, peer):
    refs = [peer.pay(minor) for minor in range(1_00, 1_12)]
    peer.intents["pi_open"] = {**peer.intents[refs[0]], "id": "pi_open", "latest_charge": None}
    keys = [*refs[:6], "pi_nobody", "pi_open", "ch_nobody", "../events", *refs[6:]]

    answers = await counter.lines["stripe"].adapter.fetch_many(Thing.PAYMENT, keys)

    assert [type(each) for each in answers[6:10]] == [Missing] * 4
    found = [each.news.told for each in answers if isinstance(each, Found)]
    assert [each.ref for each in found] == refs
    assert [each.amount.minor for each in found] == [*range(1_00, 1_12)]


async def test_one_that_hangs_keeps_no_other_back(counter, peer):
    refs = [peer.pay(5_00), peer.pay(6_00)]
    peer.faults.append("hang")

    with deadlines.within(1.0):
        answers = await counter.lines["stripe"].adapter.fetch_many(Thing.PAYMENT, refs)

    kinds = {type(each) for each in answers}
    assert kinds == {Found, ReadError}
    [hung] = [each for each in answers if isinstance(each, ReadError)]
    assert hung.trouble is Trouble.TIMEOUT


async def test_a_short_wait_for_our_turn_is_part_of_asking(counter, peer):
    refs = [peer.pay(minor) for minor in range(1_00, 2_30)]

    answers = await counter.lines["stripe"].adapter.fetch_many(Thing.PAYMENT, refs)

    assert {type(each) for each in answers} == {Found}, "more than a hundred in a second"


async def test_who_has_no_time_to_wait_is_told_how_long_it_would_take(counter, peer):
    peer.faults.append("429")

    with deadlines.within(0.5):
        [answer] = await counter.lines["stripe"].adapter.fetch_many(Thing.PAYMENT, [peer.pay(5_00)])

    assert answer == ReadError(Trouble.RATE_LIMITED, "It is asked too often.", 1.0)


async def test_a_charge_without_an_intent_is_a_payment_too(counter, peer):
    ref = peer.pay(5_00)
    charge = peer.charges[peer.intents[ref]["latest_charge"]]
    charge["payment_intent"] = None

    told = await fetched(counter, charge["id"])

    assert told.ref == charge["id"]
    assert [each.kind for each in told.operations] == [
        OperationKind.AUTHORISE,
        OperationKind.CAPTURE,
    ]


async def test_all_refunds_are_fetched_however_many(counter, peer):
    ref = peer.pay(500_00)
    for _ in range(130):
        peer.refund(ref, 1_00)

    told = await fetched(counter, ref)

    refunds = [each for each in told.operations if each.kind is OperationKind.REFUND]
    assert len({each.ref for each in refunds}) == 130


async def test_of_a_promise_taken_in_part_the_rest_is_let_go_and_not_refunded(counter, peer):
    ref = peer.pay(30_00, capture=False)
    peer.capture(ref, 10_00)
    peer.refund(ref, 4_00)

    told = await fetched(counter, ref)

    assert {(each.kind, each.amount.minor) for each in told.operations} == {
        (OperationKind.AUTHORISE, 30_00),
        (OperationKind.CAPTURE, 10_00),
        (OperationKind.CANCEL, 20_00),
        (OperationKind.REFUND, 4_00),
    }


async def test_a_dispute_is_fetched_with_its_payment(counter, peer):
    ref = peer.pay(9_00)
    peer.dispute(ref)

    told = await fetched(counter, ref)

    assert told.operations[-1].kind is OperationKind.CHARGEBACK


async def test_what_cannot_be_read_keeps_no_other_back(counter, peer):
    good = peer.pay(5_00)
    peer.intents[peer.pay(6_00)]["amount"] = -1

    found = await counter.lines["stripe"].adapter.changes(Thing.PAYMENT, peer.opened_at, None)

    told = [each.told.ref for each in found.news if isinstance(each, Snapshot)]
    assert told == [good]
    assert len(found.news) == 2


# --- writing


async def test_a_refund_is_given_once_whatever_becomes_of_the_answer(counter, peer):
    ref = peer.pay(20_00)
    await counter.hear(peer)
    peer.faults.append("lose the answer")

    written = await counter.operates.refund(order(ref, 5_00, reason="requested_by_customer"))
    again = await counter.operates.refund(order(ref, 5_00, reason="requested_by_customer"))

    assert isinstance(written, Done)
    assert written == again
    assert written.operation.operation_id == OURS
    assert [each["amount"] for each in peer.refunds.values()] == [5_00]


async def test_what_was_told_before_the_answer_came_is_the_same_operation(counter, peer):
    ref = peer.pay(20_00)
    written = await counter.operates.refund(order(ref, 5_00))
    peer_event = [each for each in peer.events if each["type"] == "refund.created"][-1]

    assert isinstance(written, Done)
    assert peer_event["data"]["object"]["metadata"] == {"kassa_operation": OURS}
    assert peer_event["request"]["idempotency_key"] == OURS


async def test_a_refund_that_is_done_too_late_is_found(counter, peer):
    ref = peer.pay(20_00)
    peer.faults.append("too late")

    with deadlines.within(1.0):
        written = await counter.operates.refund(order(ref, 5_00))
    async with timeout(10):
        await peer.late.wait()
    found = await counter.operates.observe(REFUND, order(ref, 5_00))

    assert isinstance(written, Unknown)
    assert isinstance(found, Done)
    assert found.operation.operation_id == OURS


@pytest.mark.parametrize("fault", ["hang", "500"])
async def test_a_refund_of_which_nobody_knows_is_looked_up(counter, peer, fault):
    ref = peer.pay(20_00)
    peer.faults += [fault] * 3

    with deadlines.within(1.0):
        written = await counter.operates.refund(order(ref, 5_00))
    peer.faults.clear()

    assert isinstance(written, Unknown)
    assert await counter.operates.observe(REFUND, order(ref, 5_00)) == Missing()
    again = await counter.operates.refund(order(ref, 5_00))
    assert await counter.operates.observe(REFUND, order(ref, 5_00)) == again
    assert len(peer.refunds) == 1


async def test_what_stripe_will_not_do_is_told_with_its_reason(counter, peer):
    ref = peer.pay(20_00)

    assert await counter.operates.refund(order(ref, 21_00)) == Rejected(
        "amount_too_large", "Only 2000 are left."
    )
    captured = await counter.operates.capture(order(ref, 20_00, 8))
    cancelled = await counter.operates.cancel(order(ref, 20_00, 9))
    missing = await counter.operates.cancel(order("pi_nobody", 20_00, 10))
    codes = [each.code for each in (captured, cancelled, missing) if isinstance(each, Rejected)]
    assert codes == [*["payment_intent_unexpected_state"] * 2, "resource_missing"]


async def test_a_key_used_for_something_else_leaves_the_first_as_it_is(counter, peer):
    ref = peer.pay(20_00)
    await counter.operates.refund(order(ref, 5_00))

    other = await counter.operates.refund(order(ref, 6_00))

    assert isinstance(other, Unknown)
    assert [each["amount"] for each in peer.refunds.values()] == [5_00]


async def test_a_promise_is_taken_and_known_as_ours_from_then_on(counter, peer):
    ref = peer.pay(20_00, capture=False)

    assert await counter.operates.observe(Writing.CAPTURE, order(ref, 12_00)) == Missing()
    written = await counter.operates.capture(order(ref, 12_00))
    observed = await counter.operates.observe(Writing.CAPTURE, order(ref, 12_00))
    told = await fetched(counter, ref)

    assert isinstance(written, Done)
    assert (written.operation.amount.minor, written.operation.operation_id) == (12_00, OURS)
    assert isinstance(observed, Done)
    assert observed.operation.ref == written.operation.ref
    [captured] = [each for each in told.operations if each.kind is OperationKind.CAPTURE]
    assert captured.operation_id == OURS


async def test_a_promise_is_let_go(counter, peer):
    ref = peer.pay(20_00, capture=False)

    assert await counter.operates.observe(Writing.CANCEL, order(ref, 20_00)) == Missing()
    written = await counter.operates.cancel(order(ref, 20_00))
    observed = await counter.operates.observe(Writing.CANCEL, order(ref, 20_00))

    told = await fetched(counter, ref)

    assert isinstance(written, Done)
    assert written == observed
    assert written.operation in told.operations
    assert written.operation.operation_id == OURS
    assert peer.intents[ref]["status"] == "canceled"


async def test_a_promise_that_somebody_else_let_go_is_not_ours(counter, peer):
    ref = peer.pay(20_00, capture=False)
    peer.cancel(ref)

    assert await counter.operates.observe(Writing.CANCEL, order(ref, 20_00)) == Missing()
    assert isinstance(await counter.operates.cancel(order(ref, 20_00)), Rejected)


async def test_a_refund_that_takes_its_time_is_accepted(counter, peer):
    ref = peer.pay(20_00, type="ideal")
    given = peer.refund(ref, 5_00, status="pending", metadata={"kassa_operation": OURS})

    observed = await counter.operates.observe(REFUND, order(ref, 5_00))

    assert isinstance(observed, Accepted)
    assert observed.operation.ref == given["id"]
    assert observed.operation.phase is OperationPhase.REQUESTED


async def test_what_cannot_be_paid_to_the_last_unit_is_not_sent(counter, peer):
    ref = peer.pay(20_000, "kwd")
    wanted = msgspec.structs.replace(order(ref, 1), amount=Money(5_124, Currency("KWD")))

    written = await counter.operates.refund(wanted)

    assert isinstance(written, Rejected)
    assert "5.124 KWD" in written.why
    assert ("POST", "/v1/refunds") not in peer.calls


def order(ref: str, minor: int, n: int = 7, **given: Any) -> Instruction:
    """What Stripe is told to do."""
    return Instruction(
        operation_id=OperationId(new_id(Kind.OPERATION, n)),
        payment_ref=ref,
        original_ref=None,
        amount=Money(minor, Currency("EUR")),
        **given,
    )


async def fetched(counter: Counter, key: str) -> PaymentTold:
    [answer] = await counter.lines["stripe"].adapter.fetch_many(Thing.PAYMENT, [key])
    assert isinstance(answer, Found), answer
    assert isinstance(answer.news, Snapshot)
    return answer.news.told

"""Money is captured, let go and given back through the graph: once, whatever becomes of calls."""

from __future__ import annotations

import random
from asyncio import gather
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.stripe import Stripe as Adapter
from commands.payments import sending
from domain.channels.abilities import Repeats
from domain.channels.answers import Instruction, Rejected, Written
from domain.integrity.payments import ledger_faults, payment_faults
from domain.ledger import Posting
from domain.payments import Payment
from domain.viewer import Role
from gateway import auth
from storage.mongo.instructions import INSTRUCTIONS
from storage.mongo.ledger import POSTINGS
from tests.channels.test_stripe_books import Counter, counter_over
from tests.client import Client
from tests.gateway.serving import served
from tests.making import new_id
from tests.peers.stripes import Stripe
from tests.races.books import check_books
from tests.trading import CLERKS, FINANCE, LONG_AGO, SHOPPERS, SUPPORT, SYSTEM, Trading

DEAD = ["500"] * 3
RESOLVE = """mutation ($input: ResolveIncidentInput!) {
  resolveIncident(input: $input) { userErrors { message } }
}"""


@pytest.fixture
async def peer() -> AsyncIterator[Stripe]:
    found = Stripe()
    async with served(found.application) as found.url:
        yield found


@pytest.fixture
async def counter(stall: Trading, tmp_path: Path, peer: Stripe) -> AsyncIterator[Counter]:
    async with counter_over(stall.database, tmp_path, peer.url) as found:
        yield found


@pytest.fixture
def shop(counter: Counter, stall: Trading) -> Trading:
    """The gateway that is connected to Stripe."""
    return Trading(stall.databases, [Client(counter.application)])


async def paid(counter: Counter, peer: Stripe, minor: int = 20_00, **given: Any) -> tuple[str, str]:
    """A payment: Stripe's name for it, and ours."""
    ref = peer.pay(minor, **given)
    await counter.hear(peer)
    return ref, await ours(counter, ref)


async def ours(counter: Counter, ref: str) -> str:
    [row] = [row for row in await counter.payments() if row["refs"][0]["value"] == ref]
    return row["_id"]


def refunding(payment: str, minor: int = 5_00, **given: Any) -> dict[str, Any]:
    amount = {"minor": minor, "currency": "EUR"}
    return {"payment": payment, "amount": amount, "reason": "too small", **given}


async def operations(counter: Counter, kind: str = "REFUND") -> list[tuple[str, int]]:
    """How far those of a kind got, and of how much they are."""
    found = [each for row in await counter.payments() for each in row["operations"]]
    return [(each["phase"], each["minor"]) for each in found if each["kind"] == kind]


async def check(counter: Counter) -> None:
    """What must always be true of money."""
    rows = msgspec.convert(await counter.database.find(POSTINGS.name, {}), list[Posting])
    for payment in msgspec.convert(await counter.payments(), list[Payment], strict=False):
        posted = [each for each in rows if each.payment_id == payment.id]
        assert not [*payment_faults(payment), *ledger_faults(payment, posted)]


async def test_a_refund_goes_to_stripe_and_is_in_the_books(shop, counter, peer, stall):
    _, payment = await paid(counter, peer)

    done = await shop.do("refundPayment", token=CLERKS[0], **refunding(payment))

    assert done["userErrors"] == []
    [refund] = peer.refunds.values()
    assert refund["amount"] == 5_00
    assert refund["metadata"]["kassa_operation"] == done["operation"]["id"]
    assert (done["operation"]["phase"], done["operation"]["providerRef"]) == (
        "SUCCEEDED",
        refund["id"],
    )
    assert done["operation"]["idempotencyKey"] == done["operation"]["id"]
    assert done["payment"]["state"] == "PARTLY_REFUNDED"
    [told] = await counter.told()
    assert (told["state"], told["due"]) == ("CLOSED", None)
    before = await counter.payments()
    await counter.hear(peer)
    assert await operations(counter) == [("SUCCEEDED", 5_00)]
    assert [row["standing"] for row in await counter.payments()] == [
        row["standing"] for row in before
    ]
    await check(counter)
    await check_books(stall)


async def test_asked_again_the_answer_is_the_same_and_nothing_is_sent(shop, counter, peer):
    _, payment = await paid(counter, peer)
    given = refunding(payment, idempotencyKey="once")
    first = await shop.do("refundPayment", **given)
    sent = len(peer.calls)

    again = await shop.do("refundPayment", **given)

    assert again == {**first, "replayed": True}
    assert len(peer.calls) == sent
    assert len(peer.refunds) == 1
    other = await shop.do("refundPayment", **{**given, "reason": "too big"})
    assert [each["code"] for each in other["userErrors"]] == ["IDEMPOTENCY_MISMATCH"]


@pytest.mark.parametrize(
    ("faults", "is_known"),
    [
        (["lose the answer"], True),
        (["lose the answer"] * 3, False),
        (["503"], True),
        (DEAD, False),
        (["hang"], False),
        (["too late"], False),
    ],
)
async def test_whatever_becomes_of_the_call_it_is_given_back_once(
    shop, counter, peer, monkeypatch, faults, is_known
):
    monkeypatch.setattr(sending, "CALL_SECONDS", 1.0)
    _, payment = await paid(counter, peer)
    peer.faults += faults

    done = await shop.do("refundPayment", **refunding(payment))

    assert done["userErrors"] == []
    assert done["operation"]["phase"] == ("SUCCEEDED" if is_known else "UNKNOWN")
    assert done["payment"]["refundable"] == {"minor": 15_00}
    peer.faults.clear()
    await counter.settle()
    assert await operations(counter) == [("SUCCEEDED", 5_00)]
    assert [each["amount"] for each in peer.refunds.values()] == [5_00]
    await counter.hear(peer)
    assert await operations(counter) == [("SUCCEEDED", 5_00)]
    assert await counter.incidents() == []
    await check(counter)


async def test_what_a_webhook_tells_first_is_the_same_refund(shop, counter, peer, monkeypatch):
    monkeypatch.setattr(sending, "CALL_SECONDS", 1.0)
    _, payment = await paid(counter, peer)
    peer.faults.append("too late")
    done = await shop.do("refundPayment", **refunding(payment))
    await peer.late.wait()

    await counter.hear(peer)
    known = await operations(counter)
    sent = len(peer.calls)
    await counter.settle()

    assert done["operation"]["phase"] == "UNKNOWN"
    assert known == await operations(counter) == [("SUCCEEDED", 5_00)]
    assert len(peer.calls) == sent, "nobody has to ask any more"
    await check(counter)


async def test_a_capture_that_is_told_without_its_operation_becomes_one_with_it(
    shop, counter, peer, stall
):
    ref, payment = await paid(counter, peer, capture=False)
    peer.faults += DEAD
    asked = {"payment": payment, "amount": {"minor": 12_00, "currency": "EUR"}}
    done = await shop.do("capturePayment", token=FINANCE, **asked)
    peer.faults.clear()
    peer.capture(ref, 12_00)  # as if it had come through after all
    peer.outbox = [each for each in peer.outbox if each["type"] == "charge.captured"]
    await counter.hear(peer)
    twice = await operations(counter, "CAPTURE")
    peer.intents[ref]["metadata"]["kassa_capture"] = done["operation"]["id"]

    await counter.settle()

    assert sorted(twice) == [("SUCCEEDED", 12_00), ("UNKNOWN", 12_00)]
    assert await operations(counter, "CAPTURE") == [("SUCCEEDED", 12_00)]
    [row] = await counter.payments()
    [captured] = [each for each in row["operations"] if each["kind"] == "CAPTURE"]
    assert captured["id"] == done["operation"]["id"]
    assert row["standing"]["captured"] == 12_00
    await check(counter)
    await check_books(stall)


async def test_a_promise_is_taken_in_part_and_another_is_let_go(shop, counter, peer):
    ref, taken = await paid(counter, peer, capture=False)
    other, let_go = await paid(counter, peer, 7_00, capture=False)

    some = {"payment": taken, "amount": {"minor": 12_00, "currency": "EUR"}}
    captured = await shop.do("capturePayment", token=FINANCE, **some)
    cancelled = await shop.do("cancelPayment", token=SUPPORT, payment=let_go)
    await counter.hear(peer)

    assert captured["operation"]["phase"] == cancelled["operation"]["phase"] == "SUCCEEDED"
    assert cancelled["operation"]["amount"] == {"minor": 7_00}
    assert cancelled["payment"]["state"] == "CANCELLED"
    assert (peer.intents[ref]["status"], peer.intents[other]["status"]) == ("succeeded", "canceled")
    states = {row["_id"]: row["standing"]["state"] for row in await counter.payments()}
    assert states == {taken: "CAPTURED", let_go: "CANCELLED"}
    await check(counter)


async def test_what_stripe_will_not_do_is_told_and_the_money_is_free_again(shop, counter, peer):
    ref, payment = await paid(counter, peer)
    peer.refund(ref, 18_00)  # at the dashboard; we have not heard of it

    done = await shop.do("refundPayment", **refunding(payment))

    [refused] = done["userErrors"]
    assert (refused["__typename"], refused["code"]) == ("ProviderRefused", "PROVIDER_REFUSED")
    assert refused["declineCode"] == "amount_too_large"
    assert "Only 200 are left." in refused["message"]
    assert done["payment"] is None
    assert await operations(counter) == [("FAILED", 5_00)]
    [row] = await counter.payments()
    assert row["standing"]["refund_pending"] == 0
    assert await counter.incidents() == [], "whoever asked was told"
    await counter.hear(peer)
    await check(counter)


async def test_a_refund_that_comes_back_is_an_incident(shop, counter, peer):
    _, payment = await paid(counter, peer)
    done = await shop.do("refundPayment", **refunding(payment))
    [refund] = peer.refunds
    await counter.hear(peer)

    peer.bounce(refund)
    await counter.hear(peer)

    [incident] = await counter.incidents()
    assert incident["kind"] == "REFUND_FAILED"
    assert incident["subject"] == f"{payment}/{done['operation']['id']}"
    assert "REFUND of 5.00 EUR" in incident["detail"]
    assert await operations(counter) == [("REVERSED", 5_00)]
    await check(counter)


async def test_who_waits_for_the_answer_needs_nobody_else_though_a_webhook_was_faster(
    shop, counter, peer, monkeypatch
):
    ref, payment = await paid(counter, peer)

    async def slow(_: Adapter, told: Instruction) -> Written:
        """It fails there, and the webhook overtakes the answer."""
        noted = {"kassa_operation": told.operation_id}
        refund = peer.refund(ref, told.amount.minor, status="pending", metadata=noted)
        peer.bounce(refund["id"])
        await counter.hear(peer)
        assert [each["kind"] for each in await counter.incidents(is_open=True)] == ["REFUND_FAILED"]
        return Rejected("expired_or_canceled_card", "The card is closed.")

    monkeypatch.setattr(Adapter, "refund", slow)
    done = await shop.do("refundPayment", **refunding(payment))

    assert [each["code"] for each in done["userErrors"]] == ["PROVIDER_REFUSED"]
    assert await operations(counter) == [("FAILED", 5_00)]
    assert await counter.incidents(is_open=True) == [], "whoever asked was told"


async def test_one_refund_that_was_told_as_two_is_one_incident(shop, counter, peer):
    ref, payment = await paid(counter, peer)
    peer.faults += DEAD
    done = await shop.do("refundPayment", **refunding(payment))
    peer.faults.clear()
    refund = peer.refund(ref, 5_00)  # as if it had come through after all
    peer.bounce(refund["id"])
    await counter.hear(peer)
    twice = await operations(counter)
    refund["metadata"]["kassa_operation"] = done["operation"]["id"]

    await counter.settle()

    assert sorted(twice) == [("REVERSED", 5_00), ("UNKNOWN", 5_00)]
    assert await operations(counter) == [("REVERSED", 5_00)]
    [incident] = await counter.incidents(is_open=True)
    assert incident["subject"] == f"{payment}/{done['operation']['id']}"


async def test_a_refund_that_takes_its_time_is_pending_until_stripe_tells(
    shop, counter, peer, monkeypatch
):
    _, payment = await paid(counter, peer, type="ideal")
    give_back = peer.refund
    monkeypatch.setattr(peer, "refund", lambda *a, **k: give_back(*a, status="pending", **k))

    done = await shop.do("refundPayment", **refunding(payment))

    assert done["operation"]["phase"] == "REQUESTED"
    assert done["payment"]["refundPending"] == {"minor": 5_00}
    [told] = await counter.told()
    assert told["state"] == "ACCEPTED"
    peer.arrive(done["operation"]["providerRef"])
    await counter.hear(peer)
    assert await operations(counter) == [("SUCCEEDED", 5_00)]
    await counter.settle()
    await check(counter)


async def test_of_many_at_two_gateways_no_more_is_given_back_than_was_taken(
    counter, peer, stall, tmp_path
):
    async with counter_over(stall.databases[1], tmp_path, peer.url) as other:
        gateways = [Client(each.application) for each in (counter, other)]
        shop = Trading(stall.databases, gateways)
        _, payment = await paid(counter, peer)
        given = refunding(payment, 3_00)

        several = await gather(
            *(shop.do("refundPayment", gateway=n % 2, **given) for n in range(12))
        )

    done = [each for each in several if not each["userErrors"]]
    codes = {error["code"] for each in several for error in each["userErrors"]}
    assert (len(done), codes) == (6, {"AMOUNT_EXCEEDS_REFUNDABLE"})
    assert [each["amount"] for each in peer.refunds.values()] == [3_00] * 6
    await check(counter)
    await check_books(stall)


@pytest.mark.parametrize("seed", range(4))
async def test_with_any_faults_and_deliveries_the_books_are_as_at_stripe(
    shop, counter, peer, monkeypatch, seed
):
    monkeypatch.setattr(sending, "CALL_SECONDS", 1.0)
    dice = random.Random(seed)
    ref, payment = await paid(counter, peer, 50_00)

    async def one() -> None:
        await shop.do("refundPayment", **refunding(payment, dice.randint(1_00, 20_00)))

    for _ in range(3):
        peer.faults += dice.choices(["", "lose the answer", "500", "503"], k=4)
        await gather(*(one() for _ in range(3)))
        if dice.random() < 0.5:
            await counter.hear(peer, dice)
        if dice.random() < 0.3:
            peer.refund(ref, 1_00) if _left(peer, ref) >= 1_00 else None
    peer.faults.clear()
    await counter.settle()
    await counter.hear(peer, dice)

    [row] = await counter.payments()
    given = sum(each["amount"] for each in peer.refunds.values())
    assert row["standing"]["refunded"] == given <= 50_00
    assert row["standing"]["refund_pending"] == 0
    await check(counter)


def _left(peer: Stripe, ref: str) -> int:
    given = [each["amount"] for each in peer.refunds.values()]
    return peer.intents[ref]["amount"] - sum(given)


@pytest.mark.parametrize(
    ("mutation", "given", "code"),
    [
        ("refundPayment", {"amount": {"minor": 20_01, "currency": "EUR"}}, "AMOUNT_EXCEEDS_R"),
        ("refundPayment", {"amount": {"minor": 1, "currency": "SEK"}}, "CURRENCY_MISMATCH"),
        ("refundPayment", {"amount": {"minor": 0, "currency": "EUR"}}, "INVALID"),
        ("refundPayment", {"reason": ""}, "INVALID"),
        ("refundPayment", {"payment": new_id("pay", 99)}, "NOT_FOUND"),
        ("capturePayment", {"reason": None}, "ILLEGAL_TRANSITION"),
        ("cancelPayment", {"reason": None, "amount": None}, "ILLEGAL_TRANSITION"),
    ],
)
async def test_what_a_rule_forbids_is_not_sent(shop, counter, peer, mutation, given, code):
    _, payment = await paid(counter, peer)
    asked = {**refunding(payment), **given}
    asked = {name: value for name, value in asked.items() if value is not None}

    [error] = await shop.refused(mutation, **asked)

    assert error["code"].startswith(code)
    assert not [call for call in peer.calls if call[0] == "POST"]
    assert await counter.told() == []


async def test_a_promise_cannot_be_given_back_nor_taken_beyond_itself(shop, counter, peer):
    _, payment = await paid(counter, peer, capture=False)

    [early] = await shop.refused("refundPayment", **refunding(payment))
    much = {"payment": payment, "amount": {"minor": 20_01, "currency": "EUR"}}
    [beyond] = await shop.refused("capturePayment", **much)

    assert early["code"] == "ILLEGAL_TRANSITION"
    assert (early["fromState"], early["toState"]) == ("AUTHORISED", "REFUNDED")
    assert beyond["code"] == "AMOUNT_EXCEEDS_AUTHORISED"


async def test_who_was_paid_elsewhere_cannot_be_told(shop, stall):
    tender = {"kind": "CARD", "amount": {"minor": 9_00, "currency": "EUR"}, "provider": "adyen"}
    found = await stall.do("recordPayment", channel=new_id("chn", 0), tender=tender)

    [error] = await shop.refused("refundPayment", **refunding(found["payment"]["id"], 1_00))

    assert error["code"] == "PROVIDER_CANNOT"
    assert "adyen" in error["message"]


@pytest.mark.parametrize(
    ("mutation", "token"),
    [
        ("capturePayment", CLERKS[0]),
        ("capturePayment", SUPPORT),
        ("cancelPayment", CLERKS[0]),
        ("refundPayment", SHOPPERS[0]),
        ("refundPayment", auth.token(Role.PARTNER, new_id("chn", 0))),
    ],
)
async def test_who_may_not_is_told_so(shop, counter, peer, mutation, token):
    _, payment = await paid(counter, peer)
    given = refunding(payment)
    wanted = {
        "capturePayment": ("payment", "amount"),
        "cancelPayment": ("payment",),
        "refundPayment": ("payment", "amount", "reason"),
    }
    asked = {name: given[name] for name in wanted[mutation]}

    assert await shop.error(mutation, token=token, **asked) == "FORBIDDEN"


# --- what is not known for long


async def make_old(counter: Counter) -> None:
    old = {"$set": {"asked_at": LONG_AGO, "due": LONG_AGO}}
    await counter.database.change_all(INSTRUCTIONS.name, {}, old)


async def unknown(shop: Trading, counter: Counter, peer: Stripe) -> Any:
    """A refund of which nobody knows, and that Stripe never received."""
    _, payment = await paid(counter, peer)
    peer.faults += DEAD
    done = await shop.do("refundPayment", **refunding(payment))
    assert done["operation"]["phase"] == "UNKNOWN"
    return done


async def test_what_was_never_received_is_not_sent_hours_later(shop, counter, peer):
    done = await unknown(shop, counter, peer)
    await make_old(counter)

    await counter.settle()

    assert peer.refunds == {}
    assert await operations(counter) == [("FAILED", 5_00)]
    [incident] = await counter.incidents()
    assert incident["kind"] == "REFUND_FAILED"
    assert incident["subject"].endswith(done["operation"]["id"])
    assert "not_received" in incident["detail"]


async def test_who_never_says_is_asked_for_ever_and_somebody_is_told_once(shop, counter, peer):
    await unknown(shop, counter, peer)
    for _ in range(2):
        await make_old(counter)
        peer.faults.clear()
        peer.faults += DEAD
        await counter.step()
        for row in await counter.incidents():
            seen = {"incident": row["_id"], "resolution": "asked", "idempotencyKey": row["_id"]}
            await shop.kassa.ask(RESOLVE, SUPPORT, input=seen)

    [incident] = await counter.incidents()
    assert incident["kind"] == "OUTCOME_UNKNOWN"
    assert await operations(counter) == [("UNKNOWN", 5_00)]
    [told] = await counter.told()
    assert told["state"] == "OPEN"
    assert told["due"] is not None


async def test_who_does_things_twice_is_not_told_a_second_time(shop, counter, peer, monkeypatch):
    adapter = counter.lines["stripe"].adapter
    twice = replace(adapter.capabilities, repeats=Repeats.DONE_TWICE)
    monkeypatch.setattr(adapter, "capabilities", twice)
    await unknown(shop, counter, peer)
    peer.faults.clear()

    for _ in range(3):
        await counter.step()

    assert peer.refunds == {}
    assert await operations(counter) == [("UNKNOWN", 5_00)]


async def test_an_adapter_that_breaks_leaves_what_a_worker_settles(
    shop, counter, peer, monkeypatch
):
    _, payment = await paid(counter, peer)

    async def breaks(*_: Any) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Adapter, "refund", breaks)
        done = await shop.do("refundPayment", token=SYSTEM, **refunding(payment))
    await counter.settle()

    assert done["operation"]["phase"] == "UNKNOWN"
    assert await operations(counter) == [("SUCCEEDED", 5_00)]

"""What Stripe says is understood, whatever it says: its adapter as a channel like all others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters import stripe
from adapters.stripe.translate import amounts
from adapters.stripe.translate.words import ELSEWHERE, NO_NEWS
from domain.channels.abilities import Thing
from domain.channels.accounts import Account, Misconfigured, Secret
from domain.channels.answers import Trouble, Unknown
from domain.channels.inbound import (
    Delivery,
    Fact,
    Forged,
    News,
    RefetchHint,
    Snapshot,
    Unreadable,
    Unrecognised,
)
from domain.channels.told import OperationTold, PaymentTold
from domain.ids import ChannelId, Kind
from domain.money import Currency, Money
from domain.payments import CardPresence, OperationKind, OperationPhase, TenderKind
from domain.ports.channels import MakesLinks, Transport
from tests.channels.conformance import LINK, NEW, NOW, Conformance, Down, Example, Says
from tests.making import new_id
from tests.peers.stripes import ACCOUNT, KEY, Stripe, signed

OURS = new_id(Kind.OPERATION, 7)
AFTERWARDS = "https://shop.example/thanks"
K, P = OperationKind, OperationPhase


def bodies_of(peer: Stripe) -> list[bytes]:
    return [json.dumps(each).encode() for each in peer.events]


def a_busy_day() -> Stripe:
    """A bit of everything that happens."""
    peer = Stripe()
    peer.decline()
    peer.refund(peer.pay(20_00), 5_00)
    peer.capture(peer.pay(30_00, capture=False), 10_00)
    peer.cancel(peer.pay(7_00, capture=False))
    bounced = peer.refund(peer.pay(8_00), 8_00)
    peer.bounce(bounced["id"])
    disputed = peer.dispute(peer.pay(9_00))
    peer.decide(disputed, "won")
    return peer


def changed(body: bytes, id: str, **fields: Any) -> bytes:
    """The same event with another object, under another id."""
    event = json.loads(body)
    event["id"] = id
    event["data"]["object"].update(fields)
    return json.dumps(event).encode()


def typed(body: bytes, id: str, type: str) -> bytes:
    return json.dumps({**json.loads(body), "id": id, "type": type}).encode()


def signs(body: bytes, secret: Secret, at: datetime) -> Mapping[str, str]:
    return signed(body, at, secret.reveal())


class TestStripe(Conformance):
    @pytest.fixture
    def example(self) -> Example:
        peer = a_busy_day()
        bodies = bodies_of(peer)
        succeeded = next(each for each in bodies if b'"charge.succeeded"' in each)
        given = next(each for each in bodies if b'"refund.created"' in each)
        disputed = next(each for each in bodies if b'"charge.dispute.created"' in each)
        unknown = [
            typed(succeeded, "evt_u1", "charge.polished"),
            typed(succeeded, "evt_u2", "shells.counted"),
            changed(succeeded, "evt_u3", status="half"),
            changed(succeeded, "evt_u4", payment_method_details={"type": "shells"}),
            changed(given, "evt_u5", status="spun"),
            changed(disputed, "evt_u6", status="mediated"),
        ]
        return Example(
            opens=stripe.adapter,
            signs=signs,
            bodies=bodies,
            unknown=unknown,
            options={"success_url": AFTERWARDS},
        )


ADAPTER = stripe.adapter(
    Account(
        name="stripe",
        channel_id=ChannelId(new_id(Kind.CHANNEL, 0)),
        account=ACCOUNT,
        key=Secret(KEY),
        options={"orders_of": "shopify"},
    ),
    Down(Trouble.UNAVAILABLE),
)


def read(body: bytes) -> list[News]:
    found = ADAPTER.parse(Delivery(endpoint="stripe", headers={}, body=body, received_at=NOW))
    return list(found)


def told_by(peer: Stripe, type: str) -> list[News]:
    """The news in the latest event of a type."""
    event = [each for each in peer.events if each["type"] == type][-1]
    return read(json.dumps(event).encode())


def payment_in(news: list[News]) -> PaymentTold:
    [snapshot] = news
    assert isinstance(snapshot, Snapshot)
    return snapshot.told


def done(operation: OperationTold) -> tuple[OperationKind, OperationPhase, int]:
    return operation.kind, operation.phase, operation.amount.minor


# --- deliveries


def test_any_of_several_signatures_will_do_and_other_schemes_count_nothing():
    body = b'{"id":"evt_1","object":"event"}'
    [(name, value)] = signed(body, NOW, "whsec_other", NEW.reveal()).items()
    delivery = Delivery(endpoint="stripe", headers={name: value}, body=body, received_at=NOW)
    assert ADAPTER.verify(delivery, [NEW], NOW) == "evt_1"

    older = Delivery(
        endpoint="stripe",
        headers={name: value.replace("v1=", "v0=")},
        body=body,
        received_at=NOW,
    )
    with pytest.raises(Forged):
        ADAPTER.verify(older, [NEW], NOW)


@pytest.mark.parametrize("time", ["", "t=", "t=x", "t=-5", "t=1,t=1", "t=²"])
def test_a_signature_without_one_time_is_none(time):
    headers = {"stripe-signature": f"{time},v1=00"}
    delivery = Delivery(endpoint="stripe", headers=headers, body=b"{}", received_at=NOW)

    with pytest.raises(Forged):
        ADAPTER.verify(delivery, [NEW], NOW)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_delivery_of_another_time_is_forged(seconds):
    body = b'{"id":"evt_1","object":"event"}'
    headers = signed(body, NOW + timedelta(seconds=seconds), NEW.reveal())
    delivery = Delivery(endpoint="stripe", headers=headers, body=body, received_at=NOW)

    with pytest.raises(Forged):
        ADAPTER.verify(delivery, [NEW], NOW)


def test_five_thousand_wrong_signatures_are_none():
    headers = {"stripe-signature": f"t={NOW.timestamp():.0f}" + ",v1=00" * 5_000}
    delivery = Delivery(endpoint="stripe", headers=headers, body=b"{}", received_at=NOW)

    with pytest.raises(Forged):
        ADAPTER.verify(delivery, [NEW], NOW)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"object": "v2.core.event"}, "snapshot events"),
        ({"livemode": True}, "live mode"),
        ({"account": "acct_other"}, "another account"),
        ({"created": "2026-03-01T12:00:00Z"}, "no Event"),
    ],
)
def test_an_event_that_is_not_meant_for_us_is_put_aside_with_a_sentence(fields, why):
    peer = Stripe()
    peer.pay(5_00)
    event = {**peer.events[-1], **fields}

    with pytest.raises(Unreadable, match=why):
        read(json.dumps(event).encode())


def test_the_own_account_may_be_named():
    peer = Stripe()
    peer.pay(5_00)

    assert read(json.dumps({**peer.events[-1], "account": ACCOUNT}).encode())


@pytest.mark.parametrize("type", sorted({*(f"{each}.deleted" for each in ELSEWHERE), *NO_NEWS}))
def test_what_concerns_nobody_here_is_no_news(type):
    event = {"id": "evt_1", "object": "event", "type": type, "created": 1, "data": {"object": {}}}

    assert read(json.dumps(event).encode()) == []


def test_a_type_that_nobody_knows_is_told():
    event = {"id": "evt_1", "object": "event", "type": "charge.x", "created": 1}
    [news] = read(json.dumps({**event, "data": {"object": {}}}).encode())

    assert isinstance(news, Unrecognised)
    assert (news.word.field, news.word.raw) == ("event.type", "charge.x")


# --- payments


def test_a_payment_is_told_with_its_attempt():
    peer = Stripe()
    peer.later(minutes=5)
    ref = peer.pay(12_00, order_id="1001")

    told = payment_in(told_by(peer, "charge.succeeded"))

    assert told.ref == ref
    assert told.amount == Money(12_00, Currency("EUR"))
    assert told.order == "shopify:order:1001"
    assert (told.tender, told.presence) == (TenderKind.CARD, CardPresence.NOT_PRESENT)
    assert [done(each) for each in told.operations] == [
        (K.AUTHORISE, P.SUCCEEDED, 12_00),
        (K.CAPTURE, P.SUCCEEDED, 12_00),
    ]
    assert told.as_of == peer.now.astimezone(UTC)


@pytest.mark.parametrize(
    ("type", "tender", "presence"),
    [
        ("card", TenderKind.CARD, CardPresence.NOT_PRESENT),
        ("card_present", TenderKind.CARD, CardPresence.PRESENT),
        ("interac_present", TenderKind.CARD, CardPresence.PRESENT),
        ("ideal", TenderKind.BANK_REDIRECT, CardPresence.NOT_APPLICABLE),
        ("sepa_debit", TenderKind.DIRECT_DEBIT, CardPresence.NOT_APPLICABLE),
        ("klarna", TenderKind.INVOICE, CardPresence.NOT_APPLICABLE),
        ("paypal", TenderKind.WALLET, CardPresence.NOT_APPLICABLE),
    ],
)
def test_with_what_was_paid(type, tender, presence):
    peer = Stripe()
    peer.pay(5_00, type=type)

    told = payment_in(told_by(peer, "charge.succeeded"))

    assert (told.tender, told.presence) == (tender, presence)


def test_what_is_on_its_way_is_only_asked_for():
    peer = Stripe()
    peer.pay(5_00, pending=True, type="sepa_debit")

    told = payment_in(told_by(peer, "charge.pending"))

    assert [done(each) for each in told.operations] == [(K.AUTHORISE, P.REQUESTED, 5_00)]


def test_a_failed_attempt_is_an_operation_of_its_own():
    peer = Stripe()
    peer.retry(peer.decline())

    [failed] = payment_in(told_by(peer, "charge.failed")).operations
    [authorised, _] = payment_in(told_by(peer, "charge.succeeded")).operations

    assert done(failed) == (K.AUTHORISE, P.FAILED, 5_00)
    assert failed.decline_code == "card_declined"
    assert failed.ref != authorised.ref


def test_who_never_got_as_far_as_a_charge_was_declined():
    peer = Stripe()
    peer.decline(at_once=True)

    [failed] = payment_in(told_by(peer, "payment_intent.payment_failed")).operations

    assert done(failed) == (K.AUTHORISE, P.FAILED, 5_00)
    assert failed.decline_code == "payment_intent_authentication_failure"


def test_an_intent_without_its_charge_is_asked_for():
    peer = Stripe()
    ref = peer.pay(5_00)

    assert told_by(peer, "payment_intent.succeeded") == [RefetchHint(Thing.PAYMENT, ref)]


def test_a_promise_that_is_taken_in_part_is_taken_once():
    peer = Stripe()
    ref = peer.pay(30_00, capture=False)
    peer.later(hours=2)
    peer.capture(ref, 10_00, key=OURS)

    told = payment_in(told_by(peer, "charge.captured"))

    [authorised, captured] = told.operations
    assert done(authorised) == (K.AUTHORISE, P.SUCCEEDED, 30_00)
    assert done(captured) == (K.CAPTURE, P.SUCCEEDED, 10_00)
    assert captured.operation_id == OURS
    assert captured.at == peer.now
    assert authorised.operation_id is None
    assert authorised.at < captured.at


def test_what_is_let_go_is_no_refund_though_it_is_shown_as_one():
    peer = Stripe()
    ref = peer.pay(7_00, capture=False)
    peer.cancel(ref)

    told = payment_in(told_by(peer, "charge.refunded"))

    assert [done(each) for each in told.operations] == [
        (K.AUTHORISE, P.SUCCEEDED, 7_00),
        (K.CANCEL, P.SUCCEEDED, 7_00),
    ]
    assert told_by(peer, "refund.created") == [RefetchHint(Thing.PAYMENT, ref)]


def test_a_cancellation_of_ours_is_known_by_its_key():
    peer = Stripe()
    ref = peer.pay(7_00, capture=False)
    peer.cancel(ref, key=OURS)

    *_, cancelled = payment_in(told_by(peer, "charge.refunded")).operations

    assert done(cancelled) == (K.CANCEL, P.SUCCEEDED, 7_00)
    assert cancelled.operation_id == OURS
    assert told_by(peer, "payment_intent.canceled") == [RefetchHint(Thing.PAYMENT, ref)]


def test_who_took_what_was_given_back_is_asked():
    peer = Stripe()
    ref = peer.pay(7_00)
    peer.refund(ref, 7_00)

    assert told_by(peer, "charge.refunded") == [RefetchHint(Thing.PAYMENT, ref)]


def test_a_key_of_somebody_else_is_no_operation_of_ours():
    peer = Stripe()
    ref = peer.pay(7_00, capture=False)
    peer.capture(ref, key="5f8e1c3a-till-7")

    assert all(
        each.operation_id is None
        for each in payment_in(told_by(peer, "charge.captured")).operations
    )


# --- refunds and disputes


def test_a_refund_names_our_operation_and_its_charge():
    peer = Stripe()
    ref = peer.pay(20_00)
    given = peer.refund(ref, 5_00, metadata={"kassa_operation": OURS, "kassa_reason": "too small"})

    [fact] = told_by(peer, "refund.created")

    assert isinstance(fact, Fact)
    assert fact.payment_ref == ref
    assert done(fact.operation) == (K.REFUND, P.SUCCEEDED, 5_00)
    assert fact.operation.operation_id == OURS
    assert fact.operation.original_ref == given["charge"]
    assert fact.operation.reason == "too small"


@pytest.mark.parametrize("note", ["", "x" * 101, "1\n2"])
def test_what_cannot_be_shown_is_no_note(note):
    peer = Stripe()
    peer.refund(peer.pay(20_00, order_id=note), 5_00, metadata={"kassa_reason": note})

    [fact] = told_by(peer, "refund.created")

    assert isinstance(fact, Fact)
    assert fact.operation.reason is None
    assert payment_in(told_by(peer, "charge.succeeded")).order is None


@pytest.mark.parametrize("type", ["refund.failed", "charge.refund.updated"])
def test_a_refund_that_fails_after_all_is_taken_back(type):
    peer = Stripe()
    given = peer.refund(peer.pay(20_00), 5_00)
    peer.later(days=3)
    peer.bounce(given["id"])

    [fact] = told_by(peer, type)

    assert isinstance(fact, Fact)
    assert done(fact.operation) == (K.REFUND, P.REVERSED, 5_00)
    assert fact.operation.raw_status == "failed: expired_or_canceled_card"
    assert fact.operation.at == peer.now


def test_news_of_a_refund_do_not_change_when_it_was_given():
    peer = Stripe()
    given = peer.refund(peer.pay(20_00), 5_00)
    at = peer.now
    peer.later(days=3)
    peer.arrive(given["id"])

    [fact] = told_by(peer, "refund.updated")

    assert isinstance(fact, Fact)
    assert fact.operation.at == at


def test_a_refund_that_never_moved_money_only_failed():
    peer = Stripe()
    ref = peer.pay(20_00)
    given = peer.refund(ref, 5_00, status="pending")
    peer.bounce(given["id"])

    assert told_by(peer, "refund.failed") == [RefetchHint(Thing.PAYMENT, ref)]


def test_an_inquiry_moves_no_money():
    peer = Stripe()
    inquiry = peer.dispute(peer.pay(9_00), inquiry=True)
    peer.decide(inquiry, "warning_closed")

    assert told_by(peer, "charge.dispute.created") == []
    assert told_by(peer, "charge.dispute.closed") == []


def test_a_dispute_is_what_moved_and_not_what_it_is_called():
    peer = Stripe()
    dispute = peer.dispute(peer.pay(9_00))
    asked = told_by(peer, "charge.dispute.created")
    taken = told_by(peer, "charge.dispute.funds_withdrawn")
    peer.decide(dispute, "won")
    closed = told_by(peer, "charge.dispute.closed")
    back = told_by(peer, "charge.dispute.funds_reinstated")

    said = [[done(each.operation) for each in news] for news in (asked, taken, closed, back)]
    assert said == [
        [(K.CHARGEBACK, P.REQUESTED, 9_00)],
        [(K.CHARGEBACK, P.SUCCEEDED, 9_00)],
        [(K.CHARGEBACK, P.SUCCEEDED, 9_00)],
        [(K.CHARGEBACK, P.SUCCEEDED, 9_00), (K.CHARGEBACK_REVERSAL, P.SUCCEEDED, 9_00)],
    ]
    assert taken == closed


# --- amounts


@pytest.mark.parametrize(
    ("theirs", "code", "ours"),
    [
        (1099, "usd", 10_99),
        (500, "jpy", 500),
        (5120, "kwd", 5_120),
        (500, "isk", 5),
        (500, "ugx", 5),
        (1000, "huf", 1000),
        (1000, "twd", 1000),
        (7, "mga", 700),
    ],
)
def test_amounts_are_counted_as_stripe_counts_them(theirs, code, ours):
    told = amounts.told(theirs, code)

    assert told == Money(ours, Currency(code.upper()))
    assert amounts.payable(told) == theirs


@pytest.mark.parametrize(("minor", "code"), [(550, "isk"), (1, "ugx"), (0, "eur")])
def test_what_is_no_amount_is_refused(minor, code):
    with pytest.raises(Unreadable):
        amounts.told(minor, code)


@pytest.mark.parametrize(("minor", "code"), [(5_124, "KWD"), (150, "MGA")])
def test_what_cannot_be_paid_to_the_last_unit_is_not_paid(minor, code):
    assert amounts.payable(Money(minor, Currency(code))) is None


# --- links to pay by


def test_a_payment_names_the_link_that_it_came_by():
    link, peer = new_id(Kind.PAYMENT_LINK, 3), Stripe()
    peer.pay(5_00, kassa_link=link)

    assert payment_in(told_by(peer, "charge.succeeded")).link == link


@pytest.mark.parametrize("noted", ["", "1001", new_id(Kind.PAYMENT, 3), "lnk_x"])
def test_what_is_no_link_of_ours_names_none(noted):
    peer = Stripe()
    peer.pay(5_00, kassa_link=noted)

    assert payment_in(told_by(peer, "charge.succeeded")).link is None


def linking(transport: Transport, **options: str) -> Any:
    """An account at Stripe, as an adapter that may make links."""
    adapter = stripe.adapter(
        Account(
            name="stripe",
            channel_id=ChannelId(new_id(Kind.CHANNEL, 0)),
            account=ACCOUNT,
            key=Secret(KEY),
            options=options,
        ),
        transport,
    )
    assert isinstance(adapter, MakesLinks)
    return adapter


async def test_without_an_address_for_afterwards_there_are_no_links():
    transport = Says(200, b"{}")
    adapter = linking(transport)

    said = await adapter.open_link(LINK)  # it was asked for while there was one

    assert isinstance(said, Unknown)
    assert "success_url" in said.why
    assert transport.calls == []
    assert adapter.capabilities.links is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"error": {"type": "idempotency_error", "message": "Used otherwise."}}),
        (409, {"error": {"type": "idempotency_error", "message": "Used just now."}}),
        (200, {"id": "cs_1", "status": "open", "url": None}),
        (200, {"id": "cs_1", "status": "open", "url": "javascript:alert(1)"}),
        (200, {"id": "cs_1", "status": "spun", "url": "https://pay.example"}),
    ],
)
async def test_what_leaves_open_whether_there_is_a_page_is_unknown(status, answer):
    transport = Says(status, json.dumps(answer).encode())

    said = await linking(transport, success_url=AFTERWARDS).open_link(LINK)

    assert isinstance(said, Unknown)


# --- configuration


@pytest.mark.parametrize(
    "options",
    [
        *({"orders_of": "Shopify!"}, {"order_key": 5}, {"calls_per_second": 0}, {"x": 1}),
        {"success_url": "http://shop.example"},
    ],
)
def test_options_that_cannot_be_are_told(options):
    account = Account(
        name="stripe",
        channel_id=ChannelId(new_id(Kind.CHANNEL, 0)),
        account=ACCOUNT,
        key=Secret(KEY),
        options=options,
    )

    with pytest.raises(Misconfigured):
        stripe.adapter(account, Down(Trouble.UNAVAILABLE))


def test_a_key_is_needed():
    account = Account(name="stripe", channel_id=ChannelId(new_id(Kind.CHANNEL, 0)), account=ACCOUNT)

    with pytest.raises(Misconfigured, match="restricted key"):
        stripe.adapter(account, Down(Trouble.UNAVAILABLE))

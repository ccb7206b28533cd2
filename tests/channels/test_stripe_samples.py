"""Payloads that Stripe itself publishes are understood, and land in the books, where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.channels.abilities import Thing
from domain.channels.inbound import RefetchHint, Snapshot
from domain.payments import OperationKind, OperationPhase
from tests.channels.test_stripe import payment_in, read
from tests.channels.test_stripe_books import Counter, counter, fetched, peer
from tests.peers.stripes import Stripe

__all__ = ["counter", "peer"]

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "stripe"
TYPES = {
    "charge": "charge.succeeded",
    "checkout_session": "checkout.session.completed",
    "customer": "customer.updated",
    "payment_intent": "payment_intent.payment_failed",
    "payment_method": "payment_method.attached",
    "refund": "refund.created",
    "terminal_reader": "terminal.reader.action_failed",
}

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not on this machine")


def sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def event(name: str) -> dict[str, Any]:
    """A sample, as an event would bring it."""
    return {
        **sample("event"),
        "id": f"evt_{name.replace('_', '')}",
        "type": TYPES[name],
        "data": {"object": sample(name)},
    }


def test_all_of_them_are_known_here():
    assert {path.stem for path in SAMPLES.glob("*.json")} == {*TYPES, "event"}


@pytest.mark.parametrize("name", TYPES)
def test_each_is_understood(name):
    news = read(json.dumps(event(name)).encode())

    assert all(isinstance(each, Snapshot | RefetchHint) for each in news)
    assert not [word for each in news if isinstance(each, Snapshot) for word in each.words]


def test_the_event_is_of_a_kind_that_concerns_nobody_here():
    assert read((SAMPLES / "event.json").read_bytes()) == []


def test_the_charge_was_promised_and_not_taken():
    told = payment_in(read(json.dumps(event("charge")).encode()))

    assert told.ref == sample("charge")["id"]
    assert [(each.kind, each.phase, each.amount.minor) for each in told.operations] == [
        (OperationKind.AUTHORISE, OperationPhase.SUCCEEDED, 1_00)
    ]


def test_the_refund_and_the_session_have_their_payments_asked_for():
    refund = read(json.dumps(event("refund")).encode())
    session = read(json.dumps(event("checkout_session")).encode())

    assert refund == [RefetchHint(Thing.PAYMENT, sample("refund")["charge"])]
    assert session == [RefetchHint(Thing.PAYMENT, sample("checkout_session")["payment_intent"])]


async def test_all_of_them_land(counter: Counter, peer: Stripe):
    peer.charges[sample("charge")["id"]] = sample("charge")
    peer.refunds[sample("refund")["id"]] = {**sample("refund"), "payment_intent": None}
    peer.intents[sample("payment_intent")["id"]] = sample("payment_intent")
    peer.outbox = [*map(event, TYPES), sample("event")]

    await counter.hear(peer)

    assert {row["state"] for row in await counter.rows()} == {"APPLIED"}
    assert await counter.incidents() == []
    states = [row["standing"]["state"] for row in await counter.payments()]
    assert sorted(states) == ["AUTHORISED", "DECLINED"]


async def test_they_can_be_fetched(counter: Counter, peer: Stripe):
    charge, intent = sample("charge"), sample("payment_intent")
    peer.charges[charge["id"]] = charge
    peer.intents[intent["id"]] = intent

    assert (await fetched(counter, charge["id"])).amount.minor == charge["amount"]
    assert (await fetched(counter, intent["id"])).amount.minor == intent["amount"]

"""People and cards at Stripe: whom a payment belongs to, and what nobody may ever read."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters import stripe
from domain.channels.abilities import Thing
from domain.channels.accounts import Account, Misconfigured, Secret
from domain.channels.answers import Found, Missing, Trouble
from domain.channels.inbound import Delivery, Snapshot
from domain.channels.people import account_key
from domain.customers import MOST_CARDS
from domain.ids import ChannelId, Kind
from storage.mongo.customers import CUSTOMERS
from storage.mongo.inbox import INBOX
from storage.mongo.migrate import COLLECTIONS
from tests.channels.conformance import NOW, Down
from tests.channels.landed import clear, journal_of, state_of
from tests.channels.test_stripe_books import Counter, counter, counter_over, peer
from tests.making import new_id
from tests.peers.stripes import ACCOUNT, KEY, Stripe
from tests.trading import SUPPORT, Trading

__all__ = ["counter", "peer"]

RAW = "FpRawRawRaw01234"
SHOWN = """query ($number: String!) { customer(number: $number) {
  displayName identities { kind masked strength walletToken }
} }"""
PAID = (
    "{ payments(first: 5) { edges { node { card { brand last4 expires wallet walletToken } } } } }"
)


@pytest.fixture(autouse=True)
async def nobody(stall: Trading) -> AsyncIterator[None]:
    await clear(stall.database)
    yield
    await clear(stall.database)


async def people(desk: Counter) -> list[dict[str, Any]]:
    return await desk.database.find(CUSTOMERS.name, {}, sort=[("_id", 1)])


def cards(person: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in person["identities"] if each["kind"] == "CARD_FINGERPRINT"]


async def test_an_account_becomes_a_customer_of_whom_all_is_only_claimed(stall, counter, peer):
    ada = peer.register("Ada", email="Ada@Example.com", phone="+31 6 12345678")
    await counter.hear(peer)

    shown = (await stall.kassa.ask(SHOWN, SUPPORT, number=f"stripe-{ada}"))["customer"]

    assert shown["displayName"] == "Ada"
    assert {(each["kind"], each["masked"], each["strength"]) for each in shown["identities"]} == {
        ("EMAIL", "ada@example.com", "WEAK"),
        ("PHONE", "+31612345678", "WEAK"),
        ("EXTERNAL_ACCOUNT", ada, "STRONG"),
    }


@pytest.mark.parametrize("minutes", [0, 1])
async def test_what_is_said_last_of_somebody_counts(counter, peer, minutes):
    ada = peer.register("Ada", email="ada@example.com")
    peer.later(minutes=minutes)
    peer.edit(ada, name="Ada L.", email="")
    peer.outbox.reverse()

    await counter.hear(peer)

    [person] = await people(counter)
    assert person["display_name"] == "Ada L."
    assert [each["kind"] for each in person["identities"]] == ["EXTERNAL_ACCOUNT"]


async def test_what_belongs_to_somebody_tells_nothing_and_who_is_deleted_stays(counter, peer):
    ada = peer.register("Ada")
    peer.forget(ada)
    peer.outbox.append({**peer.outbox[-1], "id": "evt_s", "type": "customer.subscription.created"})

    await counter.hear(peer)

    assert [each["display_name"] for each in await people(counter)] == ["Ada"]
    assert {row["state"] for row in await counter.rows()} == {"APPLIED"}
    assert await counter.incidents() == []


@pytest.mark.parametrize("seed", range(6))
async def test_payment_and_account_find_each_other(stall, shelf, counter, peer, tmp_path, seed):
    await clear(shelf.database)
    ada, bob = peer.register("Ada", email="ada@example.com"), peer.register("Bob")
    for n, who in enumerate((ada, ada, bob, None)):
        peer.pay(10_00 + n, customer=who, fingerprint=f"Fp{n % 2}")
    peer.later(minutes=1)
    peer.edit(ada, name="Ada L.")
    async with counter_over(shelf.database, tmp_path, peer.url) as other:
        await other.hear(peer)
    peer.outbox = list(peer.events)

    await counter.hear(peer, random.Random(seed))

    assert await seen(stall) == await seen(shelf)
    owners = {row["minor"]: row["customer_id"] for row in await counter.payments()}
    named = {each["display_name"]: each["_id"] for each in await people(counter)}
    assert owners == {10_00: named["Ada L."], 10_01: named["Ada L."], 10_02: named["Bob"]} | {
        10_03: None
    }
    assert {name: len(cards(each)) for each in await people(counter) for name in [
        each["display_name"]
    ]} == {"Ada L.": 2, "Bob": 1}  # fmt: skip


async def seen(shop: Trading) -> Any:
    """The books, but for when we asked."""
    found = await state_of(shop)
    for row in found["payments"]:
        row.pop("observed_at")
    return found


async def test_an_account_that_nobody_told_of_is_found_when_asking(counter, peer):
    ada = peer.register("Ada")
    peer.pay(10_00, customer=ada)
    peer.outbox = [each for each in peer.outbox if each["type"] == "charge.succeeded"]
    await counter.hear(peer)
    [before] = await counter.payments()

    peer.events.clear()
    await counter.catch_up(peer)

    [after], [person] = await counter.payments(), await people(counter)
    assert (before["customer_id"], after["customer_id"]) == (None, person["_id"])
    assert len(cards(person)) == 1


async def test_many_are_fetched_each_with_their_answer(counter, peer):
    ada, gone = peer.register("Ada"), peer.register("Gone")
    peer.forget(gone)
    adapter = counter.lines["stripe"].adapter

    answers = await adapter.fetch_many(Thing.CUSTOMER, [ada, gone, "cus_nobody", "../charges"])

    assert [type(each) for each in answers] == [Found, Missing, Missing, Missing]


async def test_a_card_is_shown_as_on_a_receipt(stall, counter, peer):
    peer.pay(10_00, fingerprint=RAW, wallet="apple_pay")
    await counter.hear(peer)

    edges = (await stall.kassa.ask(PAID, SUPPORT))["payments"]["edges"]

    assert [edge["node"]["card"] for edge in edges] == [
        {
            "brand": "visa",
            "last4": "4242",
            "expires": "2031-08",
            "wallet": "apple_pay",
            "walletToken": True,
        }
    ]


@pytest.mark.parametrize(
    ("wallet", "is_token"),
    [(None, False), ("link", False), ("google_pay", True), ("a_wallet_to_come", True)],
)
@pytest.mark.parametrize("type", ["card", "card_present", "interac_present"])
async def test_what_is_no_card_itself_is_marked(counter, peer, wallet, is_token, type):
    ada = peer.register("Ada")
    peer.pay(10_00, customer=ada, wallet=wallet, type=type)

    await counter.hear(peer)

    [person] = await people(counter)
    [card] = cards(person)
    assert (card["wallet_token"], card["strength"], card["label"]) == (
        is_token,
        "WEAK",
        "visa ••4242",
    )


async def test_a_fingerprint_stands_nowhere_as_it_came(stall, counter, peer, caplog):
    """But in the delivery itself, which is kept as it came."""
    ada = peer.register("Ada")
    with caplog.at_level(logging.DEBUG):
        peer.refund(peer.pay(10_00, customer=ada, fingerprint=RAW), 1_00)
        peer.outbox.append({**peer.outbox[-1], "id": "evt_odd", "type": "charge.polished"})
        await counter.hear(peer)
        await counter.catch_up(peer)
    await journal_of(stall)

    texts = {each.name: repr(await counter.database.find(each.name, {})) for each in COLLECTIONS}
    assert {name for name, text in texts.items() if RAW in text} == {INBOX.name}
    assert RAW not in caplog.text
    [person] = await people(counter)
    [card] = cards(person)
    assert len(card["value"]) == 64
    assert {name for name, text in texts.items() if card["value"] in text} == {
        "payments",
        "customers",
    }


@pytest.mark.parametrize(
    "odd", [{"last4": "null"}, {"last4": None}, {"exp_month": 13}, {"exp_year": 31, "brand": None}]
)
async def test_an_odd_receipt_keeps_no_payment_back(counter, peer, odd):
    charge = peer.charges[peer.intents[peer.pay(10_00)]["latest_charge"]]
    for event in peer.outbox:
        if event["type"] == "charge.succeeded":
            event["data"]["object"]["payment_method_details"]["card"].update(odd)
    peer.outbox = [each for each in peer.outbox if each["type"] == "charge.succeeded"]

    await counter.hear(peer)

    [paid] = await counter.payments()
    assert paid["card"]["attempt"] == charge["id"]
    assert paid["card"]["last4"] in {None, "4242"}
    assert paid["card"]["expires"] in {None, "2031-08"}


async def test_a_card_that_was_declined_is_nobodys_evidence(counter, peer):
    ref = peer.decline()
    await counter.hear(peer)
    [declined] = await counter.payments()

    peer.retry(ref)
    await counter.hear(peer)

    [paid] = await counter.payments()
    assert declined["card"] is None
    assert paid["card"]["attempt"] == peer.intents[ref]["latest_charge"]


@pytest.mark.parametrize("seed", range(2))
async def test_of_too_many_cards_the_same_ones_are_kept(
    counter, peer, stall, shelf, tmp_path, seed
):
    await clear(shelf.database)
    till = peer.register("Walk-in")
    for n in range(MOST_CARDS + 5):
        peer.pay(10_00, customer=till, fingerprint=f"Fp{n}")
    async with counter_over(shelf.database, tmp_path, peer.url) as other:
        await other.hear(peer)
    peer.outbox = list(peer.events)

    await counter.hear(peer, random.Random(seed))

    [person] = await people(counter)
    assert len(cards(person)) == MOST_CARDS
    assert (await seen(stall))["customers"] == (await seen(shelf))["customers"]


def test_a_shop_may_note_whom_it_knows_somebody_as():
    shop, stripe_channel = (ChannelId(new_id(Kind.CHANNEL, n)) for n in (1, 0))
    options = {"customers_of": "web", "customer_key": "buyer"}
    account = an_account(account=ACCOUNT, options=options, channels={"web": shop}, key=Secret(KEY))
    adapter = stripe.adapter(account, Down(Trouble.UNAVAILABLE))
    peer = Stripe()
    peer.pay(10_00, customer=peer.register("Ada"), buyer="c1")
    peer.pay(10_00, customer=peer.register("Bob"))

    news = [
        each.told.payer
        for event in peer.events
        if event["type"] == "charge.succeeded"
        for each in adapter.parse(delivery(event))
        if isinstance(each, Snapshot)
    ]

    bob = [*peer.customers][1]
    assert news == [account_key(shop, "c1"), account_key(stripe_channel, bob)]


def test_an_account_that_is_not_connected_has_no_customers():
    account = an_account(options={"customers_of": "shop"}, key=Secret(KEY))

    with pytest.raises(Misconfigured, match="names no account"):
        stripe.adapter(account, Down(Trouble.UNAVAILABLE))


def delivery(event: Any) -> Delivery:
    body = json.dumps(event).encode()
    return Delivery(endpoint="stripe", headers={}, body=body, received_at=NOW)


def an_account(**given: Any) -> Account:
    fields: dict[str, Any] = {"account": "acct_1", "pepper": Secret("a pepper"), **given}
    return Account(name="stripe", channel_id=ChannelId(new_id(Kind.CHANNEL, 0)), **fields)


def test_a_hash_is_of_one_account_under_one_pepper():
    hashes = [
        an_account().hashed("stripe", "fp"),
        an_account(account="acct_2").hashed("stripe", "fp"),
        an_account(pepper=Secret("another")).hashed("stripe", "fp"),
        an_account().hashed("adyen", "fp"),
        an_account().hashed("stripe", "fp2"),
    ]

    assert len(set(hashes)) == 5
    assert an_account().hashed("stripe", "fp") == hashes[0]
    assert "a pepper" not in repr(an_account())


def test_without_a_pepper_no_fingerprint_is_kept():
    assert an_account(pepper=None).hashed("stripe", "fp") is None


def test_the_peer_tells_a_fingerprint_at_all():
    peer = Stripe()
    peer.pay(10_00, fingerprint=RAW)

    assert RAW in json.dumps(peer.events)

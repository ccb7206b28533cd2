"""Links to pay by are made through the graph and paid at Stripe, whatever becomes of calls."""

from __future__ import annotations

from asyncio import gather
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.payments import sending
from domain.ids import Kind
from domain.viewer import Role
from gateway import auth
from storage.mongo.links import LINKS
from storage.mongo.orders import ORDERS as ORDERS_KEPT
from tests.channels.test_stripe_books import CHANNELS, Counter, counter_over
from tests.client import Client
from tests.gateway.serving import served
from tests.live.conftest import Listener, listening
from tests.making import new_id
from tests.peers.stripes import Stripe
from tests.trading import CLERKS, LONG_AGO, ORDERS, PARTNER, SHOPPERS, SYSTEM, Trading, money

DEAD = ["500"] * 3
SEEN = """subscription ($orders: [ID!]) {
  orderUpdated(orders: $orders) {
    kind cursor
    orders { id paymentStatus paymentLinks { id state payments { captured { minor } } } }
  }
}"""
LINK = """query ($id: ID!) { node(id: $id) { ... on PaymentLink {
  state url order { id paymentStatus payments { id } } payments { id state } } } }"""


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


def asking(minor: int = 30_00, **given: Any) -> dict[str, Any]:
    """A link to pay some of the first order by, of which 100.00 are due."""
    return {"order": ORDERS[0], "amount": money(minor), **given}


async def made(shop: Trading, minor: int = 30_00, **given: Any) -> dict[str, Any]:
    """A link that was made."""
    done = await shop.do("createPaymentLink", **asking(minor, **given))
    assert done["userErrors"] == []
    return done["paymentLink"]


async def seen(shop: Trading, id: str) -> dict[str, Any]:
    return (await shop.kassa.ask(LINK, SYSTEM, id=id))["node"]


def page_of(peer: Stripe, link: dict[str, Any]) -> str:
    """Stripe's name for the page of a link."""
    [found] = [each for each in peer.sessions.values() if each["client_reference_id"] == link["id"]]
    return found["id"]


async def told_that(listener: Listener, state: str) -> dict[str, Any]:
    """What a subscriber is told as soon as the link of its order stands so."""
    while True:
        told = await listener.next()
        if [each["state"] for each in told["orders"][0]["paymentLinks"]] == [state]:
            return told


def address_of(peer: Stripe, link: dict[str, Any]) -> str:
    return f"https://checkout.stripe.example/c/pay/{page_of(peer, link)}"


async def test_a_link_is_made_and_paid_and_a_subscriber_sees_it(shop, counter, peer, stall):
    async with listening(stall.database) as ears:
        listener = await ears.open(SEEN, orders=[ORDERS[0]])
        [before] = (await listener.next())["orders"]

        done = await shop.do("createPaymentLink", token=CLERKS[0], **asking())
        link = done["paymentLink"]
        await told_that(listener, "OPEN")
        paid = peer.pay_page(page_of(peer, link))
        await counter.hear(peer)
        told = await told_that(listener, "PAID")

    assert before["paymentLinks"] == []
    assert done["userErrors"] == []
    assert (link["state"], link["amount"]) == ("OPEN", money(30_00))
    assert link["url"] == link["qrPayload"] == address_of(peer, link)
    [order] = told["orders"]
    assert order["paymentLinks"] == [
        {"id": link["id"], "state": "PAID", "payments": [{"captured": {"minor": 30_00}}]}
    ]
    assert order["paymentStatus"] == "PARTLY_PAID"
    [row] = await counter.payments()
    assert (row["refs"][0]["value"], row["order_id"]) == (paid, ORDERS[0])
    assert peer.intents[paid]["metadata"] == {"kassa_link": link["id"]}
    assert await counter.incidents() == []


async def test_asked_again_the_link_is_the_same_and_nothing_is_sent(shop, counter, peer):
    given = asking(idempotencyKey="once")
    first = await shop.do("createPaymentLink", **given)
    sent = len(peer.calls)

    again = await shop.do("createPaymentLink", **given)

    assert again == {**first, "replayed": True}
    assert len(peer.calls) == sent
    assert len(peer.sessions) == 1
    [told] = await counter.errands()
    assert (told["state"], told["due"]) == ("CLOSED", None)


async def test_two_who_ask_with_one_key_get_one_page(counter, peer, stall, tmp_path):
    async with counter_over(stall.databases[1], tmp_path, peer.url) as other:
        gateways = [Client(each.application) for each in (counter, other)]
        shop = Trading(stall.databases, gateways)
        given = asking(idempotencyKey="once")

        first, second = await gather(
            *(shop.do("createPaymentLink", gateway=n, **given) for n in range(2))
        )
        again = await shop.do("createPaymentLink", **given)

    assert len(peer.sessions) == 1
    assert again["paymentLink"]["state"] == "OPEN"
    for each in (first, second):  # on a busy machine one may hear that the other is at it
        codes = [error["code"] for error in each["userErrors"]]
        assert codes == ["IN_PROGRESS"] or each["paymentLink"] == again["paymentLink"]


async def test_one_key_is_for_one_link(shop, peer):
    await made(shop, idempotencyKey="once")

    [error] = await shop.refused("createPaymentLink", **asking(31_00, idempotencyKey="once"))

    assert error["code"] == "IDEMPOTENCY_MISMATCH"
    assert len(peer.sessions) == 1


async def test_money_may_come_before_it_is_known_that_there_is_a_page(shop, counter, peer):
    peer.faults += ["lose the answer"] * 3
    link = await made(shop)

    peer.pay_page(page_of(peer, link))
    await counter.hear(peer)
    before = await seen(shop, link["id"])
    await counter.settle()

    assert (link["state"], before["state"], before["url"]) == ("REQUESTED", "PAID", None)
    after = await seen(shop, link["id"])
    assert after == {**before, "url": address_of(peer, link)}
    assert before["order"]["paymentStatus"] == "PARTLY_PAID"
    assert len(peer.sessions) == 1
    assert await counter.incidents() == []


async def test_of_several_accounts_one_is_named(stall, peer, tmp_path):
    several = CHANNELS + CHANNELS.replace("channels.stripe", "channels.second").replace(
        "acct_shop", "acct_second"
    )
    async with counter_over(stall.database, tmp_path, peer.url, several) as counter:
        shop = Trading(stall.databases, [Client(counter.application)])

        [error] = await shop.refused("createPaymentLink", **asking())
        link = await made(shop, account="second")

    assert (error["code"], error["path"]) == ("INVALID", ["account"])
    assert "second, stripe" in error["message"]
    assert link["state"] == "OPEN"


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
async def test_whatever_becomes_of_the_call_there_is_one_page(
    shop, counter, peer, monkeypatch, faults, is_known
):
    monkeypatch.setattr(sending, "CALL_SECONDS", 1.0)
    peer.faults += faults

    link = await made(shop)

    assert link["state"] == ("OPEN" if is_known else "REQUESTED")
    assert (link["url"] is not None) is is_known
    peer.faults.clear()
    await counter.settle()
    assert (await seen(shop, link["id"]))["state"] == "OPEN"
    assert len(peer.sessions) == 1
    assert await counter.incidents() == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"amount": money(100_01)}, "AMOUNT_EXCEEDS_DUE"),
        ({"amount": money(1, "EUR")}, "CURRENCY_MISMATCH"),
        ({"amount": money(0)}, "INVALID"),
        ({"order": new_id(Kind.ORDER, 99)}, "NOT_FOUND"),
        ({"account": "adyen"}, "PROVIDER_CANNOT"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "INVALID"),
        ({"expiresAt": "2120-01-01T00:00:00Z"}, "INVALID"),
    ],
)
async def test_what_a_rule_forbids_is_not_sent(shop, counter, peer, given, code):
    [error] = await shop.refused("createPaymentLink", **{**asking(), **given})

    assert error["code"] == code
    assert peer.sessions == {}
    assert await counter.errands() == []
    assert await shop.database.find(LINKS.name, {}) == []


async def test_nothing_is_asked_for_an_order_that_is_cancelled(shop):
    where = {"_id": ORDERS[0]}
    await shop.database.change(ORDERS_KEPT.name, where, {"$set": {"state": "CANCELLED"}})
    try:
        [error] = await shop.refused("createPaymentLink", **asking())
    finally:
        await shop.database.change(ORDERS_KEPT.name, where, {"$set": {"state": "CONFIRMED"}})

    assert error["code"] == "INVALID"
    assert error["path"] == ["order"]


async def test_what_stripe_will_not_make_is_told_and_asks_for_nothing(shop, peer):
    peer.faults += ["400"]

    done = await shop.do("createPaymentLink", **asking(100_00))

    [error] = done["userErrors"]
    assert (error["code"], error["provider"]) == ("PROVIDER_REFUSED", "stripe")
    assert (await seen(shop, error["operation"]))["state"] == "REFUSED"
    assert (await made(shop, 100_00))["state"] == "OPEN"


async def test_of_many_at_two_gateways_no_more_is_asked_for_than_is_due(
    counter, peer, stall, tmp_path
):
    async with counter_over(stall.databases[1], tmp_path, peer.url) as other:
        gateways = [Client(each.application) for each in (counter, other)]
        shop = Trading(stall.databases, gateways)

        several = await gather(
            *(shop.do("createPaymentLink", gateway=n % 2, **asking()) for n in range(8))
        )

    done = [each for each in several if not each["userErrors"]]
    codes = {error["code"] for each in several for error in each["userErrors"]}
    assert (len(done), codes) == (3, {"AMOUNT_EXCEEDS_DUE"})
    assert len(peer.sessions) == 3


async def test_what_is_ended_can_not_be_paid_and_is_due_again(shop, peer):
    link = await made(shop, 100_00)

    done = await shop.do("cancelPaymentLink", token=CLERKS[0], paymentLink=link["id"])
    [again] = await shop.refused("cancelPaymentLink", paymentLink=link["id"])

    assert done["userErrors"] == []
    assert done["paymentLink"]["state"] == "CANCELLED"
    assert peer.sessions[page_of(peer, link)]["status"] == "expired"
    assert (again["code"], again["fromState"]) == ("ILLEGAL_TRANSITION", "CANCELLED")
    assert (await made(shop, 100_00))["state"] == "OPEN"


async def test_what_is_not_there_can_not_be_ended(shop):
    [error] = await shop.refused("cancelPaymentLink", paymentLink=new_id(Kind.PAYMENT_LINK, 9))

    assert error["code"] == "NOT_FOUND"
    assert error["path"] == ["paymentLink"]


async def test_what_was_paid_meanwhile_is_not_ended(shop, counter, peer):
    link = await made(shop)
    peer.pay_page(page_of(peer, link))  # we have not heard of it

    done = await shop.do("cancelPaymentLink", paymentLink=link["id"])
    await counter.hear(peer)

    [error] = done["userErrors"]
    assert (error["code"], error["declineCode"]) == ("PROVIDER_REFUSED", "session_complete")
    found = await seen(shop, link["id"])
    assert found["state"] == "PAID"
    assert found["order"]["payments"] == [{"id": found["payments"][0]["id"]}]


@pytest.mark.parametrize("faults", [["lose the answer"] * 3, DEAD])
async def test_an_end_that_nobody_knows_of_is_asked_for_until_it_is_known(
    shop, counter, peer, faults
):
    link = await made(shop)
    peer.faults += faults

    done = await shop.do("cancelPaymentLink", paymentLink=link["id"])

    assert done["userErrors"] == []
    assert done["paymentLink"]["state"] == "CANCELLING"
    peer.faults.clear()
    await counter.settle()
    assert (await seen(shop, link["id"]))["state"] == "CANCELLED"
    assert peer.sessions[page_of(peer, link)]["status"] == "expired"


async def test_money_that_takes_its_time_is_pending_until_stripe_tells(shop, counter, peer):
    link = await made(shop, 100_00)
    paid = peer.pay_page(page_of(peer, link), pending=True)
    await counter.hear(peer)
    waiting = await seen(shop, link["id"])
    [error] = await shop.refused("createPaymentLink", **asking(1))

    peer.clear(paid)
    await counter.hear(peer)

    assert waiting["state"] == "PENDING"
    assert error["code"] == "AMOUNT_EXCEEDS_DUE"
    assert (await seen(shop, link["id"]))["state"] == "PAID"


async def test_what_ran_out_is_due_again_and_late_money_counts_all_the_same(shop, counter, peer):
    link = await made(shop, 100_00)
    ended = {"$set": {"expires_at": LONG_AGO}}
    await shop.database.change(LINKS.name, {"_id": link["id"]}, ended)
    over = await seen(shop, link["id"])
    await made(shop, 100_00)

    peer.pay_page(page_of(peer, link))
    await counter.hear(peer)

    assert over["state"] == "EXPIRED"
    assert (await seen(shop, link["id"]))["state"] == "PAID"
    [incident] = await counter.incidents()
    assert incident["kind"] == "LATE_PAYMENT"
    assert incident["subject"].startswith(link["id"])


async def test_what_is_paid_is_found_without_any_webhook(shop, counter, peer):
    link = await made(shop)
    peer.pay_page(page_of(peer, link))
    peer.lose()

    await counter.catch_up(peer)

    found = await seen(shop, link["id"])
    assert found["state"] == "PAID"
    assert [each["state"] for each in found["payments"]] == ["CAPTURED"]


async def test_it_lives_as_long_as_was_asked(shop, peer):
    until = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)

    link = await made(shop, expiresAt=until.isoformat())

    assert datetime.fromisoformat(link["expiresAt"]) == until
    assert peer.sessions[page_of(peer, link)]["expires_at"] == int(until.timestamp())


@pytest.mark.parametrize(
    "token", [SHOPPERS[0], PARTNER, auth.token(Role.PARTNER, new_id(Kind.CHANNEL, 7))]
)
async def test_who_may_not_is_told_so(shop, token):
    link = await made(shop)

    assert await shop.error("createPaymentLink", token=token, **asking()) == "FORBIDDEN"
    asked = {"paymentLink": link["id"]}
    assert await shop.error("cancelPaymentLink", token=token, **asked) == "FORBIDDEN"


async def test_where_no_account_makes_links_there_are_none(stall):
    [error] = await stall.refused("createPaymentLink", **asking())

    assert error["code"] == "PROVIDER_CANNOT"

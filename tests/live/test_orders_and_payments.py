"""`orderUpdated`, `paymentUpdated` and `availabilityChanged`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from domain.ids import CustomerId, Kind, LocationId
from domain.orders import Order
from domain.viewer import Role, Viewer
from gateway.live import mailbox
from storage.mongo.operations import CHANNELS
from storage.mongo.orders import order_document
from tests.making import a_channel, an_order, new_id
from tests.trading import MUG, ORDERS, mugs, place, tender

PAYMENT = """subscription (
  $payments: [ID!], $orders: [ID!], $customer: ID, $location: ID, $channels: [ID!], $after: Cursor
) {
  paymentUpdated(
    payments: $payments, orders: $orders, customer: $customer, location: $location
    channels: $channels, after: $after
  ) { kind cursor payments { id version captured { minor } } entries { seq type } }
}"""
ORDER = """subscription (
  $orders: [ID!], $customer: ID, $location: ID, $channel: ID, $after: Cursor
) {
  orderUpdated(
    orders: $orders, customer: $customer, location: $location, channel: $channel, after: $after
  ) { kind cursor orders { id paymentStatus } entries { type aggregate } }
}"""
AVAILABILITY = """subscription ($channel: ID!, $after: Cursor) {
  availabilityChanged(skus: ["SKU-0"], channel: $channel, after: $after) {
    kind cursor conflated
    products { sku availability(channel: $channel) { edges { node { sellable } } } }
  }
}"""
CHANNEL = new_id(Kind.CHANNEL, 0)


@pytest.fixture
async def order(stall) -> AsyncIterator[Order]:
    """An order of a customer, sold at a store."""
    found = an_order(
        n=7,
        customer_id=new_id(Kind.CUSTOMER, 7),
        location_ids=(place(0),),
        channel_id=CHANNEL,
    )
    await stall.database.add("orders", [order_document(found)])
    yield found
    await stall.database.delete("orders", {"_id": found.id})


@pytest.fixture
async def channel(stall) -> AsyncIterator[str]:
    """A channel that sells from all locations."""
    found = a_channel(7, sells_from=tuple(place(n) for n in range(3)))
    await stall.database.add(CHANNELS.name, [CHANNELS.document(found)])
    yield found.id
    await stall.database.delete(CHANNELS.name, {"_id": found.id})


async def test_a_payment_is_told_with_each_operation(stall, ears):
    listener = await ears.open(PAYMENT, orders=[ORDERS[0]])
    assert (await listener.next())["payments"] == []

    paid = await stall.do("recordPayment", operation="AUTHORISE", providerRef="auth", **tender())
    one = await listener.next()
    await stall.do(
        "recordPayment", payment=paid["payment"]["id"], operation="CAPTURE", providerRef="capture"
    )
    two = await listener.next()

    assert [each["payments"][0]["captured"]["minor"] for each in (one, two)] == [0, 100_00]
    assert [each["entries"][0]["seq"] for each in (one, two)] == [1, 2]


async def test_an_order_is_told_when_it_is_paid(stall, ears):
    listener = await ears.open(ORDER, orders=ORDERS[:1])
    snapshot = await listener.next()
    assert [each["paymentStatus"] for each in snapshot["orders"]] == ["NONE"]

    await stall.do("recordPayment", **tender(kind="CASH", provider="till"))

    event = await listener.next()
    assert (event["kind"], event["orders"][0]["id"]) == ("CHANGE", ORDERS[0])
    assert event["orders"][0]["paymentStatus"] == "PAID"


async def test_payments_are_told_by_the_channels_they_were_made_in(stall, ears):
    here = await ears.open(PAYMENT, channels=[CHANNEL])
    elsewhere = await ears.open(PAYMENT, channels=[new_id(Kind.CHANNEL, 1)])
    other_order = await ears.open(PAYMENT, channels=[CHANNEL], orders=ORDERS[1:])
    for each in (here, elsewhere, other_order):
        assert (await each.next())["payments"] == []

    await stall.do("recordPayment", **tender(kind="CASH", provider="till"))
    event = await here.next()

    assert (event["kind"], len(event["payments"])) == ("CHANGE", 1)
    for deaf in (elsewhere, other_order):
        deaf._take()
        assert len(deaf.told) == 1


async def test_payments_that_were_missed_are_told_one_by_one(stall, ears):
    first = await ears.open(PAYMENT, orders=[ORDERS[0]])
    cursor = (await first.next())["cursor"]
    first.stream.close()
    for n in range(3):
        await stall.do("recordPayment", **tender(10_00 + n, "CASH", provider="till"))
    await stall.told()

    again = await ears.open(PAYMENT, orders=[ORDERS[0]], after=cursor)

    missed = [await again.next() for _ in range(3)]
    assert [each["payments"][0]["captured"]["minor"] for each in missed] == [10_00, 10_01, 10_02]


async def test_who_is_too_slow_for_payments_is_sent_away_with_a_cursor(stall, ears, monkeypatch):
    monkeypatch.setattr(mailbox, "MOST_MESSAGES", 2)
    slow, quick = [await ears.open(PAYMENT, orders=[ORDERS[0]]) for _ in range(2)]
    await quick.next()
    for n in range(4):
        await stall.do("recordPayment", **tender(10_00 + n, "CASH", provider="till"))
        await quick.next()

    [error] = await slow.ending()

    assert error["extensions"]["code"] == "TOO_SLOW"
    again = await ears.open(PAYMENT, orders=[ORDERS[0]], after=error["extensions"]["cursor"])
    told = [*slow.told, *[await again.next() for _ in range(3)]]
    entries = [entry["seq"] for each in told for entry in each["entries"]]
    minors = [each["payments"][0]["captured"]["minor"] for each in told if each["entries"]]
    assert minors == [10_00, 10_01, 10_02, 10_03]
    assert len(entries) == 4


async def test_a_shopper_hears_of_their_own_and_a_clerk_of_their_store(stall, ears, order):
    owner = Viewer(Role.SHOPPER, customer=order.customer_id)
    other = Viewer(Role.SHOPPER, customer=CustomerId(new_id(Kind.CUSTOMER, 9)))
    here = Viewer(Role.CLERK, location=order.location_ids[0])
    there = Viewer(Role.CLERK, location=LocationId(new_id(Kind.LOCATION, 9)))
    hearing = [
        await ears.open(ORDER, owner, orders=[order.id]),
        await ears.open(ORDER, owner, channel=CHANNEL),
        await ears.open(ORDER, here, channel=CHANNEL),
    ]
    deaf = [
        await ears.open(ORDER, other, orders=[order.id]),
        await ears.open(ORDER, other, customer=order.customer_id),
        await ears.open(ORDER, there, channel=CHANNEL),
        await ears.open(PAYMENT, other, orders=[order.id]),
    ]
    for each in hearing:
        assert order.id in {found["id"] for found in (await each.next())["orders"]}
    for each in deaf:
        event = await each.next()
        assert [*event.get("orders", ()), *event.get("payments", ())] == []

    given = {**tender(kind="CASH", provider="till"), "order": order.id}
    await stall.do("recordPayment", **given)

    for each in hearing:
        event = await each.next()
        assert event["orders"][0]["id"] == order.id
    assert hearing[0].told[-1]["entries"] == []
    for each in deaf:
        each._take()
        assert len(each.told) == 1


async def test_a_visitor_hears_what_may_be_promised(stall, ears, channel):
    listener = await ears.open(AVAILABILITY, Viewer(), channel=channel)
    snapshot = await listener.next()
    await stall.do("reserveStock", lines=[mugs(1)])

    event = await listener.next()

    before, after = [
        sum(edge["node"]["sellable"] for edge in each["products"][0]["availability"]["edges"])
        for each in (snapshot, event)
    ]
    assert event["products"][0]["sku"] == MUG
    assert after == before - 1


async def test_what_changes_no_promise_is_not_told(stall, ears, channel):
    listener = await ears.open(AVAILABILITY, Viewer(), channel=channel)
    await listener.next()
    held = await stall.reserved(mugs(1))
    await listener.next()

    await stall.do("commitReservation", reservation=held, order=ORDERS[0])
    await stall.do("reserveStock", lines=[mugs(2)])

    event = await listener.next()
    assert event["products"]
    assert len(listener.told) == 3


@pytest.mark.parametrize("query", [ORDER, PAYMENT])
async def test_nobody_listens_without_a_name(ears, query):
    code, _ = await ears.refused(query, Viewer(), location=place(0))

    assert code == "FORBIDDEN"


async def test_a_channel_that_is_not_there_is_refused(ears):
    code, message = await ears.refused(AVAILABILITY, channel=new_id(Kind.CHANNEL, 99))

    assert (code, message[:20]) == ("BAD_USER_INPUT", "There is no channel ")

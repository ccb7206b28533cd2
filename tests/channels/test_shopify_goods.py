"""Where Shopify says that the goods of an order are: to be sent, sent, or on a shelf again."""

from __future__ import annotations

from typing import Any

import pytest

from domain.channels.told import GoodsTold, Parcel
from domain.ids import Sku
from tests.channels.shopping import a_line, at
from tests.channels.test_shopify import ordered

MUG = Sku("SKU-0")
HALF = {"fulfillment_status": "partial"}
WHOLE = {"fulfillment_status": "fulfilled"}


def goods(quantity: int = 2, left: int = 2, **fields: Any) -> GoodsTold:
    line = a_line(quantity=quantity, fulfillable_quantity=left)
    found = ordered(**{"line_items": [line], "fulfillments": [], **fields}).goods
    assert found
    return found


def sending(units: int, place: int | None, **fields: Any) -> dict[str, Any]:
    line = {"id": 71, "quantity": units}
    return {"created_at": at(5), "location_id": place, "line_items": [line], **fields}


def refunded(kind: str, place: int | None) -> list[dict[str, Any]]:
    back = {"quantity": 1, "restock_type": kind, "line_item_id": 71, "location_id": place}
    return [{"created_at": at(9), "refund_line_items": [back]}]


def places(parcels: tuple[Parcel, ...]) -> list[tuple[int, str | None]]:
    assert all(each.sku == MUG for each in parcels)
    return [(each.units, each.place) for each in parcels]


def test_what_is_open_is_somewhere_that_webhooks_do_not_say():
    found = goods()

    assert (places(found.open), found.sent, found.is_placed) == ([(2, None)], (), False)


def test_whoever_was_not_asked_what_was_sent_says_nothing_of_goods():
    assert ordered().goods is None


def test_what_was_sent_was_sent_from_somewhere_at_some_time():
    found = goods(left=1, fulfillments=[sending(1, 77, status="success")], **HALF)

    [sent] = found.sent
    assert (sent.units, sent.place, sent.at.isoformat()) == (1, "77", at(5))
    assert places(found.open) == [(1, None)]


@pytest.mark.parametrize("status", ["cancelled", "error", "failure"])
def test_what_was_not_sent_after_all_is_still_open(status):
    found = goods(left=2, fulfillments=[sending(2, 77, status=status)])

    assert (places(found.open), found.sent) == ([(2, None)], ())


def test_no_more_was_sent_than_the_line_says():
    found = goods(left=1, fulfillments=[sending(2, 77), sending(2, 78)], **HALF)

    assert places(found.sent) == [(1, "77")]


def test_what_was_sent_and_nobody_says_from_where_is_sent_all_the_same():
    found = goods(left=0, fulfillments=[sending(1, None)], **WHOLE)

    assert places(found.sent) == [(1, None), (1, None)]


@pytest.mark.parametrize(
    ("kind", "back"),
    [("return", [(1, "78")]), ("legacy_restock", [(1, "78")]), ("no_restock", [])],
)
def test_what_came_back_is_on_a_shelf_only_if_it_is_said(kind, back):
    sent = [sending(2, 77)]
    found = goods(left=0, fulfillments=sent, refunds=refunded(kind, 78), **WHOLE)

    assert (places(found.sent), places(found.back)) == ([(2, "77")], back)


def test_what_was_cancelled_is_nowhere():
    found = goods(left=0, cancelled_at=at(6))

    assert (found.open, found.sent, found.back) == ((), (), ())

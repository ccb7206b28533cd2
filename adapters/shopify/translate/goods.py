"""Where the goods of an order are: still to be sent, sent, or on a shelf again.

The lines say how many of each there are; what Shopify says of places and times is spread over them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from adapters.shopify.translate.amounts import number
from adapters.shopify.translate.shapes import Id, Named, OfLine, Sold
from adapters.shopify.translate.words import RESTOCKED, SENT
from domain.channels.told import GoodsTold, LineTold, Parcel

Stop = tuple[OfLine, str | None, datetime | None]
"""Units of a line at a place, and when they got there."""


def told(sold: Sold, lines: Sequence[LineTold]) -> GoodsTold | None:
    """None: it was not asked what was sent."""
    if sold.fulfillments is None:
        return None
    at = sold.processed_at or sold.created_at
    sold_at = _place(sold.location, sold.location_id)
    to_send, sent, back = [*_to_send(sold)], [*_sent(sold)], [*_back(sold)]
    return GoodsTold(
        open=_parcels(lines, to_send, _open, None, None),
        sent=_parcels(lines, sent, lambda line: line.handed_over, sold_at, at),
        back=_parcels(lines, back, lambda line: _restocked(line, back), sold_at, at),
        is_placed=sold.to_send is not None,
    )


def _open(line: LineTold) -> int:
    return line.ordered - line.cancelled - line.handed_over


def _restocked(line: LineTold, back: Sequence[Stop]) -> int:
    """No more than came back at all."""
    units = sum(each.quantity for each, _, _ in back if number(each.line) == line.ref)
    return min(units, line.returned)


def _parcels(
    lines: Sequence[LineTold],
    stops: Sequence[Stop],
    units: Callable[[LineTold], int],
    place: str | None,
    at: datetime | None,
) -> tuple[Parcel, ...]:
    """All units of each line, where they are said to be; the rest at `place` and `at`."""
    found = list[Parcel]()
    for line in lines:
        left = units(line)
        for of, where, when in stops:
            here = min(left, of.quantity) if number(of.line) == line.ref else 0
            found += [Parcel(line.sku, here, where, when)] if here else []
            left -= here
        found += [Parcel(line.sku, left, place, at)] if left else []
    return tuple(found)


def _to_send(sold: Sold) -> Iterator[Stop]:
    for order in sold.to_send or ():
        place = _place(order.assigned.location, None)
        yield from ((each, place, None) for each in order.line_items)


def _sent(sold: Sold) -> Iterator[Stop]:
    for sending in sold.fulfillments or ():
        if (sending.status or "success").lower() in SENT:
            place = _place(sending.location, sending.location_id)
            yield from ((each, place, sending.created_at) for each in sending.line_items)


def _back(sold: Sold) -> Iterator[Stop]:
    at = sold.processed_at or sold.created_at
    for refund in sold.refunds:
        for each in refund.refund_line_items:
            if each.restock_type.lower() in RESTOCKED:
                yield each, _place(each.location, each.location_id), refund.created_at or at


def _place(named: Named | None, id: Id | None) -> str | None:
    found = named.id if named else id
    return number(found) if found else None

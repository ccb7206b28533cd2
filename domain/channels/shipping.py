"""What the orders of shops do to our shelves: they promise units, send them, and bring them back.

Channels tell of whole orders. What an order has moved so far is kept with it, so that only the
difference to what is told now is moved, whatever came before, however often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from domain.channels import sales
from domain.channels.people import seen
from domain.channels.told import GoodsTold, OrderTold, Parcel
from domain.ids import LocationId, Sku
from domain.orders import VOID, OrderState
from domain.refusals import Invalid, Refusal
from domain.values import MAX_INT, Count, Seen, whole_milliseconds

Shelf = tuple[Sku, LocationId]

PLACED, UNPLACED = "1.", "0."
"""Of two that were told in the same second, the one that says where things are counts."""


class Piece(Struct, frozen=True):
    """Units of an order on a shelf of ours: promised (`at` is None), or sent at a time.

    What came back is negative.
    """

    sku: Sku
    location_id: LocationId
    units: int
    at: datetime | None = None

    @property
    def shelf(self) -> Shelf:
        return self.sku, self.location_id


class Shipment(Struct, frozen=True, kw_only=True):
    """What an order of a shop has moved so far, and by which telling.

    `id` is the order's name, as `system:order:ref`; `account` the shop's, as it is configured.
    """

    id: str = msgspec.field(name="_id")
    version: Count = 0
    account: str
    seen: Seen
    is_placed: bool = False
    pieces: tuple[Piece, ...] = ()


class Change(Struct, frozen=True):
    """What an order does to a shelf now: so many more (or fewer) are promised, and sent when."""

    shelf: Shelf
    open: int = 0
    sent: tuple[tuple[datetime, int], ...] = ()


def wrong(told: OrderTold) -> Iterator[Refusal]:
    """What cannot be of the goods of an order, whoever says it."""
    goods = told.goods or GoodsTold()
    for each in (*goods.open, *goods.sent, *goods.back):
        if not 0 < each.units <= MAX_INT:
            yield Invalid(why=f"{each.units} units of {each.sku!r} cannot be sent.")


def begun(told: OrderTold, goods: GoodsTold, provider: str, account: str) -> Shipment:
    """The order as it is told, before its goods are put on shelves."""
    placed = PLACED if goods.is_placed else UNPLACED
    return Shipment(
        id=sales.order_key(provider, told.ref),
        account=account,
        seen=seen(told.as_of, goods, sales.rank(told) + placed),
        is_placed=goods.is_placed or not goods.open,
    )


def pieces(
    told: OrderTold,
    goods: GoodsTold,
    places: Mapping[str | None, LocationId],
    before: Shipment | None,
) -> tuple[Piece, ...]:
    """The goods on our shelves; those at places that are none of ours are left out.

    What it does not say from where to send stays where it was to be sent from.
    """
    is_open = told.state not in {*VOID, OrderState.DRAFT}
    kept = _kept(before.pieces if before else ())
    units = Counter[tuple[Shelf, datetime | None]]()
    for sign, some in ((1, goods.open if is_open else ()), (1, goods.sent), (-1, goods.back)):
        for each in some:
            at = each.at and whole_milliseconds(each.at)
            known = kept.get(each.sku) if each.place is None and at is None else None
            if place := known or places.get(each.place):
                units[(each.sku, place), at] += sign * each.units
    return tuple(Piece(*shelf, n, at) for (shelf, at), n in units.items() if n)


def _kept(pieces: Sequence[Piece]) -> Mapping[Sku, LocationId]:
    """Where an order's units are promised, by sku."""
    return {each.sku: each.location_id for each in pieces if each.at is None}


def unplaced(goods: GoodsTold, places: Collection[str | None]) -> list[Parcel]:
    """Those of which nobody says where they are, and nobody has configured it."""
    parcels = (*goods.open, *goods.sent, *goods.back)
    return [each for each in parcels if each.place is None and None not in places]


def changes(before: Sequence[Piece], after: Sequence[Piece]) -> list[Change]:
    """What is to be moved so that `before` becomes `after`, in an order that all share."""
    units = dict[Shelf, dict[datetime | None, int]]()
    for sign, some in ((-1, before), (1, after)):
        for each in some:
            on_shelf = units.setdefault(each.shelf, {})
            on_shelf[each.at] = on_shelf.get(each.at, 0) + sign * each.units
    return [
        Change(shelf, moved.pop(None, 0), tuple((at, n) for at, n in moved.items() if at and n))
        for shelf, moved in sorted(units.items())
        if any(moved.values())
    ]


def moved(
    before: Sequence[Piece], after: Sequence[Piece], left_out: Collection[Shelf]
) -> tuple[Piece, ...]:
    """What an order has moved once `after` is done, but on shelves where nothing was."""
    return (
        *(each for each in before if each.shelf in left_out),
        *(each for each in after if each.shelf not in left_out),
    )

"""Order lines: each unit in exactly one bucket, as its leg of the sale decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from adapters.demo.courses import Leg, Money
from adapters.demo.dice import Dice
from adapters.demo.master import COUNTRIES
from adapters.demo.parcels import Shipment, starts_at
from adapters.demo.plans import Item, Sale
from domain.catalog import Location
from domain.ids import Kind, LocationId, OrderLineId
from domain.money import TaxedMoney
from domain.orders import (
    VOID,
    Allocation,
    DeliveryChoice,
    DeliveryMode,
    FulfillmentState,
    OrderLine,
    ReturnState,
)
from domain.payments import OperationPhase

_F = FulfillmentState
BUCKETS = {
    _F.PLANNED: "allocated",
    _F.ACCEPTED: "allocated",
    _F.PICKING: "in_hand",
    _F.PACKED: "in_hand",
    _F.READY: "in_hand",
    _F.SHIPPED: "handed_over",
    _F.DELIVERED: "handed_over",
    _F.COLLECTED: "handed_over",
    _F.LOST: "handed_over",
    _F.REJECTED: "unsourced",
    _F.CANCELLED: "cancelled",
    _F.UNCOLLECTED: "cancelled",
}
KEPT = frozenset({"allocated", "in_hand", "handed_over"})
CAPTURED = frozenset({Money.PAID, Money.RETRIED, Money.SPLIT, Money.CREDIT, Money.RECAPTURED})
TAKEN_IN = frozenset({ReturnState.RECEIVED, ReturnState.INSPECTED, ReturnState.CLOSED})

PROMISED = {
    DeliveryMode.PICK_UP: timedelta(hours=2),
    DeliveryMode.SHIP: timedelta(days=3),
    DeliveryMode.SHIP_FROM_STORE: timedelta(days=2),
}


class Moves(Struct, frozen=True):
    """Units of a line that never reach the customer, and units that come back."""

    gone: int = 0
    coming: int = 0


def drawn(
    dice: Dice, sale: Sale, shipped: Sequence[Shipment], warehouse: Location
) -> list[OrderLine]:
    """The lines as the legs of the sale leave them."""
    found = [_line(dice, sale, item, shipped, warehouse) for item in sale.items]
    return [_one_missing(found[0]), *found[1:]] if sale.course.is_short else found


def _line(
    dice: Dice, sale: Sale, item: Item, shipped: Sequence[Shipment], warehouse: Location
) -> OrderLine:
    currency = COUNTRIES[sale.country].currency
    price = next(price for price in item.product.prices if price.currency == currency)
    tax = currency, price.tax_code, price.rate_bps
    units = {_bucket(sale, item.leg): item.quantity}
    return OrderLine(
        id=OrderLineId(dice.id(Kind.ORDER_LINE, sale.placed_at)),
        sku=item.product.sku,
        name=item.product.name,
        ordered=item.quantity,
        cancelled=units.get("cancelled", 0),
        unsourced=units.get("unsourced", 0),
        allocated=units.get("allocated", 0),
        in_hand=units.get("in_hand", 0),
        handed_over=units.get("handed_over", 0),
        unit_price=TaxedMoney.of(price.unit_minor, *tax),
        line_total=TaxedMoney.of(price.unit_minor * item.quantity, *tax),
        delivery=_delivery(sale, item.leg, warehouse),
        allocations=_allocations(item, shipped) if units.keys() & KEPT else (),
    )


def _bucket(sale: Sale, leg: Leg) -> str:
    if sale.course.state in VOID:
        return "cancelled"
    if leg.mode is DeliveryMode.TAKE_NOW:
        return "handed_over"
    return BUCKETS[leg.states[-1]] if leg.states else "unsourced"


def _delivery(sale: Sale, leg: Leg, warehouse: Location) -> DeliveryChoice:
    where = LocationId(starts_at(sale, leg, warehouse).id)
    takes = PROMISED.get(leg.mode)
    return DeliveryChoice(leg.mode, where, sale.placed_at + takes if takes else None)


def _allocations(item: Item, shipped: Sequence[Shipment]) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(shipment.location_id, item.quantity, shipment.id)
        for shipment in shipped
        if shipment.is_last and shipment.leg == item.leg
    )


def _one_missing(line: OrderLine) -> OrderLine:
    left = line.ordered - 1
    kept = tuple(Allocation(a.location_id, left, a.fulfillment_id) for a in line.allocations)
    return replace(line, cancelled=1, handed_over=left, allocations=kept)


def moves(sale: Sale, found: Sequence[OrderLine]) -> list[Moves]:
    """What is lost or cancelled, and what comes back: one unit of the first line, or all."""
    made: list[Moves] = []
    comeback, is_first = sale.course.comeback, True
    for item, line in zip(sale.items, found, strict=True):
        gone = line.ordered if _F.LOST in item.leg.states else line.cancelled
        units = 0
        if comeback and line.handed_over > gone:
            units = line.handed_over if comeback.whole else int(is_first)
            is_first = False
        made.append(Moves(gone, units))
    return made


def settled(sale: Sale, found: Sequence[OrderLine], moved: Sequence[Moves]) -> list[OrderLine]:
    """The lines with what came back, and for what money went back."""
    comeback = sale.course.comeback
    came_back = comeback is not None and comeback.state in TAKEN_IN
    repaid = comeback is not None and comeback.refund is OperationPhase.SUCCEEDED
    captured = sale.course.money in CAPTURED
    return [
        replace(
            line,
            returned=move.coming if came_back else 0,
            refunded=(move.gone if captured else 0) + (move.coming if repaid else 0),
        )
        if move.gone or move.coming
        else line
        for line, move in zip(found, moved, strict=True)
    ]

"""Parcels and pick-ups: the goods' way to the customer."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from adapters.demo.courses import Leg
from adapters.demo.dice import Dice
from adapters.demo.master import COUNTRIES
from adapters.demo.plans import Sale
from domain.catalog import Location
from domain.ids import FulfillmentId, Kind, LocationId, OrderId
from domain.orders import (
    DeliveryMode,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Order,
    PickupTicket,
    Tracking,
)
from domain.values import Actor, ActorKind

_F = FulfillmentState
LABELLED = frozenset({_F.PACKED, _F.SHIPPED, _F.DELIVERED, _F.LOST})
CALLED = frozenset({_F.READY, _F.COLLECTED, _F.UNCOLLECTED})
KEPT_FOR = timedelta(days=7)


class Shipment(Struct, frozen=True):
    """What a location does, or did, for one leg of a sale; `is_last`: nobody took over."""

    id: FulfillmentId
    leg: Leg
    location: Location
    state: FulfillmentState
    is_last: bool

    @property
    def location_id(self) -> LocationId:
        return LocationId(self.location.id)


def shipments(dice: Dice, sale: Sale, warehouse: Location) -> list[Shipment]:
    """Who sends or hands out the goods of each leg; a second one where the first refused."""
    return [
        Shipment(
            FulfillmentId(dice.id(Kind.FULFILLMENT, sale.at(5 + 10 * turn))),
            leg,
            sale.other_store if turn else starts_at(sale, leg, warehouse),
            state,
            is_last=turn == len(leg.states) - 1,
        )
        for leg in sale.course.legs
        for turn, state in enumerate(leg.states)
    ]


def starts_at(sale: Sale, leg: Leg, warehouse: Location) -> Location:
    """The location that a leg is meant to start from."""
    if leg.mode is DeliveryMode.SHIP:
        return warehouse
    if leg.mode is DeliveryMode.SHIP_FROM_STORE and sale.is_at_till:
        return sale.other_store
    return sale.store


def fulfillments(
    dice: Dice, sale: Sale, order: Order, shipped: list[Shipment]
) -> list[Fulfillment]:
    return [_fulfillment(dice, sale, order, shipment) for shipment in shipped]


def _fulfillment(dice: Dice, sale: Sale, order: Order, shipment: Shipment) -> Fulfillment:
    mode = shipment.leg.mode
    return Fulfillment(
        id=shipment.id,
        version=1 + list(FulfillmentState).index(shipment.state),
        updated_at=sale.at(45 if shipment.is_last else 10),
        order_id=OrderId(order.id),
        customer_id=order.customer_id,
        channel_id=order.channel_id,
        location_id=shipment.location_id,
        location_ids=order.location_ids,
        mode=mode,
        state=shipment.state,
        lines=tuple(_lines(sale, order, shipment)),
        tracking=(_tracking(dice, sale.country),) if shipment.state in LABELLED else (),
        pickup=_ticket(dice, sale, shipment) if mode is DeliveryMode.PICK_UP else None,
    )


def _lines(sale: Sale, order: Order, shipment: Shipment) -> list[FulfillmentLine]:
    """What is on the way; what was found missing before is not, what was cancelled with it is."""
    ended = shipment.state in {_F.CANCELLED, _F.UNCOLLECTED}
    return [
        FulfillmentLine(line.id, line.ordered if ended else line.ordered - line.cancelled)
        for item, line in zip(sale.items, order.lines, strict=True)
        if item.leg == shipment.leg
    ]


def _tracking(dice: Dice, country: str) -> Tracking:
    where = COUNTRIES[country]
    code = f"{dice.digits(11)}{country}"
    return Tracking(where.carrier, code, where.tracking_url.format(code))


def _ticket(dice: Dice, sale: Sale, shipment: Shipment) -> PickupTicket:
    code = dice.text(6)
    if shipment.state not in CALLED:
        return PickupTicket(code)
    ready_at = sale.at(30)
    checked = staff(sale, shipment.location) if shipment.state is _F.COLLECTED else None
    return PickupTicket(code, ready_at, ready_at + KEPT_FOR, checked)


def staff(sale: Sale, location: Location) -> Actor:
    """Whoever stands at the counter of `location`."""
    code = location.code
    return Actor(
        ActorKind.STAFF, f"staff-{code}-1", f"Counter {code}", sale.channel_id, f"till-{code}-1"
    )

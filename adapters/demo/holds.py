"""What is written down beside the levels: whom units are held for, and what is on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from adapters.demo.dice import Dice
from adapters.demo.levels import CART_SECONDS
from adapters.demo.people import Person
from domain.catalog import Location, LocationKind
from domain.ids import CustomerId, Kind, LocationId, Sku
from domain.stock import (
    Hold,
    Reservation,
    ReservationLine,
    ReservationState,
    StockLevel,
    Transfer,
    TransferState,
)
from domain.viewer import SYSTEM, Role, Viewer

CART = timedelta(seconds=CART_SECONDS)


def reservations(
    levels: Sequence[StockLevel], buyers: Mapping[str, CustomerId | None], people: Sequence[Person]
) -> list[Reservation]:
    """A row for each hold on a level; a cart is somebody's, a payment in flight its buyer's."""
    dice = Dice("carts")
    return [
        _reservation(level, key, hold, buyers[key] if key in buyers else dice.early(people).id)
        for level in levels
        for key, hold in level.reservations.items()
    ]


def _reservation(level: StockLevel, key: str, hold: Hold, buyer: CustomerId | None) -> Reservation:
    """What a guest is buying is held by the shop itself."""
    owner = Viewer(Role.SHOPPER, customer=buyer) if buyer else SYSTEM
    return Reservation(
        id=key,
        version=1 if hold.state is ReservationState.ACTIVE else 2,
        updated_at=hold.until - CART,
        state=hold.state,
        lines=(ReservationLine(Sku(level.sku), level.location_id, hold.quantity),),
        expires_at=hold.until,
        owner=owner.principal,
    )


def transfers(levels: Sequence[StockLevel], locations: Sequence[Location]) -> list[Transfer]:
    """What the stores wait for has left the warehouse."""
    dice = Dice("transfers")
    kinds = {location.id: location.kind for location in locations}
    warehouse = next(key for key, kind in kinds.items() if kind is LocationKind.WAREHOUSE)
    return [
        _transfer(dice, level, LocationId(warehouse))
        for level in levels
        if level.incoming and kinds[level.location_id] is LocationKind.STORE
    ]


def _transfer(dice: Dice, level: StockLevel, warehouse: LocationId) -> Transfer:
    return Transfer(
        id=dice.id(Kind.TRANSFER),
        updated_at=level.updated_at,
        state=TransferState.IN_TRANSIT,
        sku=level.sku,
        source_id=warehouse,
        target_id=level.location_id,
        quantity=level.incoming,
        sent_at=level.updated_at,
    )

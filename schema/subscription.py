"""The root of all that is told as it happens."""

from __future__ import annotations

import strawberry
from strawberry import ID

from domain.pages import Cursor
from resolvers import live
from schema.events import (
    AvailabilityEvent,
    IncidentEvent,
    OrderEvent,
    PaymentEvent,
    StockEvent,
)
from schema.fields import Column, argument, stream
from schema.operations import IncidentKind

AFTER = {"after": argument(Cursor | None, "Tell what happened since this cursor, and go on.")}


@strawberry.type(
    description="Everything that is told as it happens: how things are, then each change in order, "
    "and a heartbeat when it is quiet. Who comes back with the last cursor misses nothing."
)
class Subscription:
    """Everything that is told as it happens."""

    stock_changed: StockEvent = stream(
        live.stock_changed,
        "For staff: levels of these products, at these locations; at least one of the two.",
        Column.STOCK,
        skus=argument(list[str] | None, "Of which products, by sku; up to 200."),
        locations=argument(list[ID] | None, "Where."),
        **AFTER,
    )
    availability_changed: AvailabilityEvent = stream(
        live.availability_changed,
        "What a channel may promise of products.",
        Column.STOCK,
        skus=argument(list[str], "Of which products, by sku; up to 200."),
        channel=argument(ID, "The channel."),
        **AFTER,
    )
    order_updated: OrderEvent = stream(
        live.order_updated,
        "Orders that changed, or anything that belongs to them; it begins with the newest. At "
        "least one condition; all that are given must hold.",
        Column.ORDERS,
        orders=argument(list[ID] | None, "These; up to 200."),
        customer=argument(ID | None, "A customer's."),
        location=argument(ID | None, "Sold at, sent from or returned to a location."),
        channel=argument(ID | None, "Sold through a channel."),
        **AFTER,
    )
    payment_updated: PaymentEvent = stream(
        live.payment_updated,
        "Payments that changed; it begins with the newest. At least one condition; all that are "
        "given must hold.",
        Column.PAYMENTS,
        payments=argument(list[ID] | None, "These; up to 200."),
        orders=argument(list[ID] | None, "Of these orders."),
        customer=argument(ID | None, "A customer's."),
        location=argument(ID | None, "Taken at a location."),
        **AFTER,
    )
    incident_opened: IncidentEvent = stream(
        live.incident_opened,
        "For staff: incidents, as they are opened; it begins with those that are open.",
        Column.OPERATIONS,
        kinds=argument(list[IncidentKind] | None, "Only of these kinds."),
        **AFTER,
    )

"""What subscriptions tell."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain import live
from domain.live import EventKind
from domain.pages import Cursor
from schema.catalog import Product
from schema.fields import attribute, enumerated, shows
from schema.operations import Incident, JournalEntry
from schema.orders import Order
from schema.payments import Payment
from schema.stock import StockLevel

ENTRIES = "For staff: the changes that it tells of, in order; none of a snapshot."
CONFLATED = "So many changes were folded into this one, because the client was slow; 0 otherwise."

enumerated(EventKind)


@strawberry.interface(description="One message of a subscription.")
class StreamEvent:
    """One message of a subscription."""

    kind: EventKind = attribute("What sort of message it is.")
    cursor: Cursor = attribute("Come back with it as `after`, and nothing is missed.")
    at: datetime = attribute("When it was so.")


@shows(live.StockEvent)
class StockEvent(StreamEvent):
    """Stock levels: in a snapshot all of them, in a change the one that changed, as it then was."""

    levels: list[StockLevel] = attribute("The levels.")
    conflated: int = attribute(CONFLATED)
    entries: list[JournalEntry] = attribute(ENTRIES)


@shows(live.AvailabilityEvent)
class AvailabilityEvent(StreamEvent):
    """Products of which a channel may promise something else now."""

    products: list[Product] = attribute("The products; ask for their `availability`.")
    conflated: int = attribute(CONFLATED)


@shows(live.OrderEvent)
class OrderEvent(StreamEvent):
    """Orders, as they are by then."""

    orders: list[Order] = attribute("The orders.")
    entries: list[JournalEntry] = attribute(ENTRIES)


@shows(live.PaymentEvent)
class PaymentEvent(StreamEvent):
    """Payments, as they are by then."""

    payments: list[Payment] = attribute("The payments.")
    entries: list[JournalEntry] = attribute(ENTRIES)


@shows(live.IncidentEvent)
class IncidentEvent(StreamEvent):
    """Incidents that were opened."""

    incidents: list[Incident] = attribute("The incidents.")
    entries: list[JournalEntry] = attribute(ENTRIES)

"""What a subscriber is told.

An event stands at one place of the journal, its `cursor`: who comes back with it is told what
came behind. Stock is shown exactly as it was there; an order or payment as it is by then, which
may be later but never before. Products are shown with what may be promised of them by then.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.catalog import Product
from domain.incidents import Incident
from domain.journal import JournalEntry
from domain.orders import Order
from domain.pages import Cursor
from domain.payments import Payment
from domain.stock import StockLevel


class EventKind(StrEnum):
    """SNAPSHOT: how things are. CHANGE: what happened next. HEARTBEAT: nothing did.

    GAP: what happened cannot be told any more; how things are now follows.
    """

    SNAPSHOT = "SNAPSHOT"
    CHANGE = "CHANGE"
    HEARTBEAT = "HEARTBEAT"
    GAP = "GAP"


class Event(Struct, frozen=True, kw_only=True):
    """What all events have; `entries` are the changes that it tells of, in order."""

    kind: EventKind
    cursor: Cursor
    at: datetime
    entries: tuple[JournalEntry, ...] = ()


class StockEvent(Event, frozen=True, kw_only=True):
    """`conflated` counts the changes that were folded into this one for a slow client."""

    levels: tuple[StockLevel, ...] = ()
    conflated: int = 0


class AvailabilityEvent(Event, frozen=True, kw_only=True):
    """Products of which something else may be promised now."""

    products: tuple[Product, ...] = ()
    conflated: int = 0


class OrderEvent(Event, frozen=True, kw_only=True):
    """Orders, when anything about them changed."""

    orders: tuple[Order, ...] = ()


class PaymentEvent(Event, frozen=True, kw_only=True):
    """Payments that changed."""

    payments: tuple[Payment, ...] = ()


class IncidentEvent(Event, frozen=True, kw_only=True):
    """Incidents that were opened; in a snapshot, those that are open."""

    incidents: tuple[Incident, ...] = ()

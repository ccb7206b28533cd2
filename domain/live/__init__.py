"""What subscribers are told: topics, events, and the cursors between them."""

from domain.live.cursors import Cursors
from domain.live.events import (
    AvailabilityEvent,
    Event,
    EventKind,
    IncidentEvent,
    OrderEvent,
    PaymentEvent,
    StockEvent,
)
from domain.live.topics import (
    AvailabilityTopic,
    IncidentTopic,
    OrderTopic,
    PaymentTopic,
    StockTopic,
    Subscribed,
    Topic,
    checked,
)

__all__ = [
    "AvailabilityEvent",
    "AvailabilityTopic",
    "Cursors",
    "Event",
    "EventKind",
    "IncidentEvent",
    "IncidentTopic",
    "OrderEvent",
    "OrderTopic",
    "PaymentEvent",
    "PaymentTopic",
    "StockEvent",
    "StockTopic",
    "Subscribed",
    "Topic",
    "checked",
]

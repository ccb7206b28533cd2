"""Units at a place, and what may be promised of them."""

from domain.stock.availability import (
    BEST_FIRST,
    Availability,
    AvailabilityTerm,
    Promise,
    availability,
    explained,
    offers,
    promise_of,
    within_distance,
)
from domain.stock.levels import (
    BY_SKU,
    Authority,
    Hold,
    ReservationState,
    StockLevel,
    StockQuery,
)

__all__ = [
    "BEST_FIRST",
    "BY_SKU",
    "Authority",
    "Availability",
    "AvailabilityTerm",
    "Hold",
    "Promise",
    "ReservationState",
    "StockLevel",
    "StockQuery",
    "availability",
    "explained",
    "offers",
    "promise_of",
    "within_distance",
]

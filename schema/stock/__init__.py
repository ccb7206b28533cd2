"""Stock levels, what may be promised of them, and how they change."""

from schema.stock.changes import Reservation, Transfer
from schema.stock.levels import (
    Availability,
    AvailabilityConnection,
    StockLevel,
    StockLevelConnection,
)

__all__ = [
    "Availability",
    "AvailabilityConnection",
    "Reservation",
    "StockLevel",
    "StockLevelConnection",
    "Transfer",
]

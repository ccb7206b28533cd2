"""Stock levels, what may be promised of them, and how they change."""

from schema.stock.levels import (
    Availability,
    AvailabilityConnection,
    StockLevel,
    StockLevelConnection,
)

__all__ = ["Availability", "AvailabilityConnection", "StockLevel", "StockLevelConnection"]

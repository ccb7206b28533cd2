"""What the rooms above need of databases and files, in the domain's own words."""

from domain.ports.filling import Feed, Intake, Shelf, ShelfState
from domain.ports.reading import (
    Catalog,
    Channels,
    Customers,
    Orders,
    Payments,
    Repositories,
    Stock,
)

__all__ = [
    "Catalog",
    "Channels",
    "Customers",
    "Feed",
    "Intake",
    "Orders",
    "Payments",
    "Repositories",
    "Shelf",
    "ShelfState",
    "Stock",
]

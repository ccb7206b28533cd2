"""What the rooms above need of databases and files, in the domain's own words."""

from domain.ports.filling import Feed, Intake, Shelf, ShelfState
from domain.ports.reading import (
    Catalog,
    Channels,
    Customers,
    Incidents,
    Journal,
    Orders,
    Payments,
    Repositories,
    Stock,
)
from domain.ports.wanted import EVERYTHING, Attributes, Wanted
from domain.ports.writing import (
    Busy,
    Changed,
    Claims,
    Found,
    Holds,
    Overtaken,
    Place,
    Stores,
    Tills,
    Work,
)

__all__ = [
    "EVERYTHING",
    "Attributes",
    "Busy",
    "Catalog",
    "Changed",
    "Channels",
    "Claims",
    "Customers",
    "Feed",
    "Found",
    "Holds",
    "Incidents",
    "Intake",
    "Journal",
    "Orders",
    "Overtaken",
    "Payments",
    "Place",
    "Repositories",
    "Shelf",
    "ShelfState",
    "Stock",
    "Stores",
    "Tills",
    "Wanted",
    "Work",
]

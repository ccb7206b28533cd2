"""Repositories behind something that sees their reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.ports import (
    Catalog,
    Channels,
    Customers,
    Incidents,
    Journal,
    Orders,
    Payments,
    Repositories,
    Stock,
    Wanted,
)

Wrap = Callable[[str, object], Any]
"""Makes of a repository, and its name, one that has the same reads."""


class Wrapped:
    """`ports.Repositories`."""

    def __init__(self, repositories: Repositories, wrap: Wrap) -> None:
        self._repositories = repositories
        self._wrap = wrap
        self.customers: Customers = wrap("customers", repositories.customers)
        self.catalog: Catalog = wrap("catalog", repositories.catalog)
        self.stock: Stock = wrap("stock", repositories.stock)
        self.orders: Orders = wrap("orders", repositories.orders)
        self.payments: Payments = wrap("payments", repositories.payments)
        self.channels: Channels = wrap("channels", repositories.channels)
        self.incidents: Incidents = wrap("incidents", repositories.incidents)
        self.journal: Journal = wrap("journal", repositories.journal)

    def narrowed(self, wanted: Wanted) -> Wrapped:
        return Wrapped(self._repositories.narrowed(wanted), self._wrap)

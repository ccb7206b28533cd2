"""What channels tell of becomes part of the books: what is read before, and the one write."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from domain.catalog import Product
from domain.customers import Customer, IdentityKind
from domain.ids import CustomerId, LocationId, OrderId, Sku
from domain.journal import Happening
from domain.orders import Order
from domain.payments import Payment
from domain.stock import StockLevel

Landed = Customer | Order | Product | StockLevel


class Records(Protocol):
    """Things by the names that channels have for them. No viewer: the command knows reach."""

    async def people(
        self, accounts: Sequence[str], evidence: Collection[tuple[IdentityKind, str]]
    ) -> Sequence[Customer]:
        """Customers who have one of the accounts (`channel:ref`), or share some evidence."""
        ...

    async def person(self, id: CustomerId) -> Customer | None: ...

    async def paid_by(self, payer_key: str) -> Sequence[Payment]:
        """Payments by a provider's account (`channel:ref`) of which nobody knew whose it is."""
        ...

    async def order(self, refs: Sequence[str]) -> Order | None:
        """The order that has one of these references (`system:kind:value`)."""
        ...

    async def numbered(self, number: str) -> Order | None: ...

    async def payments(self, order: OrderId, refs: Sequence[str]) -> Sequence[Payment]:
        """Payments of an order, or that say that they are for it, by the order's references."""
        ...

    async def product(self, sku: Sku) -> Product | None: ...

    async def place(self, code: str) -> LocationId | None: ...

    async def level(self, sku: Sku, location: LocationId) -> StockLevel | None: ...

    async def put(self, value: Landed, over: int, told: Happening | None) -> None:
        """Put something in the place of its version `over` (0: there was none), and tell of it.

        Raises:
            Changed: it has another version by now, or one of its names is another's.
            Unavailable: there is no answer; it may have happened.
        """
        ...

"""What each kind of client may spend: so much at once, so much a second, and so much saved up.

A point is about one object of an answer (`schema/costs.py`). Who never asks for more than is
restored never waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from domain.viewer import Role


class Budget(Struct, frozen=True):
    """Points: `request` is the most that one request may cost, `capacity` what may be saved up."""

    request: int
    capacity: int
    restore: int
    """Points a second."""

    @property
    def seconds(self) -> int:
        """How long an empty purse takes to be full again."""
        return -(-self.capacity // self.restore)

    def part(self, of: int) -> Budget:
        """An equal part, one of so many; a single request may cost no less."""
        least = max(1, self.restore // of)
        return Budget(self.request, max(self.request, self.capacity // of), least)


BUDGET_BY_ROLE: Mapping[Role, Budget] = MappingProxyType(
    {
        Role.ANONYMOUS: Budget(request=1_000, capacity=5_000, restore=100),
        Role.SHOPPER: Budget(request=1_000, capacity=5_000, restore=100),
        Role.PARTNER: Budget(request=5_000, capacity=50_000, restore=1_000),
        Role.CLERK: Budget(request=5_000, capacity=100_000, restore=5_000),
        Role.SUPPORT: Budget(request=5_000, capacity=50_000, restore=1_000),
        Role.FINANCE: Budget(request=10_000, capacity=50_000, restore=1_000),
        Role.SYSTEM: Budget(request=50_000, capacity=1_000_000, restore=100_000),
    }
)
"""A visitor is an address, a clerk a whole store with its tills."""

"""What the orders of shops need of a database to move units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.channels.numbered import Shortage
from domain.channels.shipping import Outcome, Piece, Shipment
from domain.ids import OrderId
from domain.incidents import Incident
from domain.ownership import Owners
from domain.values import Actor


class Shipments(Protocol):
    """What orders of shops have moved so far, each with the levels that it moved."""

    async def find(self, id: str) -> Shipment | None: ...

    async def move(
        self,
        before: Shipment | None,
        after: Shipment,
        pieces: Sequence[Piece],
        *,
        order: OrderId,
        owners: Owners,
        by_whom: Actor,
        cause: str,
        told: Callable[[Shortage], Incident],
    ) -> Outcome:
        """Move the units between the two, and have somebody told of what is short; or nothing.

        Shelves without a level, and those that the shop counts itself, are left as they are.

        Raises:
            Changed: somebody else was faster.
            Unavailable: there is no answer; it may have happened.
        """
        ...

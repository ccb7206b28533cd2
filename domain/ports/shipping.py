"""What the orders of shops need of a database to move units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.channels.numbered import Shortage
from domain.channels.shipping import Piece, Shelf, Shipment
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
    ) -> Sequence[Shelf]:
        """Move the units between the two, and have somebody told of what is short; or nothing.

        Shelves that the shop counts itself are left as they are, and so are those of which nobody
        ever counted what is there: these it gives.

        Raises:
            Changed: somebody else was faster.
            Unavailable: there is no answer; it may have happened.
        """
        ...

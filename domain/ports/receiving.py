"""What taking in what channels send needs of a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.channels.inbox import DeliveryState, Kept
from domain.channels.marks import Mark
from domain.channels.standing import Connection, Heard
from domain.incidents import Incident, IncidentKind
from domain.values import Actor


class Inbox(Protocol):
    """Deliveries, kept before they are acknowledged. A key is taken once, for ever."""

    async def keep(self, kept: Kept) -> bool:
        """Keep one; False if it is there already.

        Raises:
            Unavailable: no majority has it; it must be sent again.
        """
        ...

    async def take(self, endpoints: Sequence[str], most: int) -> Sequence[Kept]:
        """Some that are due, for this worker alone for a while; with this attempt counted."""
        ...

    async def applied(self, ids: Sequence[str]) -> None: ...

    async def later(self, id: str, after: timedelta, why: str) -> None:
        """Have it tried again."""
        ...

    async def park(self, id: str, why: str) -> None: ...

    async def replay(self, endpoint: str | None, id: str | None) -> int:
        """Have those that are parked tried anew, where they are not forgotten; gives how many."""
        ...

    async def find(self, id: str) -> Kept | None: ...

    async def list(
        self, state: DeliveryState | None, endpoint: str | None, most: int
    ) -> Sequence[Kept]:
        """The newest first, without their bodies."""
        ...

    async def forget(self, state: DeliveryState, before: datetime) -> int:
        """Forget bodies and headers of what came before; gives of how many."""
        ...


class Incidents(Protocol):
    """What a person must look at."""

    async def open(self, incident: Incident) -> bool:
        """Tell of it; False if one of its kind and subject is open already."""
        ...

    async def settle(
        self, kind: IncidentKind, subject: str, by_whom: Actor, resolution: str, cause: str
    ) -> bool:
        """Close the open incident of a subject, if there is one."""
        ...


class Connections(Protocol):
    """Which channels gateways have connected."""

    async def tell(self, told: Mapping[str, tuple[Connection, Heard]]) -> None:
        """Say that these are connected, and what was heard of each since the last time."""
        ...


class Marks(Protocol):
    """How far each channel was read."""

    async def find(self, id: str) -> Mark | None: ...

    async def save(self, mark: Mark) -> None: ...

    async def remove(self, id: str) -> None: ...

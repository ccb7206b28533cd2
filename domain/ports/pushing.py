"""What telling shops of our stock needs of a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from domain.channels.pushing import Gone, Push, Rest, Sent
from domain.ids import ChannelId, LocationId, Sku, StockLevelId
from domain.operations import Channel
from domain.stock import StockLevel

Level = tuple[Sku, LocationId]


class Pushes(Protocol):
    """What each shop shows of each sku, and how far the journal was read for it."""

    async def cursor(self, target: str) -> int | None:
        """The number of the last entry that was looked at; None: none ever was."""
        ...

    async def reach(self, target: str, number: int) -> None:
        """Go on after this entry. It never goes back."""
        ...

    async def mark(
        self, channel: str, places: Mapping[str, LocationId], of: Collection[Level]
    ) -> None:
        """Have these levels looked at, at each place that shows them."""
        ...

    async def doubt(self, channel: str, place: str, sku: Sku, observed: int) -> None:
        """Have a row looked at, if the shop should not show this number there."""
        ...

    async def take(self, channel: str, most: int) -> Sequence[Push]:
        """Some that are due, for this worker alone for a while; with this attempt counted."""
        ...

    async def sending(self, several: Sequence[tuple[Push, Sent, Gone]]) -> None:
        """Write down what is going to be sent; before it is."""
        ...

    async def rest(self, several: Sequence[tuple[Push, Rest]]) -> None:
        """Nothing is to be done, unless it was marked anew meanwhile."""
        ...

    async def again(self, row: Push, after: timedelta, why: str, *, is_settled: bool) -> None:
        """Try later. `is_settled`: what was sent did not come, and never will."""
        ...

    async def counts(self, channel: str) -> Mapping[str, int]:
        """How many rows there are: `all`, `waiting` to be looked at, and `adrift`."""
        ...

    async def page(self, channel: str, *, most: int) -> Sequence[Push]:
        """Those that are not at rest first, the newest of them."""
        ...


class Levels(Protocol):
    """Levels to tell of, and of which channel."""

    async def numbered(self, ids: Collection[StockLevelId]) -> Sequence[Level]:
        """Which levels have these ids."""
        ...

    async def listed(
        self, locations: Collection[LocationId], after: str | None, most: int
    ) -> tuple[Sequence[Level], str | None]:
        """A page of all levels at some locations, and where the next one begins."""
        ...

    async def many(self, those: Collection[Level]) -> Mapping[Level, StockLevel]: ...

    async def channel(self, id: ChannelId) -> Channel | None: ...

    async def places(self, codes: Collection[str]) -> Mapping[str, LocationId]:
        """Our locations by their codes."""
        ...

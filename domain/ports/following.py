"""What subscriptions need of a database: the journal as it grows, and levels at a place of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.ids import StockLevelId
from domain.journal import JournalEntry
from domain.stock import StockLevel, StockQuery


class Following(Protocol):
    """The journal, and stock as it was when the journal was as long as `at`."""

    async def watch(
        self, ring: Callable[[JournalEntry], None], is_wanted: Callable[[], bool]
    ) -> int:
        """Ring with each entry that the journal has got, as long as somebody wants to know.

        Raises:
            Unavailable: it was lost. Rings may be missed then, so look by the clock as well.
        """
        ...

    async def last(self) -> int:
        """The number of the latest entry; 0 in an empty journal."""
        ...

    async def entries(
        self, after: int, upto: int | None = None, *, about: Sequence[str] | None = None, most: int
    ) -> Sequence[JournalEntry]:
        """The next entries, in order; about these things, where given.

        Raises:
            Unavailable: the database does not answer, or does not know the journal up to `upto`.
        """
        ...

    async def levels(self, query: StockQuery, at: int) -> Sequence[StockLevel]: ...

    async def levels_by_ids(
        self, keys: Sequence[StockLevelId], at: int
    ) -> Sequence[StockLevel]: ...

    async def secret(self) -> bytes:
        """What only the gateways know; the same for all of them, and after a restart."""
        ...

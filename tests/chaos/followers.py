"""Who follows a journal by its cursors while it grows; nothing may appear behind a cursor later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.chaos.history import Followed, History
from tests.chaos.reading import Reader

LOOKS_EVERY_SECONDS = {"level": 0.5, "order": 0.1}
"""An order's journal tells of many levels: there it shows first if numbers come out of order."""


class Follower:
    """Looks again and again at what is behind the last entry that it saw."""

    def __init__(self, kind: str, thing: str, ports: Sequence[int], history: History) -> None:
        self._kind = kind
        self._thing = thing
        self._readers = [Reader([*ports[n:], *ports[:n]], history) for n in range(len(ports))]
        self._history = history
        self._after: str | None = None
        self._looks = 0

    async def follow(self) -> None:
        """Until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKS_EVERY_SECONDS[self._kind])

    async def look(self) -> None:
        """At another gateway each time: a cursor is good everywhere."""
        reader = self._readers[self._looks % len(self._readers)]
        self._looks += 1
        more = True
        while more:
            page = await reader.page(self._kind, self._thing, self._after)
            entries = [edge["node"] for edge in page["edges"]]
            self._after = page["pageInfo"]["endCursor"] or self._after
            more = page["pageInfo"]["hasNextPage"]
            if entries:
                self._tell([(each["aggregate"], each["seq"]) for each in entries])

    def _tell(self, entries: Sequence[tuple[str, int]]) -> None:
        name = f"follower of {self._thing}"
        self._history.add(Followed(follower=name, thing=self._thing, entries=entries))

"""`stockChanged`: levels, each exactly as it was behind each change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.live import Event, StockEvent, StockTopic
from domain.stock import StockQuery
from gateway.live.feeds.feed import AT_ONCE, Head, Sources, of_change, of_parts
from gateway.live.keys import at_location, of_sku
from gateway.live.levels import Change


class StockFeed:
    """`Feed`, and `Folding`."""

    def __init__(self, sources: Sources, topic: StockTopic) -> None:
        self._sources = sources
        self._query = StockQuery(topic.skus, topic.locations)
        self._skus = frozenset(topic.skus or ())
        self._locations = frozenset(topic.locations or ())
        by_sku = [of_sku(sku) for sku in self._skus]
        self.keys = by_sku or [at_location(each) for each in self._locations]

    def wants(self, change: Change) -> bool:
        level = change.level
        return (
            level is not None
            and (not self._skus or level.sku in self._skus)
            and (not self._locations or level.location_id in self._locations)
        )

    def bare(self, head: Head) -> Event:
        return head.over(StockEvent)

    async def snapshot(self, at: int, now: datetime) -> Sequence[Event]:
        levels = await self._sources.following.levels(self._query, at)
        parts = [levels[n : n + AT_ONCE] for n in range(0, len(levels), AT_ONCE)] or [()]
        heads = of_parts(self._sources, at, now, len(parts))
        return [
            head.over(StockEvent, levels=tuple(part))
            for head, part in zip(heads, parts, strict=True)
        ]

    async def missed(self, after: int, upto: int) -> Sequence[Change]:
        return await self._sources.of_stock(self._query, after, upto)

    async def told(self, change: Change) -> Event | None:
        levels = (change.level,) if change.level else ()
        return of_change(self._sources, change).over(StockEvent, levels=levels)

    async def folded(self, changes: Sequence[Change], count: int, head: Head) -> Event:
        levels = tuple(change.level for change in changes if change.level)
        return head.over(StockEvent, levels=levels, conflated=count)

"""`availabilityChanged`: products, when a channel may promise something else of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.ids import Sku
from domain.live import AvailabilityEvent, AvailabilityTopic, Event
from domain.operations import Channel
from domain.stock import StockLevel, StockQuery
from gateway.live.feeds.feed import Head, Sources, of_change, of_parts
from gateway.live.keys import of_sku
from gateway.live.levels import Change


class AvailabilityFeed:
    """`Feed`, and `Folding`."""

    def __init__(self, sources: Sources, topic: AvailabilityTopic, channel: Channel) -> None:
        self._sources = sources
        self._topic = topic
        self._channel = channel
        self._skus = frozenset(topic.skus)
        self.keys = [of_sku(sku) for sku in topic.skus]

    def wants(self, change: Change) -> bool:
        was, level = change.was, change.level
        return (
            was is not None
            and level is not None
            and level.sku in self._skus
            and level.location_id in self._channel.sells_from
            and self._promised(was) != self._promised(level)
        )

    def bare(self, head: Head) -> Event:
        return head.over(AvailabilityEvent)

    async def snapshot(self, at: int, now: datetime) -> Sequence[Event]:
        [head] = of_parts(self._sources, at, now, 1)
        return [await self._event(head, self._topic.skus)]

    async def missed(self, after: int, upto: int) -> Sequence[Change]:
        changes = await self._sources.of_stock(StockQuery(self._topic.skus), after, upto)
        return [change for change in changes if self.wants(change)]

    async def told(self, change: Change) -> Event | None:
        return await self._event(of_change(self._sources, change), _skus([change]))

    async def folded(self, changes: Sequence[Change], count: int, head: Head) -> Event:
        return await self._event(head, _skus(changes), count)

    def _promised(self, level: StockLevel) -> tuple[int, bool, bool]:
        sellable = max(0, level.free - self._channel.safety_stock)
        return sellable, level.is_low, level.incoming > 0

    async def _event(
        self, head: Head, skus: Sequence[Sku], conflated: int = 0
    ) -> AvailabilityEvent:
        catalog = self._sources.repositories.catalog
        found = await catalog.products_by_skus(self._sources.viewer, skus)
        products = tuple(found[sku] for sku in skus if sku in found)
        return head.over(AvailabilityEvent, products=products, conflated=conflated)


def _skus(changes: Iterable[Change]) -> Sequence[Sku]:
    return list(dict.fromkeys(change.level.sku for change in changes if change.level))

"""`orderUpdated`: orders, whenever anything that belongs to them changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.ids import Kind, OrderId
from domain.live import Event, OrderEvent, OrderTopic
from domain.orders import Order, OrderQuery
from domain.pages import PageRequest
from gateway.live.feeds.feed import AT_ONCE, Head, Sources, of_change, of_parts
from gateway.live.feeds.within import is_within
from gateway.live.keys import ANY_ORDER
from gateway.live.levels import Change

PREFIX = f"{Kind.ORDER}_"


class OrderFeed:
    """`Feed`."""

    def __init__(self, sources: Sources, topic: OrderTopic) -> None:
        self._sources = sources
        self._topic = topic
        self._orders = frozenset(topic.orders or ())
        named = topic.orders or ((topic.customer,) if topic.customer else None)
        self._about: list[str] | None = None if named is None else list(named)
        self.keys: Sequence[str] = self._about or [ANY_ORDER]

    def wants(self, change: Change) -> bool:
        return bool(self._touched(change))

    def bare(self, head: Head) -> Event:
        return head.over(OrderEvent)

    async def snapshot(self, at: int, now: datetime) -> Sequence[Event]:
        [head] = of_parts(self._sources, at, now, 1)
        return [head.over(OrderEvent, orders=tuple(await self._there()))]

    async def missed(self, after: int, upto: int) -> Sequence[Change]:
        changes = await self._sources.told_of(self._about, after, upto)
        return [change for change in changes if self.wants(change)]

    async def told(self, change: Change) -> Event | None:
        found = await self._read(self._touched(change))
        if not found:
            return None
        return of_change(self._sources, change).over(OrderEvent, orders=tuple(found))

    def _touched(self, change: Change) -> Sequence[OrderId]:
        about = (change.entry.aggregate, *change.entry.subjects)
        orders = [OrderId(each) for each in about if each.startswith(PREFIX)]
        return [each for each in orders if not self._orders or each in self._orders]

    async def _there(self) -> Sequence[Order]:
        """What there is now: what was named, or the newest."""
        topic, viewer = self._topic, self._sources.viewer
        if topic.orders:
            return await self._read(topic.orders)
        channels = (topic.channel,) if topic.channel else None
        query = OrderQuery(channels=channels, location=topic.location)
        request = PageRequest(AT_ONCE)
        orders = self._sources.repositories.orders
        if topic.customer:
            page = (await orders.pages_of(viewer, [topic.customer], query, request)).get(
                topic.customer
            )
        else:
            page = await orders.page(viewer, query, request)
        return [edge.node for edge in page.edges] if page else ()

    async def _read(self, keys: Sequence[OrderId]) -> Sequence[Order]:
        found = await self._sources.repositories.orders.by_ids(self._sources.viewer, keys)
        return [found[key] for key in keys if key in found and self._fits(found[key])]

    def _fits(self, order: Order) -> bool:
        topic = self._topic
        return (
            topic.customer in {None, order.customer_id}
            and topic.channel in {None, order.channel_id}
            and (topic.location is None or topic.location in order.location_ids)
            and (self._about is not None or is_within(self._sources.viewer, order))
        )

"""`paymentUpdated`: payments, with each operation that is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.ids import Kind, PaymentId
from domain.live import Event, PaymentEvent, PaymentTopic
from domain.pages import PageRequest
from domain.payments import Payment, PaymentQuery
from gateway.live.feeds.feed import AT_ONCE, Head, Sources, of_change, of_parts
from gateway.live.feeds.within import is_within
from gateway.live.keys import ANY_PAYMENT
from gateway.live.levels import Change

PREFIX = f"{Kind.PAYMENT}_"


class PaymentFeed:
    """`Feed`."""

    def __init__(self, sources: Sources, topic: PaymentTopic) -> None:
        self._sources = sources
        self._topic = topic
        self._payments = frozenset(topic.payments or ())
        named = topic.payments or topic.orders or ((topic.customer,) if topic.customer else None)
        self._about: list[str] | None = None if named is None else list(named)
        self.keys: Sequence[str] = self._about or [ANY_PAYMENT]

    def wants(self, change: Change) -> bool:
        key = change.entry.aggregate
        return key.startswith(PREFIX) and (not self._payments or key in self._payments)

    def bare(self, head: Head) -> Event:
        return head.over(PaymentEvent)

    async def snapshot(self, at: int, now: datetime) -> Sequence[Event]:
        [head] = of_parts(self._sources, at, now, 1)
        return [head.over(PaymentEvent, payments=tuple(await self._there()))]

    async def missed(self, after: int, upto: int) -> Sequence[Change]:
        changes = await self._sources.told_of(self._about, after, upto)
        return [change for change in changes if self.wants(change)]

    async def told(self, change: Change) -> Event | None:
        found = await self._read([PaymentId(change.entry.aggregate)])
        if not found:
            return None
        return of_change(self._sources, change).over(PaymentEvent, payments=tuple(found))

    async def _there(self) -> Sequence[Payment]:
        """What there is now: what was named, or the newest."""
        topic, viewer = self._topic, self._sources.viewer
        payments = self._sources.repositories.payments
        if topic.payments:
            return await self._read(topic.payments)
        if topic.orders:
            found = await payments.of_orders(viewer, topic.orders)
            return [each for of in found.values() for each in of if self._fits(each)]
        query = PaymentQuery(
            channels=topic.channels, customer=topic.customer, location=topic.location
        )
        page = await payments.page(viewer, query, PageRequest(AT_ONCE))
        return [edge.node for edge in page.edges]

    async def _read(self, keys: Sequence[PaymentId]) -> Sequence[Payment]:
        found = await self._sources.repositories.payments.by_ids(self._sources.viewer, keys)
        return [found[key] for key in keys if key in found and self._fits(found[key])]

    def _fits(self, payment: Payment) -> bool:
        topic = self._topic
        return (
            (topic.orders is None or payment.order_id in topic.orders)
            and topic.customer in {None, payment.customer_id}
            and (topic.location is None or topic.location in payment.location_ids)
            and (topic.channels is None or payment.channel_id in topic.channels)
            and (self._about is not None or is_within(self._sources.viewer, payment))
        )

"""Orders, and what is on its way out and back, in MongoDB."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from msgspec.structs import replace

from domain.ids import CustomerId, FulfillmentId, OrderId, ReturnId
from domain.orders import ORDERINGS, Fulfillment, Order, OrderQuery, OrderSort, Return
from domain.pages import Page, PageRequest
from domain.ports import EVERYTHING, Wanted
from domain.values import ExternalRef
from domain.viewer import Subject, Viewer
from storage.mongo.collections import Collection, Index, by, searchable
from storage.mongo.driver import Database, Document, Filter
from storage.mongo.outbox import PENDING
from storage.mongo.reader import Reader, among
from storage.mongo.sorting import SortKey

KEYS = {
    OrderSort.PLACED_AT: SortKey("placed_key", ORDERINGS[OrderSort.PLACED_AT]),
    OrderSort.UPDATED_AT: SortKey("updated_key", ORDERINGS[OrderSort.UPDATED_AT]),
}

# Behind its order, an index of a list holds what the list may be filtered by, so that a document
# is fetched only if it is answered.
PLACED = ("-placed_key", "channel_id", "state")
UPDATED = ("-updated_key", "channel_id", "state")

ORDERS = Collection(
    "orders",
    Order,
    (
        Index(by("number"), "order(number:)", unique=True),
        Index(by("ref_keys"), "order(ref:)", unique=True, sparse=True),
        Index(by("customer_id", *PLACED), "Customer.orders"),
        Index(by("customer_id", *UPDATED), "Customer.orders(orderBy: UPDATED_AT)"),
        Index(by(*PLACED), "orders"),
        Index(by(*UPDATED), "orders(orderBy: UPDATED_AT)"),
        Index(by("location_ids", *PLACED), "orders(location:)"),
        Index(by("location_ids", *UPDATED), "orders(location:, orderBy: UPDATED_AT)"),
        Index(by("channel_id", "-placed_key", "state"), "orders(channels:)"),
        Index(by("channel_id", "-updated_key", "state"), "orders(channels:), by update"),
        Index(by("state", "-placed_key", "channel_id"), "orders(states:)"),
        Index(by("state", "-updated_key", "channel_id"), "orders(states:, orderBy: UPDATED_AT)"),
        PENDING,
    ),
    keys=tuple(KEYS.values()),
)
FULFILLMENTS = Collection(
    "fulfillments", Fulfillment, (Index(by("order_id", "_id"), "Order.fulfillments"),)
)
RETURNS = Collection("returns", Return, (Index(by("order_id", "_id"), "Order.returns"),))
COLLECTIONS = (ORDERS, FULFILLMENTS, RETURNS)


def ref_key(ref: ExternalRef) -> str:
    """How an external reference is searched: `system:kind:value`."""
    return f"{ref.system}:{ref.kind}:{ref.value}"


def order_document(order: Order) -> Document:
    """With its references as keys: one external thing, one order."""
    return ORDERS.document(order, ref_keys=searchable([ref_key(ref) for ref in order.refs]))


class MongoOrders:
    """`ports.Orders`."""

    def __init__(self, database: Database, wanted: Wanted = EVERYTHING) -> None:
        self._orders = Reader(database, "orders", Order, Subject.ORDERS, wanted)
        self._fulfillments = Reader(database, "fulfillments", Fulfillment, Subject.ORDERS, wanted)
        self._returns = Reader(database, "returns", Return, Subject.ORDERS, wanted)

    def by_ids(self, viewer: Viewer, keys: Sequence[OrderId]) -> Awaitable[Mapping[OrderId, Order]]:
        return self._orders.by_ids(viewer, keys)

    def by_numbers(self, viewer: Viewer, keys: Sequence[str]) -> Awaitable[Mapping[str, Order]]:
        return self._orders.one_each(viewer, "number", keys)

    def by_refs(self, viewer: Viewer, keys: Sequence[str]) -> Awaitable[Mapping[str, Order]]:
        return self._orders.tagged(viewer, "ref_keys", keys)

    async def page(self, viewer: Viewer, query: OrderQuery, request: PageRequest) -> Page[Order]:
        return await self._orders.page(
            viewer,
            _where(query),
            KEYS[query.sort],
            request,
            since=query.since,
            subject=Subject.ORDER_LIST,
            origin=query,
        )

    async def pages_of(
        self, viewer: Viewer, keys: Sequence[CustomerId], query: OrderQuery, request: PageRequest
    ) -> Mapping[CustomerId, Page[Order]]:
        return await self._orders.pages(
            viewer,
            "customer_id",
            keys,
            _where(query),
            KEYS[query.sort],
            request,
            since=query.since,
            origins={key: replace(query, customer=key) for key in keys},
        )

    async def count(self, viewer: Viewer, query: OrderQuery, cap: int) -> int:
        where = {**_where(query), **_listed(query)}
        return await self._orders.count(viewer, where, cap, subject=Subject.ORDER_LIST)

    async def counts_of(
        self, viewer: Viewer, keys: Sequence[CustomerId], query: OrderQuery, cap: int
    ) -> Mapping[CustomerId, int]:
        where = {**_where(query), **_listed(query)}
        return await self._orders.counts(viewer, "customer_id", keys, where, cap)

    def fulfillments_by_ids(
        self, viewer: Viewer, keys: Sequence[FulfillmentId]
    ) -> Awaitable[Mapping[FulfillmentId, Fulfillment]]:
        return self._fulfillments.by_ids(viewer, keys)

    def fulfillments_of(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Sequence[Fulfillment]]]:
        return self._fulfillments.many_each(viewer, "order_id", keys)

    def returns_by_ids(
        self, viewer: Viewer, keys: Sequence[ReturnId]
    ) -> Awaitable[Mapping[ReturnId, Return]]:
        return self._returns.by_ids(viewer, keys)

    def returns_of(
        self, viewer: Viewer, keys: Sequence[OrderId]
    ) -> Awaitable[Mapping[OrderId, Sequence[Return]]]:
        return self._returns.many_each(viewer, "order_id", keys)


def _where(query: OrderQuery) -> Filter:
    location: Filter = {"location_ids": query.location} if query.location else {}
    return {**location, **among("channel_id", query.channels), **among("state", query.states)}


def _listed(query: OrderQuery) -> Filter:
    """What a page of the list may show: nothing that was never placed, nothing too old."""
    return KEYS[query.sort].range(PageRequest(), query.since)

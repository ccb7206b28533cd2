"""Orders: parents and arguments in, domain values out."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from domain import ids, orders, pages, payments, values
from domain.catalog import Location, Product
from domain.customers import Customer
from domain.errors import BadInput
from domain.ids import ChannelId, CustomerId, Kind, LocationId, OrderId
from domain.operations import Channel
from domain.orders import (
    Allocation,
    DeliveryChoice,
    Disposition,
    Fulfillment,
    Order,
    OrderBalance,
    OrderLine,
    OrderQuery,
    OrderSort,
    OrderState,
    PackedLine,
    PaymentStatus,
    PickupTicket,
    Return,
    ReturnedLine,
    ReturnStatus,
)
from domain.pages import Cursor, Page
from domain.payments import Payment, Refund
from domain.values import MetadataEntry
from loaders.batch import Batch
from resolvers import asking
from resolvers.context import Info
from resolvers.reading import looks_at

T = TypeVar("T")

MOST_COUNTED = 10_000


@looks_at(inside={Order: ["id"]})
async def order(
    info: Info, *, id: str | None, number: str | None, ref: str | None, max_age: int | None
) -> Order | None:
    if [id, number, ref].count(None) != 2:
        raise BadInput("Ask for an order by id, by number or by ref.")
    if id is not None:
        found = await info.context.orders.by_id.one(OrderId(ids.expect(Kind.ORDER, id)))
    elif number is not None:
        found = await info.context.orders.by_number.one(number)
    else:
        found = await info.context.orders.by_ref.one(ref)
    return await asking.one(Order, found, info, max_age)


@looks_at()
async def page(
    info: Info,
    *,
    first: int | None,
    after: Cursor | None,
    last: int | None,
    before: Cursor | None,
    channels: Sequence[str] | None,
    location: str | None,
    states: Sequence[OrderState] | None,
    since: datetime | None,
    order_by: OrderSort,
) -> Page[Order]:
    request = pages.either_way(first, after, last, before)
    at = None if location is None else LocationId(ids.expect(Kind.LOCATION, location))
    query = _query(channels, states, since, order_by, at)
    if not info.selection.asks("edges", "pageInfo"):
        return Page((), origin=query)
    return await info.context.orders.page(query, request)


@looks_at("id")
async def of_customers(
    customers: Sequence[Customer],
    info: Info,
    *,
    first: int | None,
    after: Cursor | None,
    last: int | None,
    before: Cursor | None,
    channels: Sequence[str] | None,
    states: Sequence[OrderState] | None,
    since: datetime | None,
    order_by: OrderSort,
) -> Sequence[Page[Order] | None]:
    request = pages.either_way(first, after, last, before)
    query, keys = _query(channels, states, since, order_by), [CustomerId(it.id) for it in customers]
    if not info.selection.asks("edges", "pageInfo"):
        return [Page((), origin=replace(query, customer=key)) for key in keys]
    return await info.context.orders.page_of.asked((query, request)).many(keys)


def _query(
    channels: Sequence[str] | None,
    states: Sequence[OrderState] | None,
    since: datetime | None,
    sort: OrderSort,
    location: LocationId | None = None,
) -> OrderQuery:
    sold_in = ids.expect_all(Kind.CHANNEL, channels)
    return OrderQuery(
        channels=None if sold_in is None else tuple(map(ChannelId, sold_in)),
        location=location,
        states=None if states is None else tuple(states),
        since=since,
        sort=sort,
    )


@looks_at("origin")
async def total_count(pages: Sequence[Page[Order]], info: Info, *, cap: int) -> Sequence[int]:
    if not 1 <= cap <= MOST_COUNTED:
        raise BadInput(f"`cap` must be from 1 to {MOST_COUNTED}; it was {cap}.")
    customers: dict[OrderQuery, list[CustomerId | None]] = {}
    for page in pages:
        query: OrderQuery = page.origin
        customers.setdefault(replace(query, customer=None), []).append(query.customer)
    counts = await gather(*(_counts(info, *each, cap) for each in customers.items()))
    found = {query: count for each in counts for query, count in each.items()}
    return [found[page.origin] for page in pages]


async def _counts(
    info: Info, query: OrderQuery, customers: Sequence[CustomerId | None], cap: int
) -> Mapping[OrderQuery, int]:
    """How many `query` finds of each customer, in one read; None stands for everybody."""
    keys = [key for key in customers if key is not None]
    found = await info.context.orders.count_of.asked((query, cap)).many(keys)
    counts = {replace(query, customer=key): n or 0 for key, n in zip(keys, found, strict=True)}
    if None in customers:
        counts[query] = await info.context.orders.count(query, cap)
    return counts


@looks_at("channel_id")
async def channel(owned: Sequence[Order | Return], info: Info) -> Sequence[Channel | None]:
    return await info.context.channels.by_id.many([each.channel_id for each in owned])


@looks_at("sold_at_id")
async def sold_at(orders: Sequence[Order], info: Info) -> Sequence[Location | None]:
    return await info.context.catalog.location_by_id.many([order.sold_at_id for order in orders])


@looks_at("location_id")
async def location(
    placed: Sequence[DeliveryChoice | Allocation | Fulfillment | Disposition | Return], info: Info
) -> Sequence[Location | None]:
    return await info.context.catalog.location_by_id.many([each.location_id for each in placed])


@looks_at("customer_id")
async def customer(orders: Sequence[Order], info: Info) -> Sequence[Customer | None]:
    return await info.context.customers.by_id.many([order.customer_id for order in orders])


@looks_at("order_id")
async def order_of(parts: Sequence[Fulfillment | Return], info: Info) -> Sequence[Order | None]:
    return await info.context.orders.by_id.many([part.order_id for part in parts])


async def _lists(
    batch: Batch[OrderId, Sequence[T]], orders: Sequence[Order]
) -> Sequence[Sequence[T]]:
    """What a relation holds for each order; nothing where nothing was found."""
    return [found or () for found in await batch.many([OrderId(order.id) for order in orders])]


@looks_at("id", inside={Payment: ["id"]})
async def order_payments(
    orders: Sequence[Order], info: Info, *, max_age: int | None = None
) -> Sequence[Sequence[Payment]]:
    found = await _lists(info.context.payments.of_order, orders)
    return await asking.lists(Payment, found, info, max_age)


async def balances(orders_: Sequence[Order], info: Info) -> Sequence[OrderBalance]:
    paid = await order_payments(orders_, info)
    return [orders.balance(*each) for each in zip(orders_, paid, strict=True)]


async def payment_statuses(orders_: Sequence[Order], info: Info) -> Sequence[PaymentStatus]:
    paid = await order_payments(orders_, info)
    return [orders.payment_status(*each) for each in zip(orders_, paid, strict=True)]


async def order_refunds(orders: Sequence[Order], info: Info) -> Sequence[Sequence[Refund]]:
    paid = await order_payments(orders, info)
    return [[back for each in found for back in payments.refunds_of(each)] for found in paid]


@looks_at("id")
async def fulfillments(orders: Sequence[Order], info: Info) -> Sequence[Sequence[Fulfillment]]:
    return await _lists(info.context.orders.fulfillments_of, orders)


@looks_at("id")
async def returns(orders: Sequence[Order], info: Info) -> Sequence[Sequence[Return]]:
    return await _lists(info.context.orders.returns_of, orders)


async def return_statuses(orders_: Sequence[Order], info: Info) -> Sequence[ReturnStatus]:
    back = await returns(orders_, info)
    return [orders.return_status(*each) for each in zip(orders_, back, strict=True)]


@looks_at("metadata")
def metadata(
    orders: Sequence[Order], info: Info, *, keys: Sequence[str] | None
) -> Sequence[Sequence[MetadataEntry]]:
    return [
        [
            entry
            for entry in values.visible(order.metadata, info.viewer)
            if keys is None or entry.key in keys
        ]
        for order in orders
    ]


@looks_at("sku")
async def line_product(lines: Sequence[OrderLine], info: Info) -> Sequence[Product | None]:
    return await info.context.catalog.product_sold.many([line.sku for line in lines])


@looks_at("fulfillment_id")
async def allocation_fulfillment(
    allocations: Sequence[Allocation], info: Info
) -> Sequence[Fulfillment | None]:
    keys = [allocation.fulfillment_id for allocation in allocations]
    return await info.context.orders.fulfillment_by_id.many(keys)


async def packed_lines(
    parcels: Sequence[Fulfillment], info: Info
) -> Sequence[Sequence[PackedLine]]:
    found = await order_of(parcels, info)
    return [
        orders.packed(parcel, order) if order else ()
        for parcel, order in zip(parcels, found, strict=True)
    ]


async def returned_lines(returns: Sequence[Return], info: Info) -> Sequence[Sequence[ReturnedLine]]:
    found = await order_of(returns, info)
    return [
        orders.returned(one, order) if order else ()
        for one, order in zip(returns, found, strict=True)
    ]


async def return_refunds(returns: Sequence[Return], info: Info) -> Sequence[Sequence[Refund]]:
    paid = await info.context.payments.of_order.many([one.order_id for one in returns])
    return [
        [
            refund
            for payment in found or ()
            for refund in payments.refunds_of(payment)
            if refund.operation.return_id == one.id
        ]
        for one, found in zip(returns, paid, strict=True)
    ]


@looks_at(whole=True)
def pickup_code(tickets: Sequence[PickupTicket], info: Info) -> Sequence[str]:
    return [ticket.code_shown_to(info.viewer) for ticket in tickets]

"""Pages read from the database are the list, cut by key: nothing twice, nothing left out."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from domain.errors import BadInput
from domain.ids import ChannelId, CustomerId, Kind, LocationId
from domain.orders import ORDERINGS, Order, OrderQuery, OrderSort, OrderState
from domain.pages import Cursor, Page, PageRequest
from domain.payments import PaymentQuery, PaymentState
from domain.shop import Shop
from domain.stock import StockQuery
from domain.viewer import SYSTEM
from gateway.embedded import Embedded
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.migrate import migrate
from storage.mongo.orders import order_document
from tests.making import NOW, an_order, new_id

ANNA, BERT, NOBODY = (CustomerId(new_id(Kind.CUSTOMER, n)) for n in range(3))
WEB, TILL = (ChannelId(new_id(Kind.CHANNEL, n)) for n in range(2))
HERE, THERE = (LocationId(new_id(Kind.LOCATION, n)) for n in range(2))
STATES = (OrderState.CONFIRMED, OrderState.COMPLETED, OrderState.CANCELLED)


def sold(n: int) -> Order:
    """The `n`-th order. Five instants are shared by many; every seventh was never placed."""
    placed = NOW + timedelta(seconds=n % 5)
    return an_order(
        n=n * 7919 % 1000,  # ids do not follow the time
        number=f"T-{n}",
        placed_at=None if n % 7 == 0 else placed,
        updated_at=NOW + timedelta(seconds=n % 3),
        customer_id=(ANNA, BERT, None)[n % 3],
        channel_id=(WEB, TILL)[n % 2],
        state=STATES[n % 4 % 3],
        location_ids=((HERE,), (HERE, THERE), ())[n % 5 % 3],
    )


ORDERS = [sold(n) for n in range(60)]


@pytest.fixture(scope="module")
async def orders(servers: Embedded) -> AsyncIterator[Any]:
    """Sixty orders, and how to read them."""
    assert servers.mongodb_url
    database = Database(servers.mongodb_url, f"test_{secrets.token_hex(6)}")
    await migrate(database)
    await database.insert("orders", [order_document(order) for order in ORDERS])
    yield MongoRepositories(database).orders
    await database.drop()
    await database.close()


QUERIES = {
    "all": OrderQuery(),
    "channel": OrderQuery(channels=(TILL,)),
    "channels": OrderQuery(channels=(TILL, WEB)),
    "no channel": OrderQuery(channels=()),
    "state": OrderQuery(states=(OrderState.CANCELLED,)),
    "states": OrderQuery(states=(OrderState.CONFIRMED, OrderState.CANCELLED)),
    "location": OrderQuery(location=THERE),
    "since": OrderQuery(since=NOW + timedelta(seconds=2)),
    "everything": OrderQuery(
        channels=(TILL,), location=HERE, states=STATES[:2], since=NOW + timedelta(seconds=1)
    ),
}
ASKED = {
    f"{name}, {sort.lower()}": replace(query, sort=sort)
    for (name, query), sort in product(QUERIES.items(), OrderSort)
}


def listed(query: OrderQuery, customer: CustomerId | None = None) -> list[str]:
    """The numbers of the orders that a list must show, by a sort in Python."""
    time, _ = ORDERINGS[query.sort].attributes
    shown = [
        order
        for order in ORDERS
        if getattr(order, time) is not None
        and (customer is None or order.customer_id == customer)
        and (query.channels is None or order.channel_id in query.channels)
        and (query.states is None or order.state in query.states)
        and (query.location is None or query.location in order.location_ids)
        and (query.since is None or getattr(order, time) >= query.since)
    ]
    shown.sort(key=lambda order: (getattr(order, time), order.id), reverse=True)
    return [order.number for order in shown]


async def walked(
    read: Callable[[PageRequest], Awaitable[Page[Order]]], size: int, *, backward: bool
) -> list[str]:
    """The numbers of a whole list, read page by page from one end to the other."""
    anchor: Cursor | None = None
    numbers: list[str] = []
    while True:
        page = await read(PageRequest(size, anchor, backward))
        found = [edge.node.number for edge in page.edges]
        assert len(found) <= size
        assert (page.has_next_page if backward else page.has_previous_page) == (anchor is not None)
        numbers = found + numbers if backward else numbers + found
        if not (page.has_previous_page if backward else page.has_next_page):
            return numbers
        anchor = page.start_cursor if backward else page.end_cursor


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_pages_of_the_list_are_the_list(orders: Any, asked: str, backward: bool):
    query = ASKED[asked]

    for size in (1, 4, 100):
        numbers = await walked(
            lambda request: orders.page(SYSTEM, query, request), size, backward=backward
        )
        assert numbers == listed(query)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
async def test_pages_of_each_customer_are_that_customers_list(
    orders: Any, asked: str, backward: bool
):
    query = ASKED[asked]

    for customer in (ANNA, BERT, NOBODY):

        async def read(request: PageRequest, of: CustomerId = customer) -> Page[Order]:
            pages = await orders.pages_of(SYSTEM, [BERT, of, ANNA], query, request)
            return pages[of]

        assert await walked(read, 3, backward=backward) == listed(query, customer)


@pytest.mark.parametrize("asked", ASKED)
async def test_a_count_is_the_length_of_the_list_up_to_its_cap(orders: Any, asked: str):
    query = ASKED[asked]

    for cap in (1, 5, 1000):
        assert await orders.count(SYSTEM, query, cap) == min(cap, len(listed(query)))
        assert await orders.counts_of(SYSTEM, [ANNA, BERT, NOBODY], query, cap) == {
            customer: min(cap, len(listed(query, customer))) for customer in (ANNA, BERT, NOBODY)
        }


async def test_a_page_knows_the_question_that_it_answers(orders: Any):
    query = OrderQuery(channels=(WEB,))

    page = await orders.page(SYSTEM, query, PageRequest())
    pages = await orders.pages_of(SYSTEM, [ANNA, NOBODY], query, PageRequest())

    assert page.origin == query
    assert {key: found.origin for key, found in pages.items()} == {
        key: replace(query, customer=key) for key in (ANNA, NOBODY)
    }


async def test_the_cursor_of_another_list_is_refused_before_anything_is_read(orders: Any):
    page = await orders.page(SYSTEM, OrderQuery(), PageRequest(1))
    request = PageRequest(1, page.end_cursor)
    other = OrderQuery(sort=OrderSort.UPDATED_AT)

    with pytest.raises(BadInput, match="another list"):
        await orders.page(SYSTEM, other, request)
    with pytest.raises(BadInput, match="another list"):
        await orders.pages_of(SYSTEM, [ANNA], other, request)


async def test_keys_that_are_not_found_are_absent(stocked: Database, shop: Shop):
    found = MongoRepositories(stocked)
    order, product = shop.orders[0], shop.products[0]

    by_id = await found.orders.by_ids(SYSTEM, ["ord_nothing", order.id, order.id])
    by_ref = await found.orders.by_refs(SYSTEM, ["a:b:c"])
    levels = await found.stock.levels_of(SYSTEM, [product.sku, "NOTHING"])

    assert by_id == {order.id: order}
    assert by_ref == {}
    assert levels.keys() == {product.sku, "NOTHING"}
    assert levels["NOTHING"] == []


async def test_what_hangs_on_many_orders_is_read_at_once_in_the_order_of_ids(
    stocked: Database, shop: Shop
):
    keys = [order.id for order in shop.orders]
    found = MongoRepositories(stocked)

    payments = await found.payments.of_orders(SYSTEM, keys)
    fulfillments = await found.orders.fulfillments_of(SYSTEM, keys)
    returns = await found.orders.returns_of(SYSTEM, keys)

    for groups, column in [
        (payments, shop.payments),
        (fulfillments, shop.fulfillments),
        (returns, shop.returns),
    ]:
        of_order = {key: [] for key in keys}
        for item in sorted(column, key=lambda item: item.id):
            of_order[item.order_id].append(item)
        assert groups == of_order


async def test_the_other_lists_are_read_page_by_page_too(stocked: Database, shop: Shop):
    found = MongoRepositories(stocked)
    query = PaymentQuery(states=(PaymentState.PARTLY_REFUNDED, PaymentState.REFUNDED))
    low = StockQuery(low_only=True)

    for request in (PageRequest(7), PageRequest(7, backward=True)):
        payments, levels = [], []
        page = await found.payments.page(SYSTEM, query, request)
        payments = [edge.node.id for edge in page.edges]
        levels = [edge.node.id for edge in (await found.stock.page(SYSTEM, low, request)).edges]
        end = slice(-7, None) if request.backward else slice(7)
        refunded = [each for each in shop.payments if each.state in (query.states or ())]
        refunded.sort(key=lambda each: (each.created_at, each.id), reverse=True)
        scarce = sorted((each.sku, each.id) for each in shop.stock_levels if each.is_low)
        assert payments == [each.id for each in refunded][end]
        assert levels == [each for _, each in scarce][end]


async def test_a_payment_is_found_by_what_others_call_it(stocked: Database, shop: Shop):
    found = MongoRepositories(stocked)
    payment = next(each for each in shop.payments if each.refs and len(each.operations) > 1)
    ref = f"{payment.refs[0].system}:{payment.refs[0].value}"
    operations = [operation.id for operation in payment.operations]

    assert await found.payments.by_refs(SYSTEM, [ref, "x:y"]) == {ref: payment}
    assert await found.payments.by_operations(SYSTEM, operations) == dict.fromkeys(
        operations, payment
    )

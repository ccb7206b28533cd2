"""Pages and counts are answered from an index: no more is read than shown, and one more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.catalog import search_terms
from domain.customers import IdentityKind
from domain.orders import Order, OrderQuery, OrderSort, OrderState
from domain.pages import Cursor, PageRequest
from domain.payments import PaymentQuery, PaymentState
from domain.shop import Shop
from domain.stock import StockQuery
from domain.viewer import SYSTEM, Role, Viewer
from tests.conftest import UNTIL
from tests.storage.explaining import Asker, documents_read, without_scans

FIRST = 3
RECENT: datetime = UNTIL - timedelta(days=30)
WALK = (False, False, False, True, True)
"""Three pages forward, and two back."""


@pytest.fixture(scope="module")
def viewers(shop: Shop) -> dict[str, Viewer]:
    return {
        "system": SYSTEM,
        "clerk": Viewer(Role.CLERK, location=shop.locations[0].id),
        "shopper": Viewer(Role.SHOPPER, customer=shop.customers[0].id),
        "partner": Viewer(Role.PARTNER, channels=tuple(c.id for c in shop.channels[:2])),
    }


async def walk(asker: Asker, page: Callable[[PageRequest], Any], spare: int = 0) -> None:
    """Each page reads what it shows and one more, or `spare` documents where that is more."""
    anchor: Cursor | None = None
    for backward in WALK:
        found, answers = await asker.explained(page(PageRequest(FIRST, anchor, backward)))
        without_scans(answers)
        assert documents_read(answers) <= max(len(found.edges) + 1, spare)
        anchor = (found.start_cursor if backward else found.end_cursor) or anchor


def order_query(name: str, shop: Shop) -> OrderQuery:
    channels = tuple(each.id for each in shop.channels[:3])
    rare, usual = (OrderState.PLACED,), (OrderState.COMPLETED, OrderState.CANCELLED)
    place = shop.locations[1].id
    return {
        "all": OrderQuery(),
        "states": OrderQuery(states=usual),
        "a rare state": OrderQuery(states=rare),
        "since": OrderQuery(since=RECENT),
        "channels": OrderQuery(channels=channels),
        "channels, states": OrderQuery(channels=channels, states=usual, since=RECENT),
        "location": OrderQuery(location=place),
        "location, states": OrderQuery(location=place, states=usual, channels=channels),
    }[name]


@pytest.mark.parametrize(
    ("who", "name"),
    [
        *(("system", name) for name in ("all", "states", "a rare state", "since", "channels")),
        *(("system", name) for name in ("channels, states", "location", "location, states")),
        *(("clerk", name) for name in ("all", "states", "since", "channels", "channels, states")),
        *(("shopper", name) for name in ("all", "states", "since", "channels")),
        *(("partner", name) for name in ("all", "states", "a rare state", "since", "channels")),
    ],
)
async def test_a_page_of_orders_reads_what_it_shows(
    asker: Asker, shop: Shop, viewers: dict[str, Viewer], who: str, name: str
):
    for sort in OrderSort:
        query = replace(order_query(name, shop), sort=sort)

        await walk(
            asker,
            lambda request, query=query: asker.found.orders.page(viewers[who], query, request),
        )


def matching(orders: list[Order], query: OrderQuery, viewer: Viewer) -> int:
    """How many orders the narrowest of all conditions lets through."""
    conditions: list[Callable[[Order], bool]] = [
        lambda order: query.states is None or order.state in query.states,
        lambda order: query.location is None or query.location in order.location_ids,
        lambda order: viewer.customer in {None, order.customer_id},
        lambda order: viewer.location is None or viewer.location in order.location_ids,
        lambda order: not viewer.channels or order.channel_id in viewer.channels,
    ]
    return min(sum(map(holds, orders)) for holds in conditions)


@pytest.mark.parametrize("who", ["clerk", "shopper", "partner"])
@pytest.mark.parametrize("name", ["a rare state", "location", "location, states"])
async def test_conditions_that_no_index_has_together_read_no_more_than_the_narrowest(
    asker: Asker, shop: Shop, viewers: dict[str, Viewer], who: str, name: str
):
    query, viewer = order_query(name, shop), viewers[who]

    await walk(
        asker,
        lambda request: asker.found.orders.page(viewer, query, request),
        spare=matching(list(shop.orders), query, viewer),
    )


@pytest.mark.parametrize("who", ["system", "clerk", "shopper", "partner"])
@pytest.mark.parametrize("name", ["all", "states", "since", "channels, states"])
async def test_pages_of_many_customers_read_what_they_show(
    asker: Asker, shop: Shop, viewers: dict[str, Viewer], who: str, name: str
):
    customers = [each.id for each in shop.customers[:50]]
    query, anchor = order_query(name, shop), None

    for backward in WALK:
        request = PageRequest(FIRST, anchor, backward)
        pages, answers = await asker.explained(
            asker.found.orders.pages_of(viewers[who], customers, query, request)
        )
        without_scans(answers)
        shown = [edge for page in pages.values() for edge in page.edges]
        assert documents_read(answers) <= len(shown) + len(customers)
        anchor = shown[-1].cursor if shown else anchor


@pytest.mark.parametrize("who", ["system", "clerk", "shopper", "partner"])
@pytest.mark.parametrize("name", ["all", "states", "since", "location"])
async def test_a_count_reads_no_more_than_it_counts(
    asker: Asker, shop: Shop, viewers: dict[str, Viewer], who: str, name: str
):
    query, viewer, cap = order_query(name, shop), viewers[who], 20
    customers = [each.id for each in shop.customers[:9]]

    _, counting = await asker.explained(asker.found.orders.count(viewer, query, cap))
    _, of_each = await asker.explained(asker.found.orders.counts_of(viewer, customers, query, cap))

    without_scans(counting + of_each)
    spare = matching(list(shop.orders), query, viewer) if name == "location" else 0
    assert documents_read(counting) <= max(cap, spare)
    assert documents_read(of_each) <= cap * len(customers)


PAYMENT_QUERIES = {
    "all": PaymentQuery(),
    "providers": PaymentQuery(providers=("stripe", "adyen")),
    "states": PaymentQuery(states=(PaymentState.CAPTURED,)),
    "since": PaymentQuery(since=RECENT),
    "all filters": PaymentQuery(("stripe",), None, (PaymentState.CAPTURED,), RECENT),
}


@pytest.mark.parametrize("who", ["system", "clerk", "shopper", "partner"])
@pytest.mark.parametrize("name", PAYMENT_QUERIES)
async def test_a_page_of_payments_reads_what_it_shows(
    asker: Asker, shop: Shop, viewers: dict[str, Viewer], who: str, name: str
):
    query, viewer = PAYMENT_QUERIES[name], viewers[who]
    # A place stands in a list, which no index holds behind something else.
    is_split = (who, name) == ("clerk", "all filters")
    at_place = sum(viewer.location in each.location_ids for each in shop.payments)

    await walk(
        asker,
        lambda request: asker.found.payments.page(viewer, query, request),
        spare=at_place if is_split else 0,
    )


@pytest.mark.parametrize("name", ["all", "skus", "locations", "low", "skus, locations"])
async def test_a_page_of_stock_reads_what_it_shows(asker: Asker, shop: Shop, name: str):
    skus = tuple(each.sku for each in shop.products[:9])
    places = tuple(each.id for each in shop.locations[:2])
    query = {
        "all": StockQuery(),
        "skus": StockQuery(skus=skus),
        "locations": StockQuery(locations=places),
        "low": StockQuery(low_only=True),
        "skus, locations": StockQuery(skus=skus, locations=places),
    }[name]
    of_skus = sum(each.sku in skus for each in shop.stock_levels) if query.skus else 0

    await walk(asker, lambda request: asker.found.stock.page(SYSTEM, query, request), spare=of_skus)


async def test_pages_of_points_read_what_they_show(asker: Asker, shop: Shop):
    accounts = [each.id for each in shop.loyalty_accounts[:50]]

    for backward in (False, True):
        pages, answers = await asker.explained(
            asker.found.customers.entry_pages(
                SYSTEM, accounts, PageRequest(FIRST, backward=backward)
            )
        )

        without_scans(answers)
        shown = [edge for page in pages.values() for edge in page.edges]
        assert shown
        assert documents_read(answers) <= len(shown) + len(accounts)


async def test_a_person_is_found_by_reading_that_person(asker: Asker, shop: Shop):
    phone = next(
        each.value
        for person in shop.customers
        for each in person.identities
        if each.kind is IdentityKind.PHONE
    )

    people, answers = await asker.explained(
        asker.found.customers.found_by(SYSTEM, IdentityKind.PHONE, phone)
    )

    without_scans(answers)
    assert people
    assert documents_read(answers) == len(people)


async def test_of_a_crowd_no_more_is_read_than_shows_that_it_is_one(asker: Asker, shop: Shop):
    values = {each.value for person in shop.customers[:50] for each in person.identities}

    found, answers = await asker.explained(asker.found.customers.similar(SYSTEM, sorted(values)))

    without_scans(answers)
    assert len(answers) == 1
    assert found.keys() == values
    assert documents_read(answers) == sum(len(people) for people in found.values())


@pytest.mark.parametrize("text", ["m", "mug", "fjord"])
async def test_a_search_for_a_word_reads_what_it_shows(asker: Asker, text: str):
    terms = search_terms(text)

    await walk(asker, lambda request: asker.found.catalog.search(SYSTEM, terms, request))

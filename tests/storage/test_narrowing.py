"""A read that leaves out what nobody looks at shows the same of the rest."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import fields

from domain.catalog import Location, Product
from domain.customers import Customer
from domain.money import TaxedMoney
from domain.orders import DeliveryChoice, Order, OrderLine, OrderState, Totals
from domain.payments import Payment
from domain.ports import EVERYTHING, Wanted
from domain.shop import Shop
from domain.stock import StockLevel
from domain.viewer import SYSTEM
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.narrowing import shape

CASES = 40

COLLECTIONS: dict[str, type[Struct]] = {
    "orders": Order,
    "payments": Payment,
    "stock_levels": StockLevel,
    "products": Product,
    "customers": Customer,
    "locations": Location,
}


def test_what_is_wanted_can_be_read_and_nothing_else():
    found = shape(Order, Wanted({Order: {"number": True, "state": True}}))

    [order] = found.read([{"_id": "ord_1", "number": "1", "state": "PLACED", "lines": []}])

    assert found.paths == ["number", "state"]
    assert (order.number, order.state) == ("1", OrderState.PLACED)
    with pytest.raises(AttributeError):
        _ = order.lines


def test_a_narrowed_value_passes_for_its_class_and_behaves_like_it():
    wanted = {Order: {"totals": False}, Totals: {"grand": False}, TaxedMoney: {"gross_minor": True}}
    found = shape(Order, Wanted(wanted), ("id",))

    [order] = found.read([{"_id": "ord_1", "totals": {"grand": {"gross_minor": 5}}}])

    assert found.paths == ["_id", "totals.grand.gross_minor"]
    assert isinstance(order, Order)
    assert order.totals.grand.gross_minor == 5
    with pytest.raises(AttributeError):
        _ = order.due


def test_what_a_class_below_is_not_named_for_is_whole():
    found = shape(Order, Wanted({Order: {"totals": False}}))

    assert found.paths == ["totals"]


def test_a_null_stays_null_where_something_in_it_is_wanted():
    wanted = {OrderLine: {"sku": True, "delivery": False}, DeliveryChoice: {"mode": True}}
    found = shape(OrderLine, Wanted(wanted))

    [line] = found.read([{"sku": "A"}])

    assert line.delivery is None


def test_without_wishes_everything_is_read_but_what_only_the_database_looks_at():
    found = shape(Product, EVERYTHING)

    assert found.holds is Product
    assert "_id" in found.paths
    assert "prefixes" not in found.paths


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_narrowed_values_show_what_whole_ones_show(collection: str, stocked: Database):
    kind = COLLECTIONS[collection]
    whole = shape(kind, EVERYTHING)
    every = whole.read(await stocked.find(collection, {}, limit=30, sort=[("_id", 1)]))
    for seed in range(CASES):
        wanted = Wanted(_some(kind, Random(seed)))
        narrow = shape(kind, wanted)
        documents = await stocked.find(
            collection, {}, limit=30, sort=[("_id", 1)], fields=narrow.paths
        )

        for one, other in zip(narrow.read(documents), every, strict=True):
            assert _differs(one, other, kind, wanted) is None, f"seed {seed}"


async def test_requests_that_want_the_same_share_repositories(stocked: Database, shop: Shop):
    whole, wanted = MongoRepositories(stocked), Wanted({Product: {"name": True}})
    sku = shop.products[0].sku

    found = await whole.narrowed(wanted).catalog.products_by_skus(SYSTEM, [sku])

    assert whole.narrowed(wanted) is whole.narrowed(wanted)
    assert whole.narrowed(EVERYTHING) is whole
    assert found[sku].name == shop.products[0].name
    assert not hasattr(found[sku], "prices")


def _some(kind: type[Struct], random: Random) -> dict[type, dict[str, bool]]:
    """Some attributes of a class, and of classes that it may hold."""
    held = [kind, OrderLine, Totals, TaxedMoney, DeliveryChoice]
    return {
        each: {field.name: random.random() < 0.3 for field in fields(each) if random.random() < 0.5}
        for each in held
    }


def _differs(one: Any, other: Any, kind: type[Struct], wanted: Wanted) -> str | None:
    """The first wanted attribute that is not the same."""
    for name, is_whole in (wanted.of(kind) or {}).items():
        left, right = getattr(one, name), getattr(other, name)
        if is_whole and left != right:
            return name
        rows = zip(left, right, strict=True) if isinstance(left, tuple) else [(left, right)]
        for a, b in rows:
            if type(a) is not type(b) and (found := _differs(a, b, type(b), wanted)):
                return f"{name}.{found}"
    return None

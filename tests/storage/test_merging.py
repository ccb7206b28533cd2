"""What concurrent requests read by key is one command, and nobody notices anything else of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from domain.ids import CustomerId
from domain.shop import Shop
from domain.viewer import SYSTEM, Role, Viewer
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database
from storage.mongo.merging import MOST_KEYS, Merging
from tests.conftest import Reads


class Squares:
    """A read that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Sequence[int]] = []
        self.merging = Merging()
        self.begun = asyncio.Event()
        self.end = asyncio.Event()
        self.end.set()
        self.error: Exception | None = None

    async def read(self, keys: Sequence[int], slot: str = "anybody") -> dict[int, int]:
        return await self.merging.read(slot, keys, self._read)

    async def _read(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(keys)
        end = self.end
        self.begun.set()
        await asyncio.sleep(0)
        await end.wait()
        if self.error:
            raise self.error
        return {key: key * key for key in keys if key >= 0}


@pytest.fixture
def squares() -> Squares:
    return Squares()


async def test_reads_of_one_turn_are_one_and_each_gets_its_own(squares: Squares):
    found = await asyncio.gather(squares.read([1, 2]), squares.read([2, 3, -1]))

    assert found == [{1: 1, 2: 4}, {2: 4, 3: 9}]
    assert squares.asked == [[1, 2, 3, -1]]


async def test_reads_of_two_viewers_stay_two(squares: Squares):
    await asyncio.gather(squares.read([1], "anna"), squares.read([1], "bert"))

    assert squares.asked == [[1], [1]]


async def test_a_read_that_has_begun_takes_no_more_keys(squares: Squares):
    first = asyncio.ensure_future(squares.read([1]))
    await squares.begun.wait()
    await squares.read([2])
    await first

    assert squares.asked == [[1], [2]]


async def test_what_is_asked_while_a_read_is_under_way_goes_with_the_next(squares: Squares):
    squares.end.clear()
    first = asyncio.ensure_future(squares.read([1]))
    await squares.begun.wait()
    second = asyncio.ensure_future(squares.read([2]))
    await asyncio.sleep(0)
    third = asyncio.ensure_future(squares.read([3]))
    await asyncio.sleep(0)
    squares.end.set()
    await asyncio.gather(first, second, third)

    assert squares.asked == [[1], [2, 3]]


async def test_nobody_waits_long_for_a_read_that_does_not_end(squares: Squares):
    squares.end.clear()
    stuck = asyncio.ensure_future(squares.read([1]))
    await squares.begun.wait()
    squares.end = asyncio.Event()
    squares.end.set()

    assert await squares.read([2]) == {2: 4}
    assert not stuck.done()
    stuck.cancel()


async def test_a_large_read_waits_for_nobody(squares: Squares):
    large = list(range(MOST_KEYS))

    found = await asyncio.gather(squares.read([1]), squares.read(large), squares.read([2]))

    assert sorted(map(len, squares.asked)) == [1, 1, MOST_KEYS]
    assert [len(each) for each in found] == [1, MOST_KEYS, 1]


async def test_who_gives_up_takes_nothing_from_the_others(squares: Squares):
    impatient = asyncio.ensure_future(squares.read([1]))
    patient = asyncio.ensure_future(squares.read([2]))
    await asyncio.sleep(0)
    impatient.cancel()

    assert await patient == {2: 4}
    assert impatient.cancelled()


async def test_a_failure_is_everybodys_and_the_next_read_is_another(squares: Squares):
    squares.error = ValueError("no")
    failed = await asyncio.gather(squares.read([1]), squares.read([2]), return_exceptions=True)
    squares.error = None

    assert [type(each) for each in failed] == [ValueError, ValueError]
    assert await squares.read([1]) == {1: 1}


async def test_two_requests_share_commands_where_both_reach_the_same(
    stocked: Database, shop: Shop, reads: Reads
):
    orders, levels = MongoRepositories(stocked).payments, MongoRepositories(stocked).stock
    ids, skus = [order.id for order in shop.orders[:4]], [one.sku for one in shop.products[:2]]
    support = Viewer(Role.SUPPORT)
    anna, bo = (Viewer(Role.SHOPPER, customer=CustomerId(one.id)) for one in shop.customers[:2])
    reads.forget()

    both = await asyncio.gather(
        orders.of_orders(SYSTEM, ids[:2]),
        orders.of_orders(SYSTEM, ids[1:]),
        levels.levels_of(SYSTEM, skus),
    )
    assert len(reads) == 2
    assert [list(each) for each in both[:2]] == [ids[:2], ids[1:]]

    await asyncio.gather(orders.of_orders(SYSTEM, ids), orders.of_orders(support, ids))
    assert len(reads) == 3

    await asyncio.gather(orders.of_orders(anna, ids), orders.of_orders(bo, ids))
    assert len(reads) == 5

    catalog = MongoRepositories(stocked).catalog
    found = await asyncio.gather(
        *(catalog.products_by_skus(each, skus) for each in (anna, bo, support))
    )
    assert len(reads) == 7  # published products for shoppers, all of them for staff
    assert found[0] == found[1]

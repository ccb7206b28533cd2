"""Many keys, one read: a request reads no key twice, and a failure reaches all who wait for it."""

from __future__ import annotations

from asyncio import Event, create_task, gather
from collections.abc import Mapping, Sequence

import pytest

from domain.errors import Unavailable
from loaders.batch import Batch, Relation


class Shelf:
    """Knows every key but "missing"; answers when it is opened, and remembers what was asked."""

    def __init__(self, *, is_open: bool = True, error: Exception | None = None) -> None:
        self.asked: list[list[str]] = []
        self.opened = Event()
        self._error = error
        if is_open:
            self.opened.set()

    async def read(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked.append(list(keys))
        await self.opened.wait()
        if self._error:
            raise self._error
        return {key: key.upper() for key in reversed(keys) if key != "missing"}


async def test_many_keys_are_one_read_answered_in_order():
    shelf = Shelf()

    found = await Batch(shelf.read).many(["b", "a", "c"])

    assert found == ["B", "A", "C"]
    assert shelf.asked == [["b", "a", "c"]]


async def test_a_key_is_asked_once_and_answered_everywhere():
    shelf = Shelf()

    found = await Batch(shelf.read).many(["a", "b", "a", "a"])

    assert found == ["A", "B", "A", "A"]
    assert shelf.asked == [["a", "b"]]


async def test_no_key_has_no_value_and_costs_nothing():
    shelf = Shelf()

    assert await Batch(shelf.read).many([None, "a", None]) == [None, "A", None]
    assert shelf.asked == [["a"]]


@pytest.mark.parametrize("keys", [[], [None], [None, None]])
async def test_without_a_key_nothing_is_read(keys: list[str | None]):
    shelf = Shelf()

    assert await Batch(shelf.read).many(keys) == keys
    assert shelf.asked == []


async def test_a_key_that_is_not_found_is_none():
    assert await Batch(Shelf().read).many(["missing", "a"]) == [None, "A"]


async def test_one_key_is_a_batch_of_one():
    batch = Batch(Shelf().read)

    assert [await batch.one("a"), await batch.one("missing"), await batch.one(None)] == [
        "A",
        None,
        None,
    ]


async def test_what_was_read_before_is_not_read_again():
    shelf = Shelf()
    batch = Batch(shelf.read)
    await batch.many(["a", "missing"])

    found = await batch.many(["b", "a", "missing"])

    assert found == ["B", "A", None]
    assert shelf.asked == [["a", "missing"], ["b"]]


async def test_calls_that_overlap_share_what_is_on_its_way():
    shelf = Shelf(is_open=False)
    batch = Batch(shelf.read)
    first = create_task(batch.many(["a", "b"]))
    second = create_task(batch.many(["b", "c"]))
    third = create_task(batch.many(["a", "c"]))

    shelf.opened.set()
    found = await gather(first, second, third)

    assert found == [["A", "B"], ["B", "C"], ["A", "C"]]
    assert shelf.asked == [["a", "b"], ["c"]]


async def test_a_failure_reaches_all_who_wait_for_it():
    error = Unavailable("The database does not answer in time.")
    shelf = Shelf(is_open=False, error=error)
    batch = Batch(shelf.read)
    waiting = [create_task(batch.many(keys)) for keys in (["a", "b"], ["b"], ["a"])]

    shelf.opened.set()
    results = await gather(*waiting, return_exceptions=True)

    assert results == [error, error, error]
    assert shelf.asked == [["a", "b"]]
    with pytest.raises(Unavailable):
        await batch.one("a")


async def test_two_batches_share_nothing():
    shelf = Shelf()

    await gather(Batch(shelf.read).one("a"), Batch(shelf.read).one("a"))

    assert shelf.asked == [["a"], ["a"]]


async def test_a_relation_is_read_once_for_each_set_of_arguments():
    asked: list[tuple[list[str], int]] = []

    async def read(keys: Sequence[str], first: int) -> Mapping[str, str]:
        asked.append((list(keys), first))
        return {key: f"{key}:{first}" for key in keys}

    relation = Relation(read)

    found = await gather(
        relation.asked(20).many(["a", "b"]),
        relation.asked(3).many(["a"]),
        relation.asked(20).many(["b", "a"]),
    )

    assert found == [["a:20", "b:20"], ["a:3"], ["b:20", "a:20"]]
    assert asked == [(["a", "b"], 20), (["a"], 3)]

"""What is asked while a command is under way goes with the next."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from storage.gathering import Gathered


class Slow:
    """Answers a batch when it is told to."""

    def __init__(self, fails=None):
        self.batches = []
        self.at_once = self.most_at_once = 0
        self.fails = fails
        self.go = asyncio.Semaphore(0)

    async def __call__(self, items):
        self.batches.append(list(items))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.go.acquire()
        self.at_once -= 1
        if self.fails and len(self.batches) == self.fails:
            raise ValueError("no answer")
        return [item * 10 for item in items]

    def answer_all(self):
        for _ in range(100):
            self.go.release()


async def _asked(gathered, *items):
    """A task for each, all of which have asked."""
    tasks = [asyncio.create_task(gathered.ask(item)) for item in items]
    await _settle()
    return tasks


async def _settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_first_goes_alone_and_who_comes_meanwhile_goes_together():
    slow = Slow()
    gathered = Gathered(slow)
    first = await _asked(gathered, 1)
    others = await _asked(gathered, 2, 3, 4)

    slow.answer_all()

    assert await asyncio.gather(*first, *others) == [10, 20, 30, 40]
    assert slow.batches == [[1], [2, 3, 4]]
    assert slow.most_at_once == 1


async def test_a_batch_has_a_size_and_an_order():
    slow = Slow()
    gathered = Gathered(slow, most=3)
    tasks = await _asked(gathered, *range(9))

    slow.answer_all()

    assert await asyncio.gather(*tasks) == [10 * n for n in range(9)]
    assert slow.batches == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


async def test_no_two_of_a_batch_share_a_name_and_none_overtakes_its_namesake():
    slow = Slow()
    gathered = Gathered(slow, alone=lambda item: item % 3 or None)
    first = await _asked(gathered, 100)
    others = await _asked(gathered, 1, 4, 2, 7, 3, 6, 5)

    slow.answer_all()

    await asyncio.gather(*first, *others)
    assert slow.batches == [[100], [1, 2, 3, 6], [4, 5], [7]]


async def test_an_error_reaches_all_of_its_batch_and_nobody_else():
    slow = Slow(fails=2)
    gathered = Gathered(slow, most=2)
    tasks = await _asked(gathered, 1)
    tasks += await _asked(gathered, 2, 3, 4)

    slow.answer_all()

    one, two, three, four = await asyncio.gather(*tasks, return_exceptions=True)
    assert (one, four) == (10, 40)
    assert isinstance(two, ValueError)
    assert isinstance(three, ValueError)


async def test_too_few_answers_are_an_error_for_all_and_leave_nobody_waiting():
    async def short(items):
        await asyncio.sleep(0)
        return [item for item in items if item != 3]

    gathered = Gathered(short)
    tasks = await _asked(gathered, 1, 2, 3)

    found = await asyncio.gather(*tasks, gathered.ask(4), return_exceptions=True)

    assert [isinstance(each, ValueError) for each in found].count(True) >= 1
    assert found[-1] == 4 or isinstance(found[-1], ValueError)
    assert await gathered.ask(5) == 5


async def test_who_gave_up_before_the_batch_began_is_not_asked_for():
    slow = Slow()
    gathered = Gathered(slow)
    first = await _asked(gathered, 1)
    gone, stays = await _asked(gathered, 2, 3)

    gone.cancel()
    slow.answer_all()

    assert await asyncio.gather(*first, stays) == [10, 30]
    assert slow.batches == [[1], [3]]
    assert gone.cancelled()


async def test_who_gives_up_while_the_batch_is_under_way_disturbs_nobody():
    slow = Slow()
    gathered = Gathered(slow)
    first = await _asked(gathered, 1)
    gone, stays = await _asked(gathered, 2, 3)
    slow.go.release()
    await first[0]

    gone.cancel()
    await _settle()
    slow.answer_all()

    assert await stays == 30
    assert slow.batches == [[1], [2, 3]]


@pytest.mark.parametrize("cancelled", [False, True])
async def test_nothing_is_left_of_it_when_nobody_asks(cancelled):
    slow = Slow()
    gathered = Gathered(slow)
    (task,) = await _asked(gathered, 1)
    seen = weakref.ref(gathered)
    del gathered
    gc.collect()
    assert seen()

    if cancelled:
        task.cancel()
    slow.answer_all()
    await asyncio.gather(task, return_exceptions=True)
    await _settle()
    del task

    gc.collect()
    assert seen() is None

"""Many callers, one command: what is asked while a command is under way goes with the next.

Nobody waits for company: the first caller goes alone, at once, and those who come meanwhile go
together. Under load the batches grow by themselves, and the cost of each request shrinks.
"""

from __future__ import annotations

from asyncio import Future, Task, create_task, get_running_loop
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

MOST = 200


class Gathered(Generic[A, B]):
    """Answers one by one what `answer` answers together.

    One batch is under way at a time. `alone` names what no two of a batch may share: the second
    waits for the next. If `answer` raises, all of its batch are told.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[A]], Awaitable[Sequence[B]]],
        *,
        alone: Callable[[A], Hashable] | None = None,
        most: int = MOST,
    ) -> None:
        self._answer = answer
        self._alone = alone
        self._most = most
        self._waiting: deque[tuple[A, Future[B]]] = deque()
        self._running: Task[None] | None = None

    async def ask(self, item: A) -> B:
        """The answer for one."""
        future: Future[B] = get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._one(self._batch())
        finally:
            self._running = None

    async def _one(self, batch: Sequence[tuple[A, Future[B]]]) -> None:
        try:
            answers = await self._answer([item for item, _ in batch])
            told = list(zip(batch, answers, strict=True))
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in told:
            if not future.done():
                future.set_result(answer)

    def _batch(self) -> list[tuple[A, Future[B]]]:
        """The next ones, in the order they came; who shares a name with one of them stays."""
        taken: list[tuple[A, Future[B]]] = []
        left: list[tuple[A, Future[B]]] = []
        names = set[Any]()
        while self._waiting and len(taken) < self._most:
            item, future = self._waiting.popleft()
            name = self._alone(item) if self._alone else None
            if future.done():  # its caller is gone
                continue
            if name is not None and name in names:
                left.append((item, future))
                continue
            names.add(name)
            taken.append((item, future))
        self._waiting.extendleft(reversed(left))
        return taken

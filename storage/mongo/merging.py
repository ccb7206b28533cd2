"""Reads by key that concurrent requests ask for at about the same time, made as one command.

What is asked while a command is under way goes with the next: under load the batches grow by
themselves. Nobody waits for company, and nobody long for a slow command; a read never joins one
that has begun, so it sees all that was written before it was asked.
"""

from __future__ import annotations

from asyncio import CancelledError, Future, Task, create_task, get_running_loop
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Read = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]

MOST_KEYS = 1_000
"""Beyond so many, a read waits for nobody: the small would pay for the large."""

PATIENCE_SECONDS = 0.02
"""How long a read waits for the command in front of it."""


class Merging:
    """Merges reads that differ in their keys alone.

    Whoever reads says in `slot` what else there is to differ in, what may be seen above all. A read
    that one of its readers gives up goes on for the others; one that fails, fails for all.
    """

    def __init__(self) -> None:
        self._gathering: dict[Hashable, _Gathering] = {}
        self._under_way: dict[Hashable, _Gathering] = {}
        self._tasks: set[Task[None]] = set()

    def read(self, slot: Hashable, keys: Sequence[K], read: Read[K, V]) -> Future[Mapping[K, V]]:
        """What `read` will find of `keys`. Each reader has a future of its own to give up."""
        gathering = self._gathering.get(slot)
        if gathering and len(gathering.keys) + len(keys) > MOST_KEYS:
            self._begin(slot, gathering)
            gathering = None
        if gathering is None:
            gathering = self._gathering[slot] = _Gathering(read)
            if slot in self._under_way:
                loop = get_running_loop()
                loop.call_later(PATIENCE_SECONDS, self._begin, slot, gathering)
            else:
                self._begin(slot, gathering)
        return gathering.add(keys)

    def _begin(self, slot: Hashable, gathering: _Gathering) -> None:
        if gathering.has_begun:
            return
        gathering.has_begun = True
        task = create_task(self._answer(slot, gathering))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, slot: Hashable, gathering: _Gathering) -> None:
        # A task begins in the next turn of the loop: by then, all of this turn have come.
        if self._gathering.get(slot) is gathering:
            del self._gathering[slot]
        self._under_way[slot] = gathering
        try:
            await gathering.answer()
        finally:
            if self._under_way.get(slot) is gathering:
                del self._under_way[slot]
                if following := self._gathering.get(slot):
                    self._begin(slot, following)


class _Gathering:
    __slots__ = ("_read", "_readers", "has_begun", "keys")

    def __init__(self, read: Read[Any, Any]) -> None:
        self._read = read
        self.has_begun = False
        self.keys: dict[Any, None] = {}
        self._readers: list[tuple[Sequence[Any], Future[Any]]] = []

    def add(self, keys: Sequence[Any]) -> Future[Any]:
        self.keys |= dict.fromkeys(keys)
        future: Future[Any] = get_running_loop().create_future()
        self._readers.append((keys, future))
        return future

    async def answer(self) -> None:
        """Read, and tell all who wait for it."""
        try:
            found = await self._read(list(self.keys))
        except CancelledError:
            for _, future in self._waiting():
                future.cancel()
            raise
        except Exception as error:
            for _, future in self._waiting():
                future.set_exception(error)
        else:
            self._tell(found)

    def _tell(self, found: Mapping[Any, Any]) -> None:
        is_alone = len(self._readers) == 1
        for keys, future in self._waiting():
            own = found if is_alone else {key: found[key] for key in keys if key in found}
            future.set_result(own)

    def _waiting(self) -> list[tuple[Sequence[Any], Future[Any]]]:
        return [each for each in self._readers if not each[1].done()]

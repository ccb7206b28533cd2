"""Reads by key that concurrent requests ask for in one turn of the event loop, made as one."""

from __future__ import annotations

from asyncio import CancelledError, Future, Task, create_task, get_running_loop
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Read = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]

MOST_KEYS = 1_000
"""Beyond so many, a read waits for nobody: the small would pay for the large."""


class Merging:
    """Merges reads that differ in their keys alone.

    Whoever reads says in `slot` what else there is to differ in, the viewer above all. A read that
    one of its readers gives up goes on for the others; one that fails, fails for all.
    """

    def __init__(self) -> None:
        self._gathering: dict[Hashable, _Gathering] = {}
        self._running: set[Task[None]] = set()

    def read(self, slot: Hashable, keys: Sequence[K], read: Read[K, V]) -> Future[Mapping[K, V]]:
        """What `read` will find of `keys`. Each reader has a future of its own to give up."""
        gathering = self._gathering.get(slot)
        if gathering is None or len(gathering.keys) + len(keys) > MOST_KEYS:
            gathering = self._gathering[slot] = _Gathering()
            task = create_task(self._answer(slot, gathering, read))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return gathering.add(keys)

    async def _answer(self, slot: Hashable, gathering: _Gathering, read: Read[Any, Any]) -> None:
        # A task begins in the next turn of the loop: by then, all of this turn have come.
        if self._gathering.get(slot) is gathering:
            del self._gathering[slot]
        try:
            found = await read(list(gathering.keys))
        except CancelledError:
            gathering.give_up()
            raise
        except Exception as error:
            gathering.fail(error)
        else:
            gathering.tell(found)


class _Gathering:
    __slots__ = ("_readers", "keys")

    def __init__(self) -> None:
        self.keys: dict[Any, None] = {}
        self._readers: list[tuple[Sequence[Any], Future[Any]]] = []

    def add(self, keys: Sequence[Any]) -> Future[Any]:
        self.keys |= dict.fromkeys(keys)
        future: Future[Any] = get_running_loop().create_future()
        self._readers.append((keys, future))
        return future

    def tell(self, found: Mapping[Any, Any]) -> None:
        alone = len(self._readers) == 1
        for keys, future in self._waiting():
            own = found if alone else {key: found[key] for key in keys if key in found}
            future.set_result(own)

    def fail(self, error: Exception) -> None:
        for _, future in self._waiting():
            future.set_exception(error)

    def give_up(self) -> None:
        for _, future in self._waiting():
            future.cancel()

    def _waiting(self) -> list[tuple[Sequence[Any], Future[Any]]]:
        return [each for each in self._readers if not each[1].done()]

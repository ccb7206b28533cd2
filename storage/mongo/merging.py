"""Reads by key that concurrent requests ask for in one turn of the event loop, made as one."""

from __future__ import annotations

from asyncio import Task, ensure_future, shield
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

    async def read(self, slot: Hashable, keys: Sequence[K], read: Read[K, V]) -> dict[K, V]:
        """What `read` finds of `keys`, and perhaps of others' keys at the same time."""
        gathering = self._gathering.get(slot)
        if gathering is None or len(gathering.keys) + len(keys) > MOST_KEYS:
            gathering = self._gathering[slot] = _Gathering()
            gathering.answer = ensure_future(self._answer(slot, gathering, read))
        gathering.keys |= dict.fromkeys(keys)
        found = await shield(gathering.answer)
        return {key: found[key] for key in keys if key in found}

    async def _answer(self, slot: Hashable, gathering: _Gathering, read: Read[Any, Any]) -> Any:
        # A task begins in the next turn of the loop: by then, all of this turn have come.
        if self._gathering.get(slot) is gathering:
            del self._gathering[slot]
        return await read(list(gathering.keys))


class _Gathering:
    __slots__ = ("answer", "keys")

    answer: Task[Any]

    def __init__(self) -> None:
        self.keys: dict[Any, None] = {}

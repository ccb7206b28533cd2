"""Many keys, one read. A request reads no key twice.

`many` is one awaitable for a whole level of the answer. Calls that overlap share what is already
on its way; a key that was not found is `None`.
"""

from __future__ import annotations

from asyncio import Future, ensure_future, shield
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
A = TypeVar("A", bound=Hashable)

Read = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]


class Batch(Generic[K, V]):
    """One relation, for one viewer and one set of arguments, during one request."""

    def __init__(self, read: Read[K, V]) -> None:
        self._read = read
        self._reads: dict[K, Future[Mapping[K, V]]] = {}

    async def many(self, keys: Sequence[K | None]) -> list[V | None]:
        """The value of each key, in order, in at most one read."""
        asked = [key for key in dict.fromkeys(keys) if key is not None]
        if fresh := [key for key in asked if key not in self._reads]:
            self._reads |= dict.fromkeys(fresh, ensure_future(self._read(fresh)))
        found = await self._found(asked)
        return list(map(found.get, keys))

    async def one(self, key: K | None) -> V | None:
        """The value of one key."""
        return (await self.many([key]))[0]

    async def _found(self, keys: Iterable[K]) -> Mapping[K | None, V | None]:
        reads = {key: self._reads[key] for key in keys}
        for read in set(reads.values()):
            if not read.done():
                await shield(read)  # others may wait for it when this one is cancelled
        return {key: read.result().get(key) for key, read in reads.items()}


class Relation(Generic[K, A, V]):
    """A relation that takes arguments: one `Batch` for each set of them."""

    def __init__(self, read: Callable[[Sequence[K], A], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._batches: dict[A, Batch[K, V]] = {}

    def asked(self, arguments: A) -> Batch[K, V]:
        """The batch for these arguments."""
        if arguments not in self._batches:
            self._batches[arguments] = Batch(lambda keys: self._read(keys, arguments))
        return self._batches[arguments]

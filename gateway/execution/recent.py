"""What was used last, within bounds of number and memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar


class Weighty(Protocol):
    """What knows about how many bytes it keeps alive."""

    @property
    def weight(self) -> int: ...


T = TypeVar("T", bound=Weighty)


class Recent(Generic[T]):
    """The values used last, at most `entries` of them and `size` bytes."""

    def __init__(self, entries: int, size: int) -> None:
        self._entries = entries
        self._size = size
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def weight(self) -> int:
        return self._weight

    def get(self, key: Hashable) -> T | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Hashable, value: T) -> T:
        """Keep a value in the place of the one there was, and return it."""
        if (before := self._kept.pop(key, None)) is not None:
            self._weight -= before.weight
        self._kept[key] = value
        self._weight += value.weight
        while len(self._kept) > self._entries or self._weight > self._size:
            _, oldest = self._kept.popitem(last=False)
            self._weight -= oldest.weight
        return value

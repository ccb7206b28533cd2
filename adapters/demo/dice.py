"""Seeded chance: the same name gives the same throws, on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from domain.ids import ENTROPY_BYTES, Kind, mint

T = TypeVar("T")

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
"""When master data came to be; it does not move with the day of installation."""

MILLISECOND = timedelta(milliseconds=1)
READABLE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No letter that a clerk could take for a digit."""


class Dice:
    """Throws that repeat; `name` keeps the throws of one module out of another's."""

    def __init__(self, name: str) -> None:
        self._random = Random(f"fjord-and-bean/{name}")  # noqa: S311

    def id(self, kind: Kind, at: datetime = EPOCH) -> str:
        return mint(kind, at, self._random.randbytes(ENTROPY_BYTES))

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number; both ends are included."""
        return low + int((high - low + 1) * self._random.random())

    def one(self, of: Sequence[T]) -> T:
        return of[int(len(of) * self._random.random())]

    def early(self, of: Sequence[T], skew: float = 2.0) -> T:
        """One of them, more often one of the first; with a `skew` of 1 there is no preference."""
        return of[int(len(of) * self._random.random() ** skew)]

    def weighted(self, of: Sequence[tuple[T, int]]) -> T:
        """One of them, as often as its weight says."""
        left = self._random.random() * sum(weight for _, weight in of)
        for value, weight in of:
            left -= weight
            if left < 0:
                return value
        return of[-1][0]

    def text(self, length: int, alphabet: str = READABLE) -> str:
        return "".join(self._random.choices(alphabet, k=length))

    def digits(self, length: int) -> str:
        return self.text(length, "0123456789")

    def hex(self, length: int) -> str:
        return self.text(length, "0123456789abcdef")


def whole_milliseconds(at: datetime) -> datetime:
    """`at` in UTC without what a database would drop."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)

"""Counting reads: for how many keys at once, and how many an operation makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from domain.ports import Repositories, Wanted
from gateway.metrics import instruments
from gateway.metrics.operations import SEEN
from gateway.wrapping import Wrapped

MOST_NARROWED = 512
"""As many as plans are kept."""


class Counted(Wrapped):
    """Repositories whose reads are counted with the operation that makes them."""

    def __init__(self, repositories: Repositories) -> None:
        super().__init__(repositories, _Repository)
        self._narrowed = lru_cache(MOST_NARROWED)(super().narrowed)

    def narrowed(self, wanted: Wanted) -> Wrapped:
        """The same ones for all who want the same, as the repositories themselves do."""
        return self._narrowed(wanted)


def keys(asked: Sequence[object]) -> int:
    """How many keys are asked for; a page of a list is one."""
    return next((len(each) for each in asked if isinstance(each, list)), 1)  # pyright: ignore[reportUnknownArgumentType]


class _Repository:
    def __init__(self, name: str, repository: object) -> None:
        self._name = name
        self._repository = repository

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Asked for once: what it gives is kept beside its name."""
        read = getattr(self._repository, name)
        sizes = instruments.READ_KEYS.labels(f"{self._name}.{name}")

        def counted(*asked: Any, **named: Any) -> Any:
            if seen := SEEN.get():
                seen.reads += 1
            sizes.observe(keys(asked))
            return read(*asked, **named)

        setattr(self, name, counted)
        return counted

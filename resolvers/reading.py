"""What a resolver looks at itself, said beside it, so that reads may leave out the rest.

A resolver that says nothing may look at anything: what its operation reads is then read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import Any, TypeVar

from msgspec import Struct

F = TypeVar("F", bound=Callable[..., Any])

Inside = Mapping[type, Sequence[str] | EllipsisType]
"""Attributes of values that a resolver reads from somewhere; `...` stands for all of them."""

READING = "__reading__"


class Reading(Struct, frozen=True):
    """Attributes that a resolver looks at: of its parents, and of what it reads itself.

    What it merely hands on need not be named.
    """

    parents: Sequence[str] | EllipsisType
    inside: Inside


def looks_at(*parents: str, inside: Inside | None = None, whole: bool = False) -> Callable[[F], F]:
    """Say which attributes of its parents a resolver looks at; `whole`: at all of them."""

    def say(resolve: F) -> F:
        setattr(resolve, READING, Reading(... if whole else parents, inside or {}))
        return resolve

    return say


def reading(resolve: object) -> Reading | None:
    """What a resolver says that it looks at, if it says anything."""
    return getattr(resolve, READING, None)

"""Who wants to know how servers answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from domain.stock import Step, Stepped

Timed = Callable[[str, float, bool], None]
"""Told of each question: what was asked, the seconds it took, and whether there was an answer."""

StepsTold = Callable[[Sequence[Step], Sequence[Stepped]], None]
"""Told of each batch of steps on a level, and what became of them."""


def untimed(_: str, __: float, ___: bool) -> None:
    """For nobody."""


def untold(_: Sequence[Step], __: Sequence[Stepped]) -> None:
    """For nobody."""

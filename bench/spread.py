"""One figure over all rounds, as every table shows it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from msgspec import Struct


class Spread(Struct, frozen=True):
    """The figure in the middle, the least and the most."""

    median: float
    min: float
    max: float


def over(rounds: Sequence[float], digits: int | None = None) -> Spread:
    """What the rounds came to, in whole numbers or with so many digits."""
    figures = statistics.median(rounds), min(rounds), max(rounds)
    return Spread(*(round(figure, digits) for figure in figures))

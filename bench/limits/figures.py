"""Times as figures: what is usual, what is rare, and whether two kinds can be told apart."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from math import sqrt
from random import Random
from typing import Any

Found = dict[str, Any]

RESAMPLES = 400
SURE = 1.96
"""Standard errors to both sides of what is found, within which it lies 95 times of 100."""


def spread(times: Sequence[float]) -> Found:
    """Milliseconds: half are below `p50`, one of a hundred is above `p99`."""
    if len(times) < 2:
        return {"count": len(times)}
    cuts = statistics.quantiles(times, n=100)
    shown = {"p50": cuts[49], "p99": cuts[98], "max": max(times)}
    return {"count": len(times), **{name: round(each, 1) for name, each in shown.items()}}


def between(values: Sequence[float]) -> Mapping[str, float]:
    """The median of several rounds, and the least and the most."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def apart(those: Sequence[float], others: Sequence[float], dice: Random) -> Found:
    """How far two samples of milliseconds are apart, in microseconds, with ranges of 95 %.

    `slower` is how often one of those takes longer than one of the others: 0.5 tells nothing
    (Mann-Whitney's U, as a part of all pairs).
    """
    differences = sorted(
        statistics.median(dice.choices(those, k=len(those)))
        - statistics.median(dice.choices(others, k=len(others)))
        for _ in range(RESAMPLES)
    )
    edge = round(RESAMPLES * 0.025)
    part, count = _slower(those, others), len(those) * len(others)
    error = SURE * sqrt((len(those) + len(others) + 1) / (12 * count))
    return {
        "median_us": round(1000 * statistics.median(those), 1),
        "other_us": round(1000 * statistics.median(others), 1),
        "difference_us": [
            round(1000 * each, 1) for each in (differences[edge], differences[-edge - 1])
        ],
        "slower": [round(part - error, 3), round(part + error, 3)],
    }


def _slower(those: Sequence[float], others: Sequence[float]) -> float:
    """Of all pairs, the part in which the first is the longer; what is equal counts half."""
    ranked = sorted([(each, True) for each in those] + [(each, False) for each in others])
    ranks = sum(place for place, (_, is_first) in enumerate(ranked, 1) if is_first)
    least = len(those) * (len(those) + 1) / 2
    return (ranks - least) / (len(those) * len(others))

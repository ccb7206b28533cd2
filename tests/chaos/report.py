"""How long writes were away after a fault, as a client sees it, and what else a run came to."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import Any

from msgspec import Struct

from tests.chaos.history import Answered, Asked, Event, Fault, Healed, Invoked, Payload, Unanswered

AFTERMATH_SECONDS = 10.0
"""How long after its repair a silence still counts as the fault's."""


class Outage(Struct, frozen=True):
    """What one fault cost.

    When the first write that was asked for after it was acknowledged, and the longest time without
    any acknowledgement.
    """

    fault: str
    first_write_seconds: float
    silence_seconds: float


def outages(lines: Sequence[Event]) -> Sequence[Outage]:
    """What each fault of a run cost."""
    written = list(_written(lines))
    faults = [line for line in lines if isinstance(line, Fault)]
    ends = [line.at + AFTERMATH_SECONDS for line in lines if isinstance(line, Healed)]
    others = [fault.at for fault in faults][1:] + [inf] * bool(faults)
    return [
        _outage(fault, min(end, other), written)
        for fault, end, other in zip(faults, ends, others, strict=True)
    ]


def _outage(fault: Fault, end: float, written: Sequence[tuple[float, float]]) -> Outage:
    first = min((at for asked, at in written if asked >= fault.at), default=end)
    answered = [at for _, at in written if fault.at <= at <= end]
    silence = max((after - before for before, after in pairwise([fault.at, *answered])), default=0)
    return Outage(fault.name, round(first - fault.at, 2), round(silence, 2))


def _written(lines: Iterable[Event]) -> Iterable[tuple[float, float]]:
    """When each acknowledged write was asked for the last time, and when it was acknowledged."""
    asked: dict[int, float] = {}
    for line in lines:
        if isinstance(line, Asked):
            asked[line.op] = line.at
        elif isinstance(line, Answered) and _is_new(line.payload):
            yield asked[line.op], line.at


def _is_new(payload: Payload) -> bool:
    return not payload["userErrors"] and not payload["replayed"]


def totals(lines: Sequence[Event]) -> Mapping[str, object]:
    """How much was wished, asked and answered."""
    answered = {line.op: line for line in lines if isinstance(line, Answered)}
    silences = [line.code or line.why for line in lines if isinstance(line, Unanswered)]
    return {
        "wishes": _count(lines, Invoked),
        "requests": _count(lines, Asked),
        "answered": len(answered),
        "granted": sum(not line.payload["userErrors"] for line in answered.values()),
        "without_an_answer_at_first": {why: silences.count(why) for why in sorted(set(silences))},
        "faults": _count(lines, Fault),
        "seconds": round(lines[-1].at, 1),
    }


def _count(lines: Sequence[Event], kind: type[Event]) -> int:
    return sum(isinstance(line, kind) for line in lines)


def spreads(found: Iterable[Outage]) -> Mapping[str, Mapping[str, object]]:
    """By fault: how often, and median, least and most of both times."""
    by_fault: dict[str, list[Outage]] = {}
    for outage in found:
        by_fault.setdefault(outage.fault, []).append(outage)
    return {
        fault: {
            "times": len(each),
            "first_write_seconds": _spread([outage.first_write_seconds for outage in each]),
            "silence_seconds": _spread([outage.silence_seconds for outage in each]),
        }
        for fault, each in sorted(by_fault.items())
    }


def _spread(values: Sequence[float]) -> Mapping[str, float]:
    middle = round(statistics.median(values), 2)
    return {"median": middle, "min": min(values), "max": max(values)}


def table(faults: Mapping[str, Mapping[str, Any]]) -> str:
    """The times, as Markdown."""
    head = "| fault | times | first write after it, s | longest silence, s |\n|---|---|---|---|\n"
    rows = (
        f"| {fault} | {each['times']} | {_shown(each['first_write_seconds'])} "
        f"| {_shown(each['silence_seconds'])} |\n"
        for fault, each in faults.items()
    )
    return head + "".join(rows)


def _shown(spread: Mapping[str, float]) -> str:
    return "{median:.1f} ({min:.1f}-{max:.1f})".format_map(spread)


def machine() -> Mapping[str, object]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": [round(each, 2) for each in os.getloadavg()],
    }

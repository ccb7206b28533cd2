"""What was measured, for machines (JSON) and for people (Markdown)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from bench.http.contestants import ALL
from bench.http.measure import Figures, Plan
from bench.http.questions import KINDS

Measured = Mapping[str, Mapping[str, Figures]]
"""Figures by query and contestant."""

OURS, FULL = "kassa", "kassa-full"

AIMS: Mapping[tuple[str, str], Mapping[str, float]] = MappingProxyType(
    {
        ("rest", OURS): {"q1": 1.0, "q2": 0.9, "q3": 0.9},
        ("apollo", OURS): {"q1": 5.0, "q2": 1.8, "q3": 6.0},
        ("mercurius", OURS): {"q1": 3.0, "q2": 1.2, "q3": 4.0},
        ("strawberry", OURS): {"q1": 8.0, "q2": 2.0, "q3": 9.0},
        ("kassa-graphql-core", OURS): {},
        ("rest-full", FULL): {"q1": 0.8, "q2": 0.8, "q3": 0.8, "q4": 0.8},
    }
)
"""The CPU of the first by the CPU of the second, at least."""


class Found(Struct, frozen=True):
    """The fields of a typical answer by query, the figures, and those by number of processes."""

    fields: Mapping[str, int]
    measured: Measured
    workers: Mapping[str, Mapping[int, Figures]]


def markdown(
    found: Found, machine: Mapping[str, object], plan: Plan, absent: Mapping[str, str]
) -> str:
    names = list(next(iter(found.measured.values())))
    parts = [
        _method(names, machine, plan, absent),
        *(_query(name, one, found.fields[name]) for name, one in found.measured.items()),
        ratios(found.measured),
        _workers(found.workers),
    ]
    return "\n".join(part for part in parts if part)


def _method(
    names: Sequence[str],
    machine: Mapping[str, object],
    plan: Plan,
    absent: Mapping[str, str],
) -> str:
    described = ", ".join(f"{name} {value}" for name, value in machine.items())
    who = "\n".join(f"| `{name}` | {ALL[name].about} |" for name in names)
    missing = "".join(f"\nNot measured: `{name}`. {why}\n" for name, why in absent.items())
    return f"""# GraphQL over HTTP: what a request costs

Written by `make bench`. One MongoDB, one set of data (the demo shop at scale `bench`: 20,000
customers, 100,000 orders, 2,000 products), the same query texts for everybody, one server process
each. Before anything is timed, all answers are compared as JSON and must be equal.

CPU is user and system time of the server's processes by answered requests, without MongoDB: the
median of {plan.rounds} rounds in which the contestants alternate (and the smallest and largest). In
a round each gets the same requests in the same order, over {plan.connections} connections that
always wait for an answer. The client and MongoDB share the machine, so requests a second and
latencies say less than the CPU does.

Machine: {described}.

| contestant | what it is |
|---|---|
{who}
{missing}"""


def _query(name: str, measured: Mapping[str, Figures], fields: int) -> str:
    rows = "\n".join(_row(each, figures) for each, figures in measured.items())
    return f"""## {KINDS[name].title} ({fields:,} fields)

| contestant | CPU µs a request | requests/s | p50 ms | p99 ms | RSS MiB |
|---|---|---|---|---|---|
{rows}
"""


def _row(name: str, one: Figures) -> str:
    cpu = f"**{one.cpu_us.median:,.0f}** ({one.cpu_us.min:,.0f} to {one.cpu_us.max:,.0f})"
    return f"| `{name}` | {cpu} | {one.rps:,.0f} | {one.p50_ms} | {one.p99_ms} | {one.rss_mib:g} |"


def ratios(measured: Measured) -> str:
    """The CPU of the others by Kassa's; above 1, Kassa takes less."""
    head = " | ".join(KINDS[name].title.partition(" ")[0] for name in measured)
    rows = "\n".join(_ratio_row(*pair, measured) for pair in AIMS if _any(pair, measured))
    return f"""## Against Kassa

CPU of the other by Kassa's: above 1, Kassa takes less. In brackets what it aims at.

| | {head} |
|---|{"---|" * len(measured)}
{rows}
"""


def _any(pair: tuple[str, str], measured: Measured) -> bool:
    return any(set(pair) <= figures.keys() for figures in measured.values())


def _ratio_row(other: str, ours: str, measured: Measured) -> str:
    cells = " | ".join(_ratio_cells(other, ours, measured))
    return f"| `{other}` / `{ours}` | {cells} |"


def _ratio_cells(other: str, ours: str, measured: Measured) -> Iterator[str]:
    for name, figures in measured.items():
        ratio = figures[other].cpu_us.median / figures[ours].cpu_us.median
        aim = AIMS[other, ours].get(name.partition("-")[0])
        yield f"{ratio:.2f}" + (f" ({aim:g})" if aim else "")


def _workers(workers: Mapping[str, Mapping[int, Figures]]) -> str:
    if not workers:
        return ""
    rows = "\n".join(
        f"| {KINDS[name].title} | {count} | {one.cpu_us.median:,.0f} | {one.rps:,.0f} "
        f"| {one.p50_ms} | {one.p99_ms} | {one.rss_mib:g} |"
        for name, by_count in workers.items()
        for count, one in by_count.items()
    )
    return f"""## Workers

`kassa serve --workers N`, which is `kassa-full`.

| query | workers | CPU µs a request | requests/s | p50 ms | p99 ms | RSS MiB |
|---|---|---|---|---|---|---|
{rows}
"""

"""What was measured, for machines (JSON) and for people (Markdown)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from bench.live.measure import LEAST_DELIVERED, OURS, Figures, Plan, Seen
from bench.live.servers import ALL
from bench.live.shop import SKUS

AIM_SEEN_MS, AIM_KIB = 250, 50
AIMS: Mapping[str, float] = {"graphql-ws": 0.6, "strawberry": 0.25}
"""Kassa's CPU of a message by the other's, at most."""


class Found(Struct, frozen=True):
    """All of it; `absent` says why who is not in `figures` is not."""

    seen: Seen
    figures: Mapping[str, Figures]
    absent: Mapping[str, str]
    plan: Plan
    machine: Mapping[str, object]


def ratio(found: Found, other: str) -> tuple[float, float, float]:
    """Kassa's CPU by the other's: of the medians, and the least and most that rounds allow."""
    ours, theirs = (found.figures[name].cpu_us_per_message for name in (OURS, other))
    return ours.median / theirs.median, ours.min / theirs.max, ours.max / theirs.min


def shown(found: Found) -> dict[str, object]:
    """As it is kept."""
    ratios = {
        other: dict(
            zip(("median", "min", "max"), (round(n, 3) for n in ratio(found, other)), strict=True)
        )
        for other in found.figures
        if other != OURS
    }
    return {
        "seen_p99_ms": found.seen.p99_ms,
        "cpu_us_per_message": {
            name: each.cpu_us_per_message.median for name, each in found.figures.items()
        },
        "kib_per_subscriber": found.figures[OURS].kib_per_subscriber,
        "cpu_ratios": ratios,
        "seen": found.seen,
        "figures": found.figures,
        "absent": found.absent,
        "plan": found.plan,
        "machine": found.machine,
    }


def markdown(found: Found) -> str:
    plan, seen = found.plan, found.seen
    described = ", ".join(f"{name} {value}" for name, value in found.machine.items())
    rows = "\n".join(_row(name, found) for name in found.figures)
    who = "\n".join(f"| `{name}` | {ALL[name].about} |" for name in found.figures)
    missing = "".join(f"\nNot measured: `{name}`. {why}\n" for name, why in found.absent.items())
    return f"""# Telling subscribers

Written by `make bench-live`. Real WebSockets (`graphql-transport-ws`), real MongoDB and Redis, and
everything, subscribers and database too, on two cores.

Machine: {described}.

## Acknowledged, then seen

One `kassa serve` takes {plan.seen_rate:g} changes a second ({seen.changes_per_s:g} came through) of
{SKUS} skus, `reserveStock` and `releaseReservation`, and {plan.watchers} subscribers listen,
{plan.watchers // SKUS} for each sku. From the moment in which the writer had its answer until a
subscriber had the change, over {seen.deliveries:,} deliveries ({seen.missing:,} are missing):

| p50 ms | p99 ms (aim) | longest ms |
|---:|---:|---:|
| {seen.p50_ms} | **{seen.p99_ms}** ({AIM_SEEN_MS}) | {seen.max_ms} |

## CPU of a message, and the weight of a subscriber

{plan.subscribers:,} subscribers of each server, all at once, and {plan.rate:g} changes a second of
{SKUS} skus at one server after the other, which makes {_a_second(plan):,.0f} messages a second. All
are asked the same by the same clients, each under an id of its own. CPU is user and system time of
the server by delivered messages: the median of {plan.rounds} rounds of {plan.seconds:g} s (least
and most). Memory is what is resident when all have subscribed and nothing was told yet, beyond that
of the server alone. The peers publish to themselves, which costs them next to nothing; Kassa
follows the journal in MongoDB, does its upkeep, and signs each cursor.

| server | CPU µs a message | Kassa's by it (aim) | bytes | KiB a subscriber |
|---|---:|---:|---:|---:|
{rows}

| | |
|---|---|
{who}
{missing}"""


def _row(name: str, found: Found) -> str:
    one = found.figures[name]
    cpu = one.cpu_us_per_message
    late = "" if one.delivered >= LEAST_DELIVERED else f"; {one.delivered:.0%} of what was due"
    weight = f"{one.kib_per_subscriber:g}" + (f" ({AIM_KIB})" if name == OURS else "")
    return (
        f"| `{name}` | **{cpu.median:g}** ({cpu.min:g} to {cpu.max:g}{late}) "
        f"| {_ratio(name, found)} | {one.bytes_per_message} | {weight} |"
    )


def _ratio(name: str, found: Found) -> str:
    if name == OURS:
        return "1"
    median, least, most = ratio(found, name)
    return f"{median:.2f}, {least:.2f} to {most:.2f} ({AIMS[name]:g})"


def _a_second(plan: Plan) -> float:
    return plan.rate * plan.subscribers / SKUS

"""The figures for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.limits.figures import Found, between

TIMES = 20
LEAST_OFFERED, MOST_BUSY = 3.5, 0.9

HEAD = """# What refusing costs

Written by `make bench-limits`: a `kassa serve` of one process over the demo shop, on a machine that
the client and MongoDB share.
"""
BUSY = "On a machine that is busy otherwise, times say little; CPU does."
ALONE = "The server's process has a core to itself, all others share the rest."
TOGETHER = "All share all cores."
WAITS = ("hostile", "sent", "count", "p50", "p99", "max")
LOADED = (
    *("capacity/s", "offered", "answered/s", "of capacity", "refused", "answered", "tills"),
    *("tills answered", "shoppers answered", "client's CPU"),
)
GUESSING = """## Is it there?

A shopper asks for what is somebody else's and for what nobody has, in turns. The difference of the
medians and how often the first takes longer than the second (0.5: nothing can be told), as ranges
of 95 %; beside it the same for two samples of what nobody has: chance.

| asked | somebody's µs | nobody's µs | difference µs | slower | difference by chance | by chance |
|---|---|---|---|---|---|---|"""


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _waiting(found: Found) -> str:
    return _row([found.get(name, "") for name in WAITS])


def _loaded(found: Found) -> str:
    times = [found[name].get("p99", "") for name in ("refused_ms", "answered_ms", "tills_ms")]
    names = ("capacity", "offered_of_capacity", "goodput", "of_capacity")
    rest = ("tills_answered", "shoppers_answered", "client_busy")
    return _row([*(found[name] for name in names), *times, *(found[name] for name in rest)])


def _guessed(name: str, found: Found) -> str:
    theirs, chance = found["theirs"], found["chance"]
    return _row(
        [
            name,
            theirs["median_us"],
            theirs["other_us"],
            *(
                " to ".join(map(str, each[part]))
                for each in (theirs, chance)
                for part in ("difference_us", "slower")
            ),
        ]
    )


def _sum(found: Sequence[Found]) -> str:
    """What all rounds come to; those in which the client was the bottleneck are left out."""
    fair = [
        each
        for each in found
        if each["offered_of_capacity"] >= LEAST_OFFERED and each["client_busy"] <= MOST_BUSY
    ]
    if not fair:
        return "In no round did the client offer as much as it should: these rounds show nothing."
    good = between([each["of_capacity"] for each in fair])
    return (
        f"Of the capacity {good['median']} are answered (median of {len(fair)} of {len(found)} "
        f"rounds; {good['least']} to {good['most']})."
    )


def markdown(found: Found) -> str:
    """All of it."""
    refused: Mapping[str, Found] = found["refused"]
    dearest = sorted(refused.items(), key=lambda each: -each[1]["cpu_ms"])[:10]
    cpu = max(each["cpu_ms"] for each in refused.values())
    memory = max(each["memory_mib"] for each in refused.values())
    waits = between([each["max"] for each in found["meanwhile"]])
    lines = [
        HEAD,
        f"Load before: {found['load_before']} on {found['cores']} cores. {BUSY}",
        ALONE if found["server_alone"] else TOGETHER,
        "",
        f"## {len(refused)} hostile requests, {TIMES} of each",
        "",
        f"CPU: {cpu} ms at most (50 are allowed), memory: {memory} MiB at most (16).",
        "",
        "| the dearest | CPU ms | MiB |",
        "|---|---|---|",
        *(_row([name, each["cpu_ms"], each["memory_mib"]]) for name, each in dearest),
        "",
        "## A well-behaved client meanwhile",
        "",
        "It asks every 20 ms, and has waited since it was to ask. The longest wait of a round, in",
        f"ms: {waits['median']} (median; {waits['least']} to {waits['most']}; 250 are allowed).",
        "",
        "| hostile clients | they sent | answers | p50 ms | p99 ms | max ms |",
        "|---|---|---|---|---|---|",
        *(_waiting(each) for each in (found["alone"], *found["meanwhile"])),
        "",
        "## Four times the capacity",
        "",
        "Times are p99 in ms, since when it was to be asked; of tills and shoppers, the part",
        "answered. The capacity is the most that the same clients were answered a second when they",
        "asked for about as much; it is measured before each round.",
        _sum(found["overload"]),
        "",
        _row(LOADED),
        f"|{'---|' * len(LOADED)}",
        *(_loaded(each) for each in found["overload"]),
        "",
        GUESSING,
        *(_guessed(name, each) for name, each in found["guessing"].items()),
    ]
    return "\n".join(lines) + "\n"

"""What refusing costs, who waits meanwhile, and how overload ends: `make bench-limits`.

Writes `bench/results/limits.json` and `bench/results/limits.md`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
import uvloop

from bench.limits import corpus
from bench.limits.server import Server, running
from bench.limits.wire import Wire, request

RESULTS = Path(__file__).parents[1] / "results"
TIMES = 20
MEANWHILE_SECONDS = 10.0
PEAK_SECONDS = 5.0
OVERLOAD_SECONDS = 10.0
ROUNDS = 3
CONNECTIONS = 400
TILLS = 10
SYSTEM = "dev.system"
PARTNER = "dev.partner.chn_01JGFJJZ0000000000000000A1"
GOOD = orjson.dumps({"query": '{ product(sku: "MUG-FJORD-MOSS") { sku name barcodes } }'})

Found = dict[str, Any]


def varied(name: str, number: int) -> bytes:
    """A hostile body that was not seen before: what was refused once is remembered."""
    if name in corpus.DOCUMENTS:
        room = " " * (number + 1) if len(corpus.DOCUMENTS[name]) < 65_000 else ""
        return orjson.dumps({"query": f"{room}{corpus.DOCUMENTS[name]}"})
    return corpus.bodies()[name]


async def refusing(server: Server) -> Mapping[str, Found]:
    """CPU and memory of each hostile request."""
    wire, found = Wire(server.port), dict[str, Found]()
    for name in corpus.bodies():
        asked = [request(varied(name, n), SYSTEM) for n in range(TIMES)]
        server.forget_peak()
        before, rss = server.cpu_ms(), server.memory_mib("VmRSS")
        statuses = Counter([(await wire.ask(each))[0] for each in asked])
        found[name] = {
            "cpu_ms": round((server.cpu_ms() - before) / TIMES, 2),
            "memory_mib": round(max(0.0, server.memory_mib("VmHWM") - rss), 2),
            "statuses": {str(status): count for status, count in statuses.items()},
        }
    wire.close()
    return found


async def meanwhile(server: Server, *, hostile: int) -> Found:
    """How long a well-behaved client waits while others send the corpus."""
    ends, waits = perf_counter() + MEANWHILE_SECONDS, list[float]()

    async def attack(start: int) -> None:
        wire, names = Wire(server.port), list(corpus.bodies())
        number = start
        while perf_counter() < ends:
            number += 1
            await wire.ask(request(varied(names[number % len(names)], number), SYSTEM))
        wire.close()

    async def behave() -> None:
        wire, asked = Wire(server.port), request(GOOD, PARTNER)
        while perf_counter() < ends:
            status, took = await wire.ask(asked)
            assert status == 200, status
            waits.append(took)
            await asyncio.sleep(0.02)
        wire.close()

    await asyncio.gather(behave(), *(attack(n * 7) for n in range(hostile)))
    return {"hostile": hostile, **_spread(waits)}


async def peak(server: Server) -> float:
    """Answers a second, with eight connections that always wait for one."""
    ends, count = perf_counter() + PEAK_SECONDS, 0

    async def ask() -> None:
        nonlocal count
        wire, asked = Wire(server.port), request(GOOD, SYSTEM)
        while perf_counter() < ends:
            status, _ = await wire.ask(asked)
            count += status == 200
        wire.close()

    await asyncio.gather(*(ask() for _ in range(8)))
    return count / PEAK_SECONDS


async def overload(server: Server, best: float) -> Found:
    """Four times as much as that, by partners, and some tills among them."""
    pause = CONNECTIONS / (4 * best)
    ends = perf_counter() + OVERLOAD_SECONDS
    answers: Mapping[str, list[tuple[int, float]]] = {"partners": [], "tills": []}

    async def ask(who: str, token: str, number: int) -> None:
        wire, asked = Wire(server.port), request(GOOD, token)
        due = perf_counter() + pause * number / CONNECTIONS
        while due < ends:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            answers[who].append(await wire.ask(asked))
            due = max(due + pause, perf_counter())
        wire.close()

    partners = (ask("partners", PARTNER, n) for n in range(CONNECTIONS - TILLS))
    tills = (ask("tills", SYSTEM, n) for n in range(TILLS))
    await asyncio.gather(*partners, *tills)
    everybody = [each for found in answers.values() for each in found]
    good = sum(status == 200 for status, _ in everybody) / OVERLOAD_SECONDS
    return {
        "peak": round(best),
        "offered": round(len(everybody) / OVERLOAD_SECONDS),
        "goodput": round(good),
        "of_peak": round(good / best, 2),
        "statuses": {str(k): n for k, n in Counter(status for status, _ in everybody).items()},
        "refused_ms": _spread([took for status, took in everybody if status != 200]),
        "answered_ms": _spread([took for status, took in everybody if status == 200]),
        "tills_answered": _part(answers["tills"]),
        "partners_answered": _part(answers["partners"]),
    }


def _part(found: Sequence[tuple[int, float]]) -> float:
    return round(sum(status == 200 for status, _ in found) / max(1, len(found)), 3)


def _spread(times: Sequence[float]) -> Found:
    if len(times) < 2:
        return {"count": len(times)}
    cuts = statistics.quantiles(times, n=100)
    shown = {"p50": cuts[49], "p99": cuts[98], "max": max(times)}
    return {"count": len(times), **{name: round(each, 1) for name, each in shown.items()}}


async def measured() -> Found:
    load = [round(each, 2) for each in os.getloadavg()]
    async with running() as server:
        await peak(server)  # to warm up
        refused = await refusing(server)
        alone = await meanwhile(server, hostile=0)
        beside = [await meanwhile(server, hostile=2) for _ in range(ROUNDS)]
        loads = [await overload(server, await peak(server)) for _ in range(ROUNDS)]
    return {
        "load_before": load,
        "refused": refused,
        "alone": alone,
        "meanwhile": beside,
        "overload": loads,
    }


HEAD = """# What refusing costs

Written by `make bench-limits`: a `kassa serve` of one process over the demo shop, on a machine that
the client and MongoDB share.
"""
BUSY = "On a machine that is busy otherwise, times say little; CPU does."
WAITS = ("hostile", "count", "p50", "p99", "max")


def _row(found: Found, names: Sequence[str]) -> str:
    return f"| {' | '.join(str(found.get(name, '')) for name in names)} |"


def _loaded(found: Found) -> str:
    shown = {
        **found,
        "refused": found["refused_ms"].get("p99"),
        "answered": found["answered_ms"].get("p99"),
    }
    names = ("peak", "offered", "goodput", "of_peak", "refused", "answered")
    return _row(shown, (*names, "tills_answered", "partners_answered"))


def markdown(found: Found) -> str:
    """The figures for people."""
    refused: Mapping[str, Found] = found["refused"]
    dearest = sorted(refused.items(), key=lambda each: -each[1]["cpu_ms"])[:10]
    cpu = max(each["cpu_ms"] for each in refused.values())
    memory = max(each["memory_mib"] for each in refused.values())
    lines = [
        HEAD,
        f"Load before: {found['load_before']} on {os.cpu_count()} cores. {BUSY}",
        "",
        f"## {len(refused)} hostile requests, {TIMES} of each",
        "",
        f"CPU: {cpu} ms at most (50 are allowed), memory: {memory} MiB at most (16).",
        "",
        "| the dearest | CPU ms | MiB |",
        "|---|---|---|",
        *(f"| {name} | {each['cpu_ms']} | {each['memory_mib']} |" for name, each in dearest),
        "",
        "## A well-behaved client meanwhile",
        "",
        "| hostile clients | answers | p50 ms | p99 ms | max ms |",
        "|---|---|---|---|---|",
        *(_row(each, WAITS) for each in (found["alone"], *found["meanwhile"])),
        "",
        "## Four times the capacity",
        "",
        "Times of answers and refusals are p99 in ms; of tills and partners, the part answered.",
        "",
        "| peak/s | offered/s | answered/s | of peak | refused | answered | tills | partners |",
        "|---|---|---|---|---|---|---|---|",
        *(_loaded(each) for each in found["overload"]),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    found = uvloop.run(measured())
    (RESULTS / "limits.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    (RESULTS / "limits.md").write_text(markdown(found))
    print(markdown(found))


if __name__ == "__main__":
    main()

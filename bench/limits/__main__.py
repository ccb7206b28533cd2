"""What refusing costs, who waits meanwhile, and how overload ends: `make bench-limits`.

Writes `bench/results/limits.json` and `bench/results/limits.md`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import orjson
import uvloop

from bench.limits import corpus
from bench.limits.figures import Found
from bench.limits.guessing import guessing
from bench.limits.load import SYSTEM, meanwhile, overload, pace, varied
from bench.limits.report import TIMES, markdown
from bench.limits.server import Server, running
from bench.limits.wire import Wire, request

RESULTS = Path(__file__).parents[1] / "results"
HOSTILE = 2
ROUNDS = 5


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


async def measured() -> Found:
    load = [round(each, 2) for each in os.getloadavg()]
    async with running() as server:
        await pace(server)  # to warm up
        found: Found = {
            "load_before": load,
            "cores": os.cpu_count(),
            "server_alone": server.keep_apart(),
            "refused": await refusing(server),
            "alone": await meanwhile(server, hostile=0),
            "meanwhile": [await meanwhile(server, hostile=HOSTILE) for _ in range(ROUNDS)],
            "overload": [await overload(server) for _ in range(ROUNDS)],
        }
    async with running() as server:
        await pace(server)
        server.keep_apart()
        return {**found, "guessing": await guessing(server)}


def main() -> None:
    found = uvloop.run(measured())
    (RESULTS / "limits.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    (RESULTS / "limits.md").write_text(markdown(found))
    print(markdown(found))


if __name__ == "__main__":
    main()

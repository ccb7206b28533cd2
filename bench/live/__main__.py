"""How soon subscribers see a change and what it costs to tell them, beside others.

Writes `bench/results/live.json` and `bench/results/live.md`.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys

import msgspec
import uvloop
from msgspec.structs import replace

from bench.http import machine
from bench.live import measure, report, servers
from bench.live.measure import QUICK, Plan
from bench.live.report import Found
from bench.live.servers import ALL, NODE, ROOT
from bench.live.shop import open_shop
from bench.npm import Unable
from gateway import bootstrap

RESULTS = ROOT / "bench" / "results"
CORES = 2


class Arguments(argparse.Namespace):
    """What was asked for."""

    quick: bool
    dry: bool
    rounds: int | None
    contestants: list[str]


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run; writes nothing")
    parser.add_argument("--dry", action="store_true", help="leave the kept results alone")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--contestants", nargs="+", default=list(ALL), choices=list(ALL))
    return parser.parse_args(namespace=Arguments())


def confine() -> None:
    """Two cores for us and all that we start, and as many open files as are allowed."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def found(plan: Plan, names: list[str]) -> Found:
    """Everything, one after the other, in a shop of its own."""
    load_before, absent = os.getloadavg(), servers.absent(names)
    async with open_shop() as (settings, places):
        environment = {
            "KASSA_MONGODB_URL": settings.mongodb_url or "",
            "KASSA_REDIS_URL": settings.redis_url or "",
            "RATE": str(plan.rate),
            "SKUS": " ".join(place.sku for place in places),
        }
        async with servers.running("kassa", environment) as first:
            seen = await measure.seen(first, places, plan)
            tell(f"seen: p99 {seen.p99_ms} ms, {seen.missing} missing")
            there = [name for name in names if name not in absent]
            figures = await measure.compared(there, environment, first, places, plan, tell)
        async with bootstrap.opened(settings) as database:
            mongodb = str((await database.command({"buildInfo": 1}))["version"])
    described = machine.described(mongodb, load_before, NODE)
    return Found(seen, figures, absent, plan, described)


def tell(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    asked = _arguments()
    plan = QUICK if asked.quick else Plan()
    plan = replace(plan, rounds=asked.rounds or plan.rounds)
    confine()
    result = uvloop.run(found(plan, asked.contestants))
    page = report.markdown(result)
    print(page)
    if not (asked.quick or asked.dry or asked.contestants != list(ALL)):
        kept = msgspec.json.format(msgspec.json.encode(report.shown(result)), indent=2)
        (RESULTS / "live.json").write_bytes(kept + b"\n")
        (RESULTS / "live.md").write_text(page)


if __name__ == "__main__":
    try:
        main()
    except Unable as error:
        sys.exit(str(error))

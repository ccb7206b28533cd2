"""Kassa against its peers over HTTP: `make bench`.

Writes `bench/results/http.json`, `bench/results/http.md` and `docs/images/bench-http.svg`. The data
is the large demo shop, embedded in `.kassa/bench` and kept for the next time, or in the database
that KASSA_MONGODB_URL and KASSA_MONGODB_DATABASE name.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

import msgspec
import uvloop
from msgspec.structs import replace

from bench.http import chart, contestants, data, machine, measure, report
from bench.http.contestants import ALL, ROOT, STANDARD
from bench.http.measure import QUICK, Figures, Plan
from bench.http.questions import KINDS, Question
from bench.http.report import FULL, Found, Measured
from bench.http.servers import Server, running
from bench.npm import Unable
from gateway import bootstrap
from gateway.settings import Settings

RESULTS = ROOT / "bench" / "results"
CHART = ROOT / "docs" / "images" / "bench-http.svg"
WORKERS = (1, 4)
MORE_CONNECTIONS = 16


def main() -> None:
    asked, load_before = _arguments(), os.getloadavg()
    absent = contestants.ready(asked.contestants)
    names = [name for name in asked.contestants if name not in absent]
    for name, why in absent.items():
        print(f"{name} is left out: {why}", flush=True)
    with data.shop() as settings:
        found = _found(names, asked, settings)
        machine_ = machine.described(asyncio.run(_version(settings)), load_before)
    print(report.ratios(found.measured))
    if asked.is_whole:
        _write(found.measured, report.markdown(found, machine_, asked.plan, absent))


class Arguments(argparse.Namespace):
    """What was asked for."""

    queries: Sequence[str]
    contestants: Sequence[str]
    plan: Plan
    dry: bool

    @property
    def is_whole(self) -> bool:
        """Is it a run to keep? One of a part would leave holes in the results."""
        everything = list(self.queries) == list(KINDS) and set(STANDARD) <= set(self.contestants)
        return everything and not self.dry


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--queries", default="", help="some of q1,q2,q3,q4; writes nothing")
    parser.add_argument(
        "--contestants", default=",".join(STANDARD), help=f"some of {', '.join(ALL)}"
    )
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--dry", action="store_true", help="keep the old results")
    asked = parser.parse_args(namespace=Arguments())
    asked.contestants = _known(str(asked.contestants).split(","), parser)
    wanted = tuple(str(asked.queries).split(","))
    asked.queries = [name for name in KINDS if name.startswith(wanted)]
    plan = QUICK if asked.quick else Plan()
    asked.plan = replace(plan, rounds=asked.rounds or plan.rounds)
    return asked


def _known(names: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    if unknown := set(names) - set(ALL):
        parser.error(f"no such contestants: {', '.join(sorted(unknown))}")
    return [name for name in ALL if name in names]


def _found(names: Sequence[str], asked: Arguments, settings: Settings) -> Found:
    questions, location = uvloop.run(data.asked_of(settings))
    chosen = [each for each in questions if each.name in asked.queries]
    where = data.named(settings)
    with running(names, where, location) as servers:
        fields = {each.name: uvloop.run(measure.agreed(servers, each)) for each in chosen}
        print(f"All answers are equal; fields: {fields}", flush=True)
        measured = {each.name: _compared(servers, each, asked.plan) for each in chosen}
    if not asked.is_whole:
        return Found(fields, measured, {})
    busier = replace(asked.plan, connections=MORE_CONNECTIONS)
    return Found(fields, measured, _with_workers(chosen, where, location, busier))


def _with_workers(
    questions: Sequence[Question], where: Mapping[str, str], location: str, plan: Plan
) -> dict[str, dict[int, Figures]]:
    """Figures of the product by query and number of processes."""
    found: dict[str, dict[int, Figures]] = {each.name: {} for each in questions}
    for workers in WORKERS:
        with running([FULL], where, location, workers=workers) as servers:
            for each in questions:
                found[each.name][workers] = _compared(servers, each, plan)[FULL]
    return found


def _compared(servers: Sequence[Server], question: Question, plan: Plan) -> dict[str, Figures]:
    return uvloop.run(measure.compared(servers, question, plan, _told))


async def _version(settings: Settings) -> str:
    async with bootstrap.opened(settings) as database:
        return str((await database.command({"buildInfo": 1}))["version"])


def _told(line: str) -> None:
    print(line, flush=True)


def _write(measured: Measured, page: str) -> None:
    shown = msgspec.json.format(msgspec.json.encode(measured), indent=2)
    (RESULTS / "http.json").write_bytes(shown + b"\n")
    (RESULTS / "http.md").write_text(page)
    CHART.write_text(chart.drawn(measured))


if __name__ == "__main__":
    try:
        main()
    except (Unable, data.Unfit, measure.Differs) as error:
        sys.exit(str(error))

"""Rounds in which the contestants alternate, after all were seen to give the same answers."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

import orjson
from msgspec import Struct

from bench import spread
from bench.http import load
from bench.http.questions import Question, fields_in
from bench.http.servers import Server
from bench.spread import Spread

SAMPLES = 12
"""Answers that are compared, for each query."""

Told = Callable[[str], None]


class Differs(Exception):
    """Two contestants answer the same question differently."""


class Plan(Struct, frozen=True):
    """How often to ask: in each round, a `part` of what the question says."""

    rounds: int = 5
    part: float = 1.0
    connections: int = 8

    def count(self, question: Question) -> int:
        return round(question.count * self.part)


QUICK = Plan(rounds=3, part=0.25)


class Figures(Struct, frozen=True):
    """What one contestant took for one query; all but `cpu_us` are medians of the rounds."""

    cpu_us: Spread
    rps: float
    p50_ms: float
    p99_ms: float
    rss_mib: float


class Round(Struct, frozen=True):
    """One round of one contestant."""

    cpu_us: float
    rps: float
    p50_ms: float
    p99_ms: float
    rss_mib: float


def requests(server: Server, question: Question) -> list[bytes]:
    return [load.request(server.headers, body) for body in question.bodies()]


async def agreed(servers: Sequence[Server], question: Question) -> int:
    """How many fields a typical answer has, once all contestants gave the same ones.

    Raises:
        Differs: they did not.
    """
    first, *others = servers
    expected = await _answers(first, question)
    for other in others:
        for asked, ours, theirs in zip(
            question.variables, expected, await _answers(other, question), strict=False
        ):
            if ours != theirs:
                raise Differs(_difference(question, asked, first, ours, other, theirs))
    return round(statistics.median(fields_in(orjson.loads(answer)) for answer in expected))


async def _answers(server: Server, question: Question) -> list[bytes]:
    found = await load.answers(server.port, requests(server, question)[:SAMPLES])
    return [_plain(orjson.loads(each)) for each in found]


def _plain(answer: dict[str, object]) -> bytes:
    """What was asked for, without what a server tells of itself."""
    answer.pop("extensions", None)
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS)


def _difference(
    question: Question,
    asked: Mapping[str, object],
    first: Server,
    ours: bytes,
    other: Server,
    theirs: bytes,
) -> str:
    pairs = enumerate(zip(ours, theirs, strict=False))
    start = next((n for n, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
    part = slice(max(0, start - 200), start + 200)
    return (
        f"{question.name} {asked}\n{first.name}: {ours[part].decode(errors='replace')}\n"
        f"{other.name}: {theirs[part].decode(errors='replace')}"
    )


async def compared(
    servers: Sequence[Server], question: Question, plan: Plan, told: Told
) -> dict[str, Figures]:
    """What each contestant takes for a question."""
    for server in servers:
        await measured(server, question, plan)  # to warm up
    rounds: dict[str, list[Round]] = {server.name: [] for server in servers}
    for number in range(plan.rounds):
        for server in servers:
            one = await measured(server, question, plan)
            rounds[server.name].append(one)
            told(f"{question.name} {number + 1} {server.name}: {one.cpu_us:.0f} µs")
    return {name: summed(each) for name, each in rounds.items()}


async def measured(server: Server, question: Question, plan: Plan) -> Round:
    """One round."""
    asked, count = requests(server, question), plan.count(question)
    before = server.cpu_seconds()
    answered = await load.loaded(server.port, asked, connections=plan.connections, count=count)
    used = server.cpu_seconds() - before
    cuts = statistics.quantiles(answered.latencies, n=100)
    return Round(
        cpu_us=used / count * 1e6,
        rps=count / answered.seconds,
        p50_ms=cuts[49] * 1e3,
        p99_ms=cuts[98] * 1e3,
        rss_mib=server.rss_mib(),
    )


def summed(rounds: Sequence[Round]) -> Figures:
    cpu = [one.cpu_us for one in rounds]
    return Figures(
        cpu_us=spread.over(cpu),
        rps=_median((one.rps for one in rounds), 0),
        p50_ms=_median((one.p50_ms for one in rounds), 2),
        p99_ms=_median((one.p99_ms for one in rounds), 2),
        rss_mib=_median((one.rss_mib for one in rounds), 0),
    )


def _median(values: Iterable[float], digits: int) -> float:
    return round(statistics.median(values), digits or None)

"""Who waits while others send what hurts, and what becomes of four times the capacity.

Everybody asks when it is due, whether or not the last answer has come: who is answered late has
waited, and is counted so. What is asked are points of many shoppers, none of whom runs out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from time import perf_counter, process_time

import orjson

from bench.limits import corpus
from bench.limits.figures import Found, spread
from bench.limits.server import Server
from bench.limits.wire import Wire, request

SYSTEM = "dev.system"
PARTNER = "dev.partner.chn_01JGFJJZ0000000000000000A1"
STORE = "loc_01JGFJJZ0000000000000000A1"
GOOD = orjson.dumps({"query": '{ product(sku: "MUG-FJORD-MOSS") { sku name barcodes } }'})

PAGE = orjson.dumps(
    {
        "query": """{ searchProducts(text: "a", first: 50) { edges { cursor node {
          id sku name description barcodes } } pageInfo { hasNextPage endCursor } } }"""
    }
)
"""What costs enough that a client in Python can ask for four times as many as are answered."""

MEANWHILE_SECONDS = 10.0
EVERY_SECONDS = 0.02
PEAK_SECONDS = 4.0
AT_ONCE = 32
PARTS = (0.6, 0.75, 0.9)
"""Of about what is answered at best: so much is offered to find the capacity."""

OVERLOAD_SECONDS = 10.0
TIMES_THE_CAPACITY = 4
CONNECTIONS = 2_000
"""Each has one request under way. So many that those who wait for an answer leave enough others."""

TILLS = 10

Answers = list[tuple[int, float]]


def shopper(number: int) -> bytes:
    """A page of products for one of many."""
    return request(PAGE, f"dev.shopper.cus_01JGFJJZ00000000000000{number:04d}")


def till(number: int) -> bytes:
    """The same of a till: each stands in a store of its own."""
    return request(PAGE, f"dev.clerk.{STORE[:-2]}{number:02d}")


def varied(name: str, number: int) -> bytes:
    """A hostile body that was not seen before: what was refused once is remembered."""
    if name in corpus.DOCUMENTS:
        room = " " * (number + 1) if len(corpus.DOCUMENTS[name]) < 65_000 else ""
        return orjson.dumps({"query": f"{room}{corpus.DOCUMENTS[name]}"})
    return corpus.bodies()[name]


async def meanwhile(server: Server, *, hostile: int) -> Found:
    """How long a well-behaved client waits while others send the corpus."""
    ends, waits = perf_counter() + MEANWHILE_SECONDS, list[float]()
    hurt = Counter[int]()
    bodies = [[varied(name, n) for n in range(8)] for name in corpus.bodies()]

    async def attack(start: int) -> None:
        wire, number = Wire(server.port), start
        while perf_counter() < ends:
            number += 1
            each = bodies[number % len(bodies)]
            status, _ = await wire.ask(request(each[number // len(bodies) % len(each)], SYSTEM))
            hurt[status] += 1
        wire.close()

    async def behave() -> None:
        wire, asked, due = Wire(server.port), request(GOOD, PARTNER), perf_counter()
        while due < ends:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            status, took = await wire.ask(asked, due)
            assert status == 200, status
            waits.append(took)
            due += EVERY_SECONDS
        wire.close()

    await asyncio.gather(behave(), *(attack(n * 7) for n in range(hostile)))
    return {"hostile": hostile, "sent": hurt.total(), **spread(waits)}


async def pace(server: Server) -> float:
    """About how much is answered a second, to connections that always wait for an answer."""
    ends, count = perf_counter() + PEAK_SECONDS, 0
    turns = cycle([shopper(number) for number in range(CONNECTIONS - TILLS)])

    async def ask() -> None:
        nonlocal count
        wire = Wire(server.port, forgives=False)
        while perf_counter() < ends:
            status, _ = await wire.ask(next(turns))
            count += status == 200
        wire.close()

    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return count / PEAK_SECONDS


async def overload(server: Server) -> Found:
    """Four times the capacity; by shoppers, and some tills.

    The capacity is the best of what the same clients are answered when they ask for about as much.
    """
    about = await pace(server)
    below = [await _offered(server, part * about, PEAK_SECONDS) for part in PARTS]
    best = max(float(each["goodput"]) for each in below)
    told = await _offered(server, TIMES_THE_CAPACITY * best, OVERLOAD_SECONDS)
    told["capacity"] = round(best)
    told["offered_of_capacity"] = round(told["offered"] / best, 2)
    told["of_capacity"] = round(told["goodput"] / best, 2)
    return told


async def _offered(server: Server, a_second: float, seconds: float) -> Found:
    """So many requests a second, each when it is due, and what became of them in that time."""
    pause = CONNECTIONS / a_second
    wires = [Wire(server.port, forgives=False) for _ in range(CONNECTIONS)]
    for each in wires:
        await each.opened()
    for number in range(TILLS):  # which have been at work before
        await wires[-1].ask(till(number))
    began, worked = perf_counter(), process_time()
    ends = began + seconds
    shoppers, tills, in_time = Answers(), Answers(), 0

    async def ask(answers: Answers, asked: bytes, number: int) -> None:
        nonlocal in_time
        wire, due = wires[number], began + pause * number / CONNECTIONS
        while due < ends and perf_counter() < ends:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            answers.append(await wire.ask(asked, due))
            in_time += answers[-1][0] == 200 and perf_counter() < ends
            due += pause
        wire.close()

    await asyncio.gather(
        *(ask(shoppers, shopper(n), n) for n in range(CONNECTIONS - TILLS)),
        *(ask(tills, till(n), CONNECTIONS - TILLS + n) for n in range(TILLS)),
    )
    everybody = [*shoppers, *tills]
    return {
        "offered": round(len(everybody) / seconds),
        "goodput": round(in_time / seconds),
        "client_busy": round((process_time() - worked) / (perf_counter() - began), 2),
        "statuses": {str(k): n for k, n in Counter(status for status, _ in everybody).items()},
        "refused_ms": spread(_times(everybody, good=False)),
        "answered_ms": spread(_times(everybody, good=True)),
        "tills_ms": spread(_times(tills, good=True)),
        "tills_answered": _part(tills),
        "shoppers_answered": _part(shoppers),
    }


def _times(answers: Answers, *, good: bool) -> Sequence[float]:
    return [took for status, took in answers if (status == 200) is good]


def _part(answers: Answers) -> float:
    return round(len(_times(answers, good=True)) / max(1, len(answers)), 3)

"""Nothing is called broken that is only on its way: checks beside everything else that goes on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.embedded import Embedded
from storage.mongo.driver import Database, Driver
from storage.mongo.integrity import Checker
from storage.mongo.integrity.checking import LOOK_AGAIN_SECONDS
from tests.importing import bring, shop
from tests.planting import broken, tell_openings
from tests.trading import (
    SYSTEM,
    Trading,
    money,
    mugs,
    tender,
    text_of,
    trading,
)
from tests.wishes import wish

SIZES = (500, 40)
LOOKS = 6
ROUNDS = 3
MOST_NEAR = 10
EXPECTED = {
    *("OK", "INSUFFICIENT_STOCK", "VERSION_CONFLICT", "ILLEGAL_TRANSITION"),
    *("RESERVATION_EXPIRED", "UNAVAILABLE", "AMOUNT_EXCEEDS_REFUNDABLE"),
}


@pytest.fixture(params=[2_000, MOST_NEAR], ids=["near", "far"])
async def busy(
    servers: Embedded, driver: Driver, request: pytest.FixtureRequest
) -> AsyncIterator[Trading]:
    """Three gateways with upkeep, whose levels hold many reservations themselves, or few."""
    url = servers.mongodb_url or ""
    async with trading(url, driver, gateways=3, most_near=request.param) as found:
        await tell_openings(found.database)
        yield found


async def looking(database: Database, work: Callable[[int], Coroutine[Any, Any, Any]]) -> None:
    """Do the work round after round, checking all the while: often enough, of enough work."""
    is_over = asyncio.Event()

    async def working() -> None:
        for n in count():
            if is_over.is_set() and n >= ROUNDS:
                return
            await work(n)

    task = asyncio.create_task(working())
    for n in range(LOOKS):
        assert not task.done() or await task
        assert await broken(database, size=SIZES[n % len(SIZES)]) == {}
    is_over.set()
    await task
    assert await broken(database) == {}


async def test_a_shop_at_work_is_never_called_broken(busy: Trading):
    codes = Counter[str]()

    async def work(n: int) -> None:
        buyers = [_buyer(busy, random.Random(9 * n + m), m % 3) for m in range(9)]
        payers = [_payer(busy, m, n) for m in range(3)]
        for each in await asyncio.gather(*buyers, *payers):
            codes.update(each)

    await looking(busy.database, work)

    assert set(codes) <= EXPECTED, codes
    assert codes["OK"] > 100


async def test_holds_that_go_away_and_come_home_are_never_missed(busy: Trading):
    async def come_and_go(n: int) -> None:
        held = [await busy.reserved(mugs(1, at=2)) for _ in range(8)]
        for one in held:
            await busy.do("releaseReservation", n % 3, reservation=one)

    async def work(_: int) -> None:
        await asyncio.gather(*(come_and_go(n) for n in range(10)))

    await looking(busy.database, work)


async def _buyer(busy: Trading, chance: random.Random, gateway: int) -> Counter[str]:
    """Asks for this and that, one after the other."""
    codes, held, sent = Counter[str](), list[str](), list[str]()
    for _ in range(14):
        mutation, given = await wish(busy, chance, held, sent, reserving=2)
        code, done = await _asked(busy, gateway, mutation, given, f"{chance.random()}")
        codes[code] += 1
        held += [done["reservation"]["id"]] if done.get("reservation") else []
        sent += [done["transfer"]["id"]] if done.get("transfer") else []
        if held and chance.random() < 0.1:
            await busy.runs_out(chance.choice(held))
    return codes


async def _payer(busy: Trading, gateway: int, turn: int) -> Counter[str]:
    """Pays, and wants some of it back, more often than there is."""
    codes = Counter[str]()
    for n in range(4):
        paid = await busy.do("recordPayment", gateway, **tender(100_00))
        back = {"payment": paid["payment"]["id"], "amount": money(40_00)}
        asked = [
            _asked(busy, gateway, "recordRefund", back, f"{turn}-{gateway}-{n}-{m}")
            for m in range(3)
        ]
        codes.update(code for code, _ in await asyncio.gather(*asked))
    return codes


async def _asked(
    busy: Trading, gateway: int, mutation: str, given: dict[str, Any], key: str
) -> tuple[str, dict[str, Any]]:
    variables = {"input": {"idempotencyKey": key, **given}}
    answer = await busy.gateways[gateway].post(text_of(mutation), SYSTEM, **variables)
    if errors := answer.get("errors"):
        return errors[0]["extensions"]["code"], {}
    done = answer["data"]["done"]
    return (done["userErrors"][0]["code"] if done["userErrors"] else "OK"), done


async def test_an_import_is_never_called_broken(database: Database, tmp_path: Path):
    number = [f"N{n:05}" for n in range(1_500)]
    files = {
        "orders": ["no,day,customer,currency,total", *(f"{n},2026-02-01,1,EUR,5" for n in number)],
        "lines": ["order,line,sku,name,units,price", *(f"{n},1,MUG,Mug,1,5" for n in number)],
        "payments": ["ref,order,amount,day", *(f"P{n},{n},5,2026-02-01" for n in number)],
    }
    nothing = {"refunds": "ref,order,amount,day\n", "returns": "no,order,sku,units,day\n"}
    at = shop(tmp_path / "shop", **{k: "\n".join(rows) for k, rows in files.items()}, **nothing)
    task = asyncio.create_task(bring(database, at, tolerate=0, now=datetime.now(UTC)))

    while not task.done():
        found = await Checker(database, most=9, pause=LOOK_AGAIN_SECONDS).all()
        assert [each for each in found if not each.holds] == []

    assert (await task).agrees

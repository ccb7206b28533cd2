"""`kassa check`, as a real process: each invariant is named with the id that breaks it."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from msgspec import Struct

from domain.integrity import SAYS
from gateway.embedded import Embedded
from storage.mongo.driver import Database, Driver
from tests import processes
from tests.planting import plant, told, uproot
from tests.trading import ORDERS, Trading, money, mugs, tender, trading

TWO_DAYS = timedelta(days=2)


class Shop(Struct):
    """A shop in which something happened, and the ids of what it happened to."""

    trading: Trading
    held: str
    gone: str
    payment: str
    levels: list[str]

    @property
    def database(self) -> Database:
        return self.trading.database


@pytest.fixture
async def traded(servers: Embedded, driver: Driver) -> AsyncIterator[Shop]:
    async with trading(servers.mongodb_url or "", driver, with_upkeep=False) as found:
        await told(found)
        held = await found.reserved(mugs(2))
        gone = await found.reserved(mugs(3, at=1))
        await found.do("releaseReservation", reservation=gone)
        paid = await found.do("recordPayment", **tender(100_00))
        payment = paid["payment"]["id"]
        await found.do("recordRefund", payment=payment, amount=money(30_00))
        await told(found)
        levels = [(await found.level(n))["_id"] for n in range(3)]
        yield Shop(found, held, gone, payment, levels)


Check = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


@pytest.fixture
def check(servers: Embedded) -> Check:
    """The command itself; meanwhile the connection of the test stays awake."""

    async def run(database: Database, *arguments: str) -> subprocess.CompletedProcess[str]:
        settings = {"mongodb_url": servers.mongodb_url, "mongodb_database": database.name}
        return await asyncio.to_thread(processes.run, "check", *arguments, **settings)

    return run


async def _s1(shop: Shop) -> str:
    """A unit from nowhere, of which the journal tells too."""
    level = shop.levels[2]
    await plant(shop.database, "stock_levels", {"_id": level}, {"$inc": {"free": 1}})
    await plant(shop.database, "journal", {"aggregate": level}, {"$inc": {"changes.free.1": 1}})
    return level


async def _s2(shop: Shop) -> str:
    """A hold that outlives every hold."""
    level = await shop.trading.level(0)
    until = level["reservations"][shop.held]["until"] + TWO_DAYS
    change = {"$set": {f"reservations.{shop.held}.until": until}}
    await plant(shop.database, "stock_levels", {"_id": level["_id"]}, change)
    return shop.held


async def _s3(shop: Shop) -> str:
    """Nine of four mugs were promised once, and let go again."""
    level, held = shop.levels[1], f"changes.{shop.gone}"
    promised = {"changes.free": [4, -5], "changes.reserved": [0, 9], held: [None, 9]}
    let_go = {"changes.free": [-5, 4], "changes.reserved": [9, 0], held: [9, None]}
    for seq, change in ((2, promised), (3, let_go)):
        await plant(shop.database, "journal", {"aggregate": level, "seq": seq}, {"$set": change})
    return level


async def _s4(shop: Shop) -> str:
    """The journal tells of another number."""
    level = shop.levels[0]
    where = {"aggregate": level, "seq": 2}
    await plant(shop.database, "journal", where, {"$inc": {"changes.free.1": -1}})
    return level


async def _s5(shop: Shop) -> str:
    """Nobody can say any more how old the number is."""
    level = shop.levels[2]
    await plant(shop.database, "stock_levels", {"_id": level}, {"$unset": {"observed_at": True}})
    return level


async def _s6(shop: Shop) -> str:
    """Units are promised to a shop, none of whose orders waits for them."""
    level = shop.levels[1]
    promised = {"$set": {"shops.kitchen": {"committed": 1, "sent": 0, "late": 0}}}
    await plant(shop.database, "stock_levels", {"_id": level}, promised)
    return level


async def _p1(shop: Shop) -> str:
    """More is given back than was captured, and the books agree."""
    (payment,) = await shop.database.find("payments", {"_id": shop.payment})
    refund = payment["operations"][1]["id"]
    more = {"operations.1.minor": 150_00, "standing.refunded": 150_00, "standing.state": "REFUNDED"}
    await plant(shop.database, "payments", {"_id": shop.payment}, {"$set": more})
    posted = {"minor": 150_00, "lines.0.minor": 150_00, "lines.1.minor": -150_00}
    await plant(shop.database, "postings", {"operation_id": refund}, {"$set": posted})
    return shop.payment


async def _p2(shop: Shop) -> str:
    more = {"$inc": {"standing.authorised": 5}}
    await plant(shop.database, "payments", {"_id": shop.payment}, more)
    return shop.payment


async def _p3(shop: Shop) -> str:
    """The refund was sent under the key of the capture."""
    (payment,) = await shop.database.find("payments", {"_id": shop.payment})
    key = payment["operations"][0]["idempotency_key"]
    same = {"$set": {"operations.1.idempotency_key": key}}
    await plant(shop.database, "payments", {"_id": shop.payment}, same)
    return shop.payment


async def _p4(shop: Shop) -> str:
    """A cent more on one side."""
    (posting, _) = await shop.database.find("postings", {"payment_id": shop.payment})
    await plant(shop.database, "postings", {"_id": posting["_id"]}, {"$inc": {"lines.0.minor": 1}})
    return posting["_id"]


async def _e1(shop: Shop) -> str:
    """A version of which nobody ever told."""
    await plant(shop.database, "orders", {"_id": ORDERS[0]}, {"$inc": {"version": 1}})
    return ORDERS[0]


PLANTS: Mapping[str, Callable[[Shop], Awaitable[str]]] = {
    "S1": _s1,
    "S2": _s2,
    "S3": _s3,
    "S4": _s4,
    "S5": _s5,
    "S6": _s6,
    "P1": _p1,
    "P2": _p2,
    "P3": _p3,
    "P4": _p4,
    "E1": _e1,
}


def test_nothing_is_checked_that_is_not_broken_here():
    assert list(PLANTS) == list(SAYS)


@pytest.mark.parametrize("name", PLANTS)
async def test_what_is_broken_is_named_and_nothing_else(traded: Shop, check: Check, name: str):
    key = await PLANTS[name](traded)

    said = await check(traded.database, "--json")

    found: Any = json.loads(said.stdout)
    broken = {each["name"]: each["ids"] for each in found["checks"] if each["broken"]}
    assert broken == {name: [key]}
    assert (said.returncode, said.stderr, found["holds"]) == (1, "", False)


async def test_a_shop_at_work_holds(traded: Shop, check: Check):
    said = await check(traded.database)

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.endswith("All of it holds.\n")
    assert all(name in said.stdout for name in SAYS)


async def test_the_demo_shop_holds(stocked: Database, check: Check):
    said = await check(stocked, "--json")

    found: Any = json.loads(said.stdout)
    assert (said.returncode, said.stderr) == (0, "")
    assert found["holds"]
    assert all(each["checked"] > 100 for each in found["checks"])


async def test_the_first_ids_are_named_and_all_are_counted(traded: Shop, check: Check):
    await plant(traded.database, "stock_levels", {}, {"$inc": {"on_hand": 1}})

    said = await check(traded.database, "--json", "--most", "2")
    shown = await check(traded.database)

    (s1, *_) = json.loads(said.stdout)["checks"]
    assert (s1["checked"], s1["broken"], s1["ids"]) == (3, 3, sorted(traded.levels)[:2])
    assert shown.stdout.endswith("Broken: S1, S4. docs/integrity.md says what to do.\n")
    assert shown.returncode == 1


async def test_checking_changes_nothing(traded: Shop, check: Check):
    await uproot(traded.database, "postings", {})
    before = await traded.database.command({"dbHash": 1})

    await check(traded.database)

    assert (await traded.database.command({"dbHash": 1}))["md5"] == before["md5"]


async def test_an_empty_database_has_nothing_to_check(database: Database, check: Check):
    said = await check(database)

    assert said.stdout.endswith("There is nothing to check: the database is empty.\n")
    assert (said.returncode, said.stderr) == (0, "")

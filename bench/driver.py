"""What a read costs on each MongoDB driver: `make bench-driver`.

The five reads of the reference query (a customer, their orders, the orders' payments, products and
stock) over the demo shop, as the repositories make them, so decoded into domain values. Both
drivers run in this process against one embedded MongoDB, in rounds that alternate; a number is
the process's CPU time (all threads, without `mongod`) of a round by its reads.
"""

from __future__ import annotations

import asyncio
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvloop

from adapters import demo
from domain.orders import OrderQuery
from domain.pages import PageRequest
from domain.shop import Shop
from domain.viewer import SYSTEM
from gateway import embedded
from storage.mongo import MongoRepositories
from storage.mongo.driver import Database, Driver
from storage.mongo.migrate import migrate
from storage.mongo.shelf import MongoShelf

DRIVERS: Sequence[Driver] = ("pymongo", "motor")
CUSTOMERS, ORDERS = 10, 20
ROUNDS, READS, WARM_UP = 15, 100, 50
TOGETHER = 8
"""Reads in flight at once in the second half: a gateway seldom has one only."""
RESULT = Path(__file__).parent / "results" / "driver.json"

Read = Callable[[], Awaitable[Mapping[str, object]]]
Spread = Mapping[str, float]


def reads(repositories: MongoRepositories, shop: Shop) -> Mapping[str, Read]:
    """The reads of the reference query, by what they read."""
    buyers = [order.customer_id for order in shop.orders if order.customer_id]
    customers = list(dict.fromkeys(buyers))[:CUSTOMERS]
    orders = [order for order in shop.orders if order.customer_id in customers]
    ids = [order.id for order in orders]
    skus = sorted({line.sku for order in orders for line in order.lines})
    query, page = OrderQuery(), PageRequest(ORDERS)
    return {
        "customers": lambda: repositories.customers.by_ids(SYSTEM, customers),
        "orders": lambda: repositories.orders.pages_of(SYSTEM, customers, query, page),
        "payments": lambda: repositories.payments.of_orders(SYSTEM, ids),
        "products": lambda: repositories.catalog.products_by_skus(SYSTEM, skus),
        "stock": lambda: repositories.stock.levels_of(SYSTEM, skus),
    }


async def cpu_per_read(read: Read, count: int, together: int) -> float:
    """CPU time of one read in µs, of `count` with `together` in flight."""
    began = time.process_time()
    for _ in range(count // together):
        await asyncio.gather(*(read() for _ in range(together)))
    return (time.process_time() - began) / (count // together * together) * 1e6


async def measured(each: Mapping[Driver, Read], together: int) -> Mapping[Driver, Spread]:
    """Alternating rounds of the same read on each driver."""
    for read in each.values():
        await cpu_per_read(read, WARM_UP, together)
    rounds = [
        {driver: await cpu_per_read(read, READS, together) for driver, read in each.items()}
        for _ in range(ROUNDS)
    ]
    return {driver: spread([one[driver] for one in rounds]) for driver in each}


def spread(values: Sequence[float]) -> Spread:
    return {
        "median": round(statistics.median(values)),
        "min": round(min(values)),
        "max": round(max(values)),
    }


async def compared(opened: Mapping[Driver, Database], shop: Shop) -> list[dict[str, object]]:
    """Each read, one at a time and several together."""
    by_driver = {each: reads(MongoRepositories(one), shop) for each, one in opened.items()}
    rows: list[dict[str, object]] = []
    for name in by_driver[DRIVERS[0]]:
        each = {driver: by_driver[driver][name] for driver in DRIVERS}
        answers = [await read() for read in each.values()]
        assert answers[0] == answers[1], name
        for together in (1, TOGETHER):
            rows.append(row(name, together, await measured(each, together)))
            print(line(rows[-1]))
    return rows


def row(name: str, together: int, spreads: Mapping[Driver, Spread]) -> dict[str, object]:
    ratio = spreads["motor"]["median"] / spreads["pymongo"]["median"]
    return {"read": name, "in_flight": together, **spreads, "motor_by_pymongo": round(ratio, 2)}


def line(row: Mapping[str, Any]) -> str:
    shown = ["{median:>6} ({min}-{max})".format_map(row[driver]) for driver in DRIVERS]
    cells = "".join(f"{cell:<22}" for cell in shown)
    return f"{row['read']:<10} x{row['in_flight']}  {cells} {row['motor_by_pymongo']}"


async def main() -> None:
    shop = demo.shop(datetime(2026, 3, 1, 12, tzinfo=UTC))
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.running(Path(folder), with_redis=False) as servers,
    ):
        opened = {each: Database(servers.mongodb_url, "bench", driver=each) for each in DRIVERS}
        await migrate(opened["pymongo"])
        await MongoShelf(opened["pymongo"]).fill(shop)
        print(f"µs of CPU per read, median (min-max): {', '.join(DRIVERS)}, ratio")
        rows = await compared(opened, shop)
        for one in opened.values():
            await one.close()
    write(rows)


def write(rows: Sequence[Mapping[str, object]]) -> None:
    packages = {name: version(name) for name in ("pymongo", "motor", "uvloop")}
    setting = {"customers": CUSTOMERS, "orders_each": ORDERS, "rounds": ROUNDS, "reads": READS}
    result = {
        "unit": "µs of CPU per read, of the whole process",
        "python": platform.python_version(),
        **packages,
        **setting,
        "measured": rows,
    }
    RESULT.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    uvloop.run(main())

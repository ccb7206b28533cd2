"""Strawberry's own `graphql-transport-ws` handler, with a queue in memory for each subscriber.

While `on` was read last from its input it publishes RATE changes a second, of one sku after the
other.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count

import strawberry
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

RATE = float(os.environ["RATE"])
SKUS = os.environ["SKUS"].split(" ")


@strawberry.type
class StockLevel:
    id: strawberry.ID
    version: int
    on_hand: int
    committed: int
    reserved: int
    free: int


@strawberry.type
class StockEvent:
    kind: str
    cursor: str
    at: str
    levels: list[StockLevel]


Queue = asyncio.Queue[StockEvent]
queues_by_sku: dict[str, set[Queue]] = {sku: set() for sku in SKUS}


@strawberry.type
class Query:
    ok: bool = True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def stock_changed(self, skus: list[str] | None = None) -> AsyncGenerator[StockEvent]:
        queue = Queue()
        for sku in skus or ():
            queues_by_sku[sku].add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            for sku in skus or ():
                queues_by_sku[sku].discard(queue)


def publish(n: int) -> None:
    version = n // len(SKUS) + 1
    units = 1_000_000 + version
    level = StockLevel(
        id=strawberry.ID(f"stk_{n % len(SKUS):026}"),
        version=version,
        on_hand=units,
        committed=0,
        reserved=0,
        free=units,
    )
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = StockEvent(kind="CHANGE", cursor=f"{n:032}", at=at, levels=[level])
    for queue in queues_by_sku[SKUS[n % len(SKUS)]]:
        queue.put_nowait(event)


async def publishing(is_on: asyncio.Event) -> None:
    numbers = count()
    while True:
        await is_on.wait()
        due = time.monotonic()
        while is_on.is_set():
            publish(next(numbers))
            due += 1 / RATE
            await asyncio.sleep(due - time.monotonic())


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncGenerator[None]:
    is_on, loop = asyncio.Event(), asyncio.get_running_loop()

    def told() -> None:
        word = os.read(0, 64)
        is_on.set() if word == b"on\n" else is_on.clear()
        if not word:
            loop.remove_reader(0)

    loop.add_reader(0, told)
    task = asyncio.create_task(publishing(is_on))
    yield
    task.cancel()


schema = strawberry.Schema(
    Query, subscription=Subscription, extensions=[lambda: ParserCache(), lambda: ValidationCache()]
)
graphql = GraphQL(schema, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])


def application() -> Starlette:
    return Starlette(routes=[WebSocketRoute("/graphql", graphql)], lifespan=lifespan)

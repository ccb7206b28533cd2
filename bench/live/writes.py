"""Changes of stock at an even pace, through the graph, and when each was acknowledged."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any

import orjson
from msgspec import Struct

from bench.live.messages import LET_GO, TOOK, Change
from bench.live.servers import HOST, Server
from bench.live.shop import Place

CONNECTIONS = 64
HELD = 100
"""So many units are held; then one is let go for each that is taken."""

RESERVE = """mutation ($input: ReserveStockInput!) { done: reserveStock(input: $input) {
  userErrors { code } reservation { id } } }"""
RELEASE = """mutation ($input: ReleaseReservationInput!) { done: releaseReservation(input: $input) {
  userErrors { code } reservation { id } } }"""
ADJUST = """mutation ($input: AdjustStockInput!) { done: adjustStock(input: $input) {
  userErrors { code } } }"""
MINUTES = 60
PLENTY = 1_000_000


class Acknowledged(Struct, frozen=True):
    """A change of one level: `at` is in nanoseconds of the monotonic clock."""

    change: Change
    at: int


class Connection:
    """One connection that is kept."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server
    ) -> None:
        self._reader, self._writer = reader, writer
        self._head = (
            f"POST /graphql HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {server.token}\r\ncontent-length: "
        )

    async def reserve(self, place: Place) -> Acknowledged:
        """Hold a unit; returns as soon as it is acknowledged."""
        line = {"sku": place.sku, "location": place.location, "quantity": 1}
        return await self._done(TOOK, RESERVE, lines=[line], minutes=MINUTES)

    async def release(self, reservation: str) -> Acknowledged:
        """Let it go."""
        return await self._done(LET_GO, RELEASE, reservation=reservation)

    async def stock_up(self, place: Place) -> None:
        """Have so many there that units never run out."""
        change = {"sku": place.sku, "location": place.location, "delta": PLENTY, "reason": "bench"}
        await self._asked(ADJUST, changes=[change])

    async def _done(self, what: str, query: str, **given: object) -> Acknowledged:
        payload = await self._asked(query, **given)
        return Acknowledged((what, payload["reservation"]["id"]), time.monotonic_ns())

    async def _asked(self, query: str, **given: object) -> Any:
        given = {"idempotencyKey": secrets.token_hex(8), **given}
        body = orjson.dumps({"query": query, "variables": {"input": given}})
        self._writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        payload = orjson.loads(answer)["data"]["done"]
        assert not payload["userErrors"], payload
        return payload

    def close(self) -> None:
        self._writer.close()


class Writer:
    """Writes to one server: takes units of one place after the other, and lets them go again."""

    def __init__(self, connections: Sequence[Connection], places: Sequence[Place]) -> None:
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        for each in connections:
            self._free.put_nowait(each)
        self._places = places
        self._next = cycle(places)
        self._held = deque[str]()

    async def stock_up(self) -> None:
        """Have plenty of everything."""
        connection = await self._free.get()
        for place in self._places:
            await connection.stock_up(place)
        self._free.put_nowait(connection)

    async def write(self, a_second: float, seconds: float) -> Sequence[Acknowledged]:
        """A change whenever one is due; all of them are acknowledged."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            writes: list[asyncio.Task[Acknowledged]] = []
            for n in range(round(a_second * seconds)):
                await asyncio.sleep(max(0.0, began + n / a_second - time.monotonic()))
                connection = await self._free.get()
                writes.append(tasks.create_task(self._write(connection)))
        return [write.result() for write in writes]

    async def _write(self, connection: Connection) -> Acknowledged:
        try:
            if len(self._held) > HELD:
                return await connection.release(self._held.popleft())
            taken = await connection.reserve(next(self._next))
            self._held.append(taken.change[1])
            return taken
        finally:
            self._free.put_nowait(connection)


@asynccontextmanager
async def writing(server: Server, places: Sequence[Place]) -> AsyncGenerator[Writer]:
    """Somebody who can write."""
    connections = [
        Connection(*await asyncio.open_connection(HOST, server.port), server)
        for _ in range(CONNECTIONS)
    ]
    try:
        yield Writer(connections, places)
    finally:
        for each in connections:
            each.close()

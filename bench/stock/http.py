"""The same through HTTP: how many reservations a server answers, beside how many `__typename`."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from bench.stock.ways import NAME, PLACE, SKU
from domain.viewer import Role
from gateway import auth

CONNECTIONS = 600
RESERVE = """mutation ($input: ReserveStockInput!) {
  reserveStock(input: $input) { userErrors { code } reservation { id } } }"""

RELEASE = """mutation ($input: ReleaseReservationInput!) {
  releaseReservation(input: $input) { userErrors { code } reservation { id } } }"""

Ask = Callable[[Mapping[str, object]], Awaitable[bytes]]
Talk = Callable[[Ask], Awaitable[int]]
"""What a client does again and again; gives how many requests it took."""


async def typename(ask: Ask) -> int:
    await ask({"query": "{ __typename }"})
    return 1


async def reserve(ask: Ask) -> int:
    """Hold a unit, then let it go."""
    line = {"sku": SKU, "location": PLACE, "quantity": 1}
    held = await ask(_asked(RESERVE, lines=[line], minutes=1))
    reservation = orjson.loads(held)["data"]["reserveStock"]["reservation"]["id"]
    await ask(_asked(RELEASE, reservation=reservation))
    return 2


def _asked(query: str, **given: object) -> Mapping[str, object]:
    given = {"idempotencyKey": secrets.token_hex(8), **given}
    return {"query": query, "variables": {"input": given}}


@asynccontextmanager
async def server(mongodb: str, redis: str) -> AsyncGenerator[int]:
    """A gateway of one process; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    settings = {
        "KASSA_MONGODB_URL": mongodb,
        "KASSA_MONGODB_DATABASE": NAME,
        "KASSA_REDIS_URL": redis,
        "KASSA_PORT": str(port),
        "KASSA_LIMITS": "measure",
    }
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("kassa")), "serve"),
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await _listening(port)
        yield port
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _listening(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError("the gateway does not listen")


async def per_second(port: int, talk: Talk, seconds: float) -> float:
    """Requests a second of `CONNECTIONS` clients who each ask again at once."""
    end = time.monotonic() + seconds
    counts = await asyncio.gather(*(_client(port, talk, end) for _ in range(CONNECTIONS)))
    return sum(counts) / seconds


async def _client(port: int, talk: Talk, end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {auth.token(Role.SYSTEM)}\r\nContent-Length: "
    )

    async def ask(body: Mapping[str, object]) -> bytes:
        payload = orjson.dumps(body)
        writer.write(f"{head}{len(payload)}\r\n\r\n".encode() + payload)
        answer = await _answer(reader)
        if b'"errors"' in answer or b'"code"' in answer:
            raise RuntimeError(answer.decode())
        return answer

    count = 0
    while time.monotonic() < end:
        count += await talk(ask)
    writer.close()
    return count


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)

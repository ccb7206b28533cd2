"""The same through HTTP: how many reservations a server answers, beside how many `__typename`."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from bench.stock.ways import NAME, PLACE, SKU
from domain.viewer import Role
from gateway import auth

CONNECTIONS = 64
RESERVE = """mutation ($input: ReserveStockInput!) {
  reserveStock(input: $input) { userErrors { code } reservation { id } } }"""

Body = Callable[[], bytes]


def typename() -> bytes:
    return orjson.dumps({"query": "{ __typename }"})


def reserve() -> bytes:
    line = {"sku": SKU, "location": PLACE, "quantity": 1}
    given = {"idempotencyKey": secrets.token_hex(8), "lines": [line], "minutes": 1}
    return orjson.dumps({"query": RESERVE, "variables": {"input": given}})


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


async def per_second(port: int, body: Body, seconds: float) -> float:
    """Answers a second to `CONNECTIONS` clients who each ask again at once."""
    end = time.monotonic() + seconds
    counts = await asyncio.gather(*(_client(port, body, end) for _ in range(CONNECTIONS)))
    return sum(counts) / seconds


async def _client(port: int, body: Body, end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {auth.token(Role.SYSTEM)}\r\nContent-Length: "
    )
    count = 0
    while time.monotonic() < end:
        payload = body()
        writer.write(f"{head}{len(payload)}\r\n\r\n".encode() + payload)
        answer = await _answer(reader)
        if b'"errors"' in answer or b'"code"' in answer:
            raise RuntimeError(answer.decode())
        count += 1
    writer.close()
    return count


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)

"""Many subscribers in one process, on as much of a WebSocket client as they need.

Its first line says whom to ask for what (`Wanted`). Each subscribes to one sku, the next of them
in turn, under an id of its own, as the clients of npm do. Then it reads words, and answers each
with a line of JSON: `forget` what was told, `count` it, or tell what was `seen`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
import uuid
from collections.abc import Sequence
from itertools import cycle, islice
from typing import cast

import msgspec
import orjson
import uvloop
from msgspec import Struct

from bench.live.messages import Change, changes

HOST = "127.0.0.1"
AT_ONCE = 50
"""How many connect at a time."""

CONNECT_SECONDS = 60.0
UPGRADE = (
    "GET /graphql HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
TEXT, PING, PONG = 1, 9, 10
CHANGE = b'"kind":"CHANGE"'

told: list[tuple[int, bytes]] = []
"""When a change arrived, in nanoseconds of the monotonic clock, and the message."""


class Odd(Exception):
    """A server said what none should."""


class Wanted(Struct, frozen=True):
    """So many subscribers, of these skus in turn."""

    port: int
    token: str
    count: int
    query: str
    skus: Sequence[str]


def framed(opcode: int, payload: bytes) -> bytes:
    """A client's frame, whose mask of zeros changes nothing. Source: RFC 6455, 5.2."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    else:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


class Subscriber(asyncio.Protocol):
    """One connection; `ready` when the server has read its subscription."""

    def __init__(self, wanted: Wanted, sku: str) -> None:
        self._wanted, self._sku = wanted, sku
        self._rest = b""
        self._is_open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(UPGRADE.format(host=HOST, port=self._wanted.port).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        raise Odd(f"A connection was lost: {exc!r}.")

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self._rest + data
        if not self._is_open:
            data = self._opened(data)
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                if len(data) < 4:
                    break
                size, start = int.from_bytes(data[2:4], "big"), 4
            if len(data) < start + size:
                break
            self._heard(data[0] & 15, data[start : start + size], now)
            data = data[start + size :]
        self._rest = data

    def _opened(self, data: bytes) -> bytes:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            return b""  # the whole head is one packet, or the subscriber never gets ready
        if not head.startswith(b"HTTP/1.1 101"):
            raise Odd(head.decode())
        self._is_open = True
        self._say(type="connection_init", payload={"authorization": f"Bearer {self._wanted.token}"})
        return rest

    def _heard(self, opcode: int, payload: bytes, now: int) -> None:
        if opcode == PING:
            self._transport.write(framed(PONG, payload))
        elif opcode != TEXT:
            raise Odd(f"{opcode}: {payload!r}")
        elif CHANGE in payload:
            told.append((now, payload))
        else:
            self._answer(orjson.loads(payload))

    def _answer(self, message: dict[str, object]) -> None:
        match message["type"]:
            case "connection_ack":
                asked = {"query": self._wanted.query, "variables": {"skus": [self._sku]}}
                self._say(type="subscribe", id=str(uuid.uuid4()), payload=asked)
                self._say(type="ping")
            case "ping":
                self._say(type="pong")
            case "pong":
                self.ready.set_result(None)
            case "next":
                pass  # how things are
            case _:
                raise Odd(str(message))

    def _say(self, **message: object) -> None:
        self._transport.write(framed(TEXT, orjson.dumps(message)))


def seen() -> Sequence[tuple[Change, int]]:
    """Each change that arrived, and when."""
    return [(change, at) for at, message in told for change in changes(message)]


def counted() -> dict[str, int]:
    return {"messages": len(told), "bytes": sum(len(message) for _, message in told)}


def obey(words: Sequence[str]) -> None:
    """Do what was read; no more input is the end."""
    if not words:
        os._exit(0)
    for word in words:
        answer = seen() if word == "seen" else counted()
        if word == "forget":
            told.clear()
        os.write(1, orjson.dumps(answer) + b"\n")


async def subscribe(wanted: Wanted) -> None:
    loop, room = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def one(sku: str) -> None:
        async with room:
            _, made = await loop.create_connection(
                lambda: Subscriber(wanted, sku), HOST, wanted.port
            )
            await made.ready

    async with asyncio.timeout(CONNECT_SECONDS):
        await asyncio.gather(*(one(sku) for sku in islice(cycle(wanted.skus), wanted.count)))


async def main(wanted: Wanted) -> None:
    loop, failed = asyncio.get_running_loop(), asyncio.Event()

    def fail(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        print(context.get("exception") or context, file=sys.stderr, flush=True)
        failed.set()

    loop.set_exception_handler(fail)
    await subscribe(wanted)
    gc.collect()
    gc.disable()
    loop.add_reader(0, lambda: obey(os.read(0, 4096).decode().split()))
    obey(["count"])
    await failed.wait()
    sys.exit(1)


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.stdin.buffer.raw.readline(), type=Wanted)))

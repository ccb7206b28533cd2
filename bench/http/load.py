"""A closed loop of HTTP requests over kept connections, from one process.

It speaks as much of HTTP/1.1 as the contestants answer with: a status, a Content-Length, a body.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import cast

from msgspec import Struct

HOST = "127.0.0.1"
PATH = "/graphql"
WITHIN_SECONDS = 300.0
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
OK = b"HTTP/1.1 200 "
GOOD = b'{"data":{'


class BadAnswer(Exception):
    """A server answered with an error, or in a way that is not understood."""


class Answered(Struct, frozen=True):
    """What came back: seconds each answer took, and from the first question to the last answer."""

    latencies: Sequence[float]
    seconds: float


def request(headers: Mapping[str, str], body: bytes) -> bytes:
    """A POST, as bytes."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    length = f"content-length: {len(body)}\r\n"
    return f"POST {PATH} HTTP/1.1\r\nhost: bench\r\n{lines}{length}\r\n".encode() + body


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the last is answered, until there is none."""

    def __init__(self, requests: Iterator[bytes], kept: list[bytes] | None = None) -> None:
        self._requests, self._kept = requests, kept
        self._received = bytearray()
        self._expected = 0
        self._sent_at = 0.0
        self.latencies: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            self._expected = self._expected or _length(self._received)
        except BadAnswer as error:
            self._finish(error)
            return
        if self._expected and len(self._received) >= self._expected:
            self._answered()

    def connection_lost(self, error: Exception | None) -> None:
        self._finish(error or BadAnswer("The server hung up."))

    def _answered(self) -> None:
        self.latencies.append(time.perf_counter() - self._sent_at)
        body = self._received.partition(HEAD_END)[2]
        if not self._received.startswith(OK) or not body.startswith(GOOD):
            self._finish(BadAnswer(self._received[:1000].decode(errors="replace")))
            return
        if self._kept is not None:
            self._kept.append(bytes(body))
        self._received, self._expected = bytearray(), 0
        self._next()

    def _next(self) -> None:
        following = next(self._requests, None)
        if following is None:
            self._finish(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(following)

    def _finish(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)
        self._transport.close()


def _length(received: bytearray) -> int:
    """How long the whole answer is; 0 while its head is incomplete."""
    head, end, _ = received.partition(HEAD_END)
    if not end:
        return 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(LENGTH):
            return len(head) + len(end) + int(line[len(LENGTH) :])
    raise BadAnswer(f"There is no Content-Length in {head[:200]!r}.")


async def answers(port: int, requests: Sequence[bytes]) -> list[bytes]:
    """The bodies of the answers to each request, in order, asked one after the other."""
    kept: list[bytes] = []
    await _exhausted(port, [Connection(iter(requests), kept)])
    return kept


async def loaded(port: int, requests: Sequence[bytes], *, connections: int, count: int) -> Answered:
    """Ask `count` times, with as many requests in flight as there are connections."""
    # One sequence for all connections: every server gets the same requests in the same order.
    asked = islice(cycle(requests), count)
    clients = [Connection(asked) for _ in range(connections)]
    began = time.perf_counter()
    await _exhausted(port, clients)
    took = time.perf_counter() - began
    return Answered([each for client in clients for each in client.latencies], took)


async def _exhausted(port: int, clients: Sequence[Connection]) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(WITHIN_SECONDS):
        for client in clients:
            await loop.create_connection(lambda client=client: client, HOST, port)
        await asyncio.gather(*(client.done for client in clients))

"""A client that costs little itself: one connection, requests that are bytes already."""

from __future__ import annotations

import asyncio
from functools import partial
from time import perf_counter
from typing import cast


def request(body: bytes, token: str) -> bytes:
    """A POST of a body."""
    head = (
        "POST /graphql HTTP/1.1\r\nhost: kassa\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


FAILED = 500
"""Told for a 200 with errors in it, to whom only an answer is good."""


class _Ears(asyncio.Protocol):
    """Hears one response at a time, and keeps of it the status alone."""

    def __init__(self, *, forgives: bool = True) -> None:
        self._forgives = forgives
        self._heard = bytearray()
        self.waiting: asyncio.Future[int] | None = None
        self.is_over = False

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, blank, body = self._heard.partition(b"\r\n\r\n")
        if not blank or self.waiting is None:
            return
        said = bytes(head).lower()
        length = int(said.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) >= length:
            self._heard.clear()
            self.is_over = b"connection: close" in said
            is_good = self._forgives or b'"errors"' not in body
            self._tell(int(said[9:12]) if is_good or said[9:12] != b"200" else FAILED)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.is_over = True
        self._tell(0)

    def _tell(self, status: int) -> None:
        waiting, self.waiting = self.waiting, None
        if waiting and not waiting.done():
            waiting.set_result(status)


class Wire:
    """One connection, opened again when the server has closed it.

    Unless it `forgives`, an answer with errors in it is none.
    """

    def __init__(self, port: int, *, forgives: bool = True) -> None:
        self._port = port
        self._forgives = forgives
        self._transport: asyncio.WriteTransport | None = None
        self._ears = _Ears()

    async def ask(self, asked: bytes, due: float | None = None) -> tuple[int, float]:
        """The status of the answer (0: none), and how many milliseconds after `due` it was there.

        `due` is when it was to be asked, by `perf_counter`: who comes late has waited, too.
        """
        began = perf_counter() if due is None else due
        try:
            status = await self._asked(asked)
        except OSError:
            status = 0
        if status == 0 or self._ears.is_over:
            self.close()
        return status, (perf_counter() - began) * 1000

    def close(self) -> None:
        if self._transport:
            self._transport.close()
            self._transport = None

    async def opened(self) -> asyncio.WriteTransport:
        """The connection, which is made if there is none."""
        if self._transport is None:
            made = partial(_Ears, forgives=self._forgives)
            loop = asyncio.get_running_loop()
            found, self._ears = await loop.create_connection(made, "127.0.0.1", self._port)
            self._transport = cast("asyncio.WriteTransport", found)
        return self._transport

    async def _asked(self, asked: bytes) -> int:
        transport = await self.opened()
        waiting = self._ears.waiting = asyncio.get_running_loop().create_future()
        transport.write(asked)
        return await waiting

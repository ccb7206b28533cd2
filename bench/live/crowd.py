"""Subscribers in a process of their own, as the bench speaks to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import orjson
from msgspec import Struct

from bench.live.messages import Change
from bench.live.servers import Server
from bench.live.subscribers import Wanted

MOST_LINE_BYTES = 2**28


class Broken(Exception):
    """The subscribers are gone; the message says why."""


class Counted(Struct, frozen=True):
    """What was told since it was last forgotten."""

    messages: int
    bytes: int


class Crowd:
    """So many who listen to one server."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def forget(self) -> None:
        await self._said("forget")

    async def count(self) -> Counted:
        return Counted(**await self._said("count"))

    async def seen(self) -> Sequence[tuple[Change, int]]:
        """What arrived, and when: nanoseconds of the monotonic clock."""
        return [((what, whose), at) for (what, whose), at in await self._said("seen")]

    async def _said(self, word: str) -> Any:
        if self._process.returncode is None:
            self.tell(word.encode())
        return await self.answer()

    def tell(self, line: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + b"\n")

    async def answer(self) -> Any:
        assert self._process.stdout
        assert self._process.stderr
        line = await self._process.stdout.readline()
        if not line:
            raise Broken((await self._process.stderr.read()).decode())
        return orjson.loads(line)


@asynccontextmanager
async def listening(
    server: Server, query: str, size: int, skus: Sequence[str]
) -> AsyncGenerator[Crowd]:
    """Subscribers, all of whom are in."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.live.subscribers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=MOST_LINE_BYTES,
    )
    try:
        crowd = Crowd(process)
        crowd.tell(msgspec.json.encode(Wanted(server.port, server.token, size, query, skus)))
        await crowd.answer()
        yield crowd
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

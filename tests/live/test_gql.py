"""Python's `gql`, in an environment of its own, hears our subscriptions and comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests import pypi
from tests.live.conftest import PATIENCE_SECONDS, Serve
from tests.trading import Trading, mugs


class Hearing:
    """A `gql` client in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def next(self) -> Any:
        assert self._process.stdout
        assert self._process.stderr
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = await self._process.stdout.readline()
        assert line, (await self._process.stderr.read()).decode()
        return json.loads(line)

    async def ends(self) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._process.wait()


@asynccontextmanager
async def hearing(python: str, address: str, count: int, *after: str) -> AsyncGenerator[Hearing]:
    url = f"{address.replace('http', 'ws')}/graphql"
    process = await asyncio.create_subprocess_exec(
        *(python, pypi.FOLDER / "subscriber.py", url, "dev.system", str(count), *after),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Hearing(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.timeout(200)
async def test_gql_hears_what_happens_and_what_it_missed(stall: Trading, serve: Serve, python: str):
    async with serve() as address:
        async with hearing(python, address, 2) as client:
            snapshot = await client.next()
            await stall.do("reserveStock", lines=[mugs(1)])
            change = await client.next()
            assert await client.ends() == 0
        for n in range(3):
            await stall.do("reserveStock", lines=[mugs(1, n)])

        async with hearing(python, address, 3, change["cursor"]) as client:
            missed = [await client.next() for _ in range(3)]
            assert await client.ends() == 0

    assert (snapshot["kind"], change["kind"]) == ("SNAPSHOT", "CHANGE")
    assert [level["free"] for level in snapshot["levels"]] == [10, 4, 100]
    assert [level["free"] for level in change["levels"]] == [9]
    assert [event["kind"] for event in missed] == ["CHANGE"] * 3
    assert [event["levels"][0]["free"] for event in missed] == [8, 3, 99]

"""Python's `gql`, in an environment of its own, hears our subscriptions and comes back."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests import pypi
from tests.live.conftest import Serve
from tests.programs import Program, running
from tests.trading import Trading, mugs


def hearing(
    python: str, address: str, count: int, *after: str
) -> AbstractAsyncContextManager[Program]:
    """A `gql` client that hears so many events."""
    url = f"{address.replace('http', 'ws')}/graphql"
    program = str(pypi.FOLDER / "subscriber.py")
    return running(python, program, url, "dev.system", str(count), *after)


async def event(client: Program) -> Any:
    """The next that it tells of."""
    return json.loads(await client.tells('"kind"'))


@pytest.mark.timeout(200)
async def test_gql_hears_what_happens_and_what_it_missed(stall: Trading, serve: Serve, python: str):
    async with serve() as address:
        async with hearing(python, address, 2) as client:
            snapshot = await event(client)
            await stall.do("reserveStock", lines=[mugs(1)])
            change = await event(client)
            assert await client.ends() == 0
        for n in range(3):
            await stall.do("reserveStock", lines=[mugs(1, n)])

        async with hearing(python, address, 3, change["cursor"]) as client:
            missed = [await event(client) for _ in range(3)]
            assert await client.ends() == 0

    assert (snapshot["kind"], change["kind"]) == ("SNAPSHOT", "CHANGE")
    assert [level["free"] for level in snapshot["levels"]] == [10, 4, 100]
    assert [level["free"] for level in change["levels"]] == [9]
    assert [event["kind"] for event in missed] == ["CHANGE"] * 3
    assert [event["levels"][0]["free"] for event in missed] == [8, 3, 99]

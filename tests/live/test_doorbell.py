"""MongoDB is asked to tell of news while somebody listens, and not otherwise: it is work for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import pytest
from pymongo import MongoClient

from gateway.embedded import Embedded
from gateway.live import hub
from tests.live.conftest import Listening
from tests.live.test_stock_changed import STOCK
from tests.trading import MUG, Trading, more

SOON_SECONDS = 10.0


@pytest.fixture
def streams(servers: Embedded, stall: Trading) -> Callable[[], int]:
    """How many change streams of the shop's journal are open."""
    name = f"{stall.database.name}.journal"
    ours = {"ns": name, "cursor.originatingCommand.pipeline.$changeStream": {"$exists": True}}
    running = {"ns": name, "command.collection": "journal", "command.getMore": {"$exists": True}}

    def count() -> int:
        with MongoClient(servers.mongodb_url) as client:
            steps = [{"$currentOp": {"idleCursors": True}}, {"$match": {"$or": [ours, running]}}]
            return len(list(client.admin.aggregate(steps)))

    return count


async def _until(expected: int, streams: Callable[[], int]) -> None:
    end = monotonic() + SOON_SECONDS
    while (there := await asyncio.to_thread(streams)) != expected:
        assert monotonic() < end, there
        await asyncio.sleep(0.05)


async def test_the_journal_is_watched_while_somebody_listens(
    ears: Listening, streams: Callable[[], int]
):
    await asyncio.sleep(0.2)
    before = streams()
    listener = await ears.open(STOCK, skus=[MUG])
    await _until(1, streams)
    listener.stream.close()
    await _until(0, streams)

    assert before == 0


async def test_the_bell_rings_long_before_anybody_looks(
    ears: Listening, stall: Trading, streams: Callable[[], int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hub, "LOOK_EVERY_SECONDS", 60.0)
    listener = await ears.open(STOCK, skus=[MUG])
    await listener.next()
    await _until(1, streams)

    await stall.do("adjustStock", changes=[more(1)])

    assert (await listener.next())["kind"] == "CHANGE"

"""Whatever happens, and however often a subscriber goes and comes back: it is told all, once."""

from __future__ import annotations

import random
from asyncio import TaskGroup, sleep
from typing import Any

import pytest

from domain.ids import entry_id
from gateway.live import hub
from storage.mongo.stock import LEVELS
from tests.live.conftest import Listening
from tests.trading import MUG, Trading, more, moved, mugs

STOCK = """subscription ($skus: [String!], $after: Cursor) {
  stockChanged(skus: $skus, after: $after) {
    kind cursor
    levels { id version onHand committed reserved unavailable free incoming }
    entries { id seq aggregate }
  }
}"""
UNTOLD = {"pending_since": {"$exists": True}}
CHANGES, TRADERS, SUBSCRIBERS = 40, 4, 6


async def trade(stall: Trading, chance: random.Random) -> None:
    for _ in range(CHANGES):
        at, gateway = chance.randrange(3), chance.randrange(3)
        match chance.randrange(4):
            case 0:
                await stall.do("adjustStock", gateway, changes=[more(chance.randint(1, 3), at)])
            case 1:
                await stall.do("transferStock", gateway, **moved(1, at, (at + 1) % 3))
            case _:
                await stall.do("reserveStock", gateway, lines=[mugs(1, at), mugs(1, (at + 1) % 3)])


async def subscribe(ears: Listening, chance: random.Random, is_over: list[int]) -> list[Any]:
    """All that one subscriber is told, who goes away now and then."""
    told: list[Any] = []
    after = None
    while True:
        listener = await ears.open(STOCK, skus=[MUG], after=after)
        for _ in range(chance.randint(1, 25)):
            event = await listener.next(beats=True)
            after = event["cursor"]
            if event["kind"] != "HEARTBEAT":
                told.append(event)
            if is_over and numbers(told)[-1:] == is_over:
                listener.stream.close()
                return told
        listener.stream.close()
        await sleep(chance.random() * 0.05)


def numbers(told: list[Any]) -> list[int]:
    return [entry["id"] for event in told for entry in event["entries"]]


@pytest.mark.parametrize("seed", range(3))
async def test_each_subscriber_is_told_the_journal(stall, ears, seed, monkeypatch):
    monkeypatch.setattr(hub, "HEARTBEAT_SECONDS", 0.2)
    chance = random.Random(seed)
    is_over: list[Any] = []
    async with TaskGroup() as group:
        listening = [
            group.create_task(subscribe(ears, random.Random(seed * 100 + n), is_over))
            for n in range(SUBSCRIBERS)
        ]
        await sleep(0.2)
        async with TaskGroup() as traders:
            for n in range(TRADERS):
                traders.create_task(trade(stall, random.Random(chance.randint(0, 2**32) + n)))
        await stall.do("adjustStock", changes=[more(1)])
        while await stall.database.count(LEVELS.name, UNTOLD, cap=1):  # noqa: ASYNC110
            await sleep(0.01)
        journal = await stall.told()
        is_over.append(entry_of(journal[-1]))

    of_levels = [entry_of(row) for row in journal if row["aggregate"].startswith("stk_")]
    for each in listening:
        assert_is_exact(each.result())
        told = numbers(each.result())
        assert told == of_levels[len(of_levels) - len(told) :]


def entry_of(row: Any) -> str:
    return entry_id(row["_id"])


def assert_is_exact(told: list[Any]) -> None:
    """Each level goes from version to version, and its numbers always sum."""
    [snapshot, *changes] = told
    assert snapshot["kind"] == "SNAPSHOT"
    seen = {level["id"]: level["version"] for level in snapshot["levels"]}
    for event in changes:
        assert event["kind"] == "CHANGE"
        [level] = event["levels"]
        buckets = ("committed", "reserved", "unavailable", "free")
        assert level["onHand"] == sum(level[name] for name in buckets)
        assert level["version"] == seen[level["id"]] + 1 == event["entries"][0]["seq"]
        seen[level["id"]] = level["version"]

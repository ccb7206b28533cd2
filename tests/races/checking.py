"""What must be true of stock, whatever happened."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from storage.mongo.stock import FAR, LEVELS
from tests.trading import FREE, MUG, Trading, place

NUMBERS = ("on_hand", "committed", "reserved", "unavailable", "free", "incoming")


async def check_levels(stall: Trading) -> list[dict[str, Any]]:
    """S1, S2 and S3; gives the levels."""
    levels = await stall.database.find(LEVELS.name, {})
    for row in await stall.database.find(FAR.name, {}):
        (its,) = [level for level in levels if level["_id"] == row["level_id"]]
        assert row["reservation"] not in its["reservations"]
        its["reservations"][row["reservation"]] = row["hold"]
    for level in levels:
        parts = ("committed", "reserved", "unavailable", "free")
        assert level["on_hand"] == sum(level[name] for name in parts), level
        assert all(level[name] >= 0 for name in NUMBERS), level
        held = sum(hold["quantity"] for hold in level["reservations"].values())
        assert held == level["reserved"], level
    return levels


async def check_journal(stall: Trading) -> None:
    """S1 to S4, and E1: the journal has no hole and tells how each level came to be."""
    entries = await stall.told()
    levels = await check_levels(stall)
    assert [each["_id"] for each in entries] == list(range(1, len(entries) + 1))
    stories = defaultdict[str, list[dict[str, Any]]](list)
    for entry in entries:
        stories[entry["aggregate"]].append(entry)
    for level in levels:
        assert level.get("outbox", []) == [], level
        assert "pending_since" not in level, level
        replay(level, stories[level["_id"]])


def replay(level: dict[str, Any], story: list[dict[str, Any]]) -> None:
    """Let a story happen again: each entry must find what it says was before it."""
    here = _at_first(level)
    held: dict[str, int] = {}
    version = 0 if story and story[0]["type"] == "StockOpened" else 1
    for entry in story:
        version += 1
        assert entry["seq"] == version, (entry, version)
        for name, (before, after) in entry["changes"].items():
            if name in here:
                assert here[name] == before, (entry, here)
                here[name] = after
            elif name.startswith("res_"):
                assert held.get(name) == before, (entry, held)
                held[name] = after
    assert {name: level[name] for name in NUMBERS} == here, level
    assert level["version"] == version, level
    now = {name: hold["quantity"] for name, hold in level["reservations"].items()}
    assert now == {name: units for name, units in held.items() if units}, level


def _at_first(level: dict[str, Any]) -> dict[str, int]:
    """What stood there before anything was told of it."""
    free = [n for n, _ in enumerate(FREE) if level["location_id"] == place(n)]
    units = FREE[free[0]] if level["sku"] == MUG else 0
    return {**dict.fromkeys(NUMBERS, 0), "on_hand": units, "free": units}

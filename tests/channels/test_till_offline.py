"""Tills were offline: what they send is shuffled, repeated, cut, and its workers die.

The books are those of each entry once, in order: stock, orders, payments, ledger.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Counted
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from commands.channels import applying
from storage.mongo.logbook import GAPS
from tests.channels.conftest import Counter, desk_over, tills_configured
from tests.channels.landed import HIDDEN
from tests.channels.tilling import MUG, back, batch, count, mug, sale

DEVICES = ("till-1", "till-2", "till-3")
EACH = 12
Entries = Sequence[Mapping[str, Any]]
UNCOUNTED = HIDDEN | {"observed_at", "last", "import_digest"}


def day(seed: int) -> list[dict[str, Any]]:
    """What three tills sold, took back and counted, in the order in which it happened."""
    dice = random.Random(seed)
    told: list[dict[str, Any]] = []
    sold: dict[str, list[int]] = {device: [] for device in DEVICES}
    for sequence in range(1, EACH + 1):
        for n, device in enumerate(DEVICES):
            at = f"2026-03-01T{8 + sequence // 2:02}:{sequence % 2 * 30 + n * 7:02}:00Z"
            if sequence > 1 and dice.random() < 0.15:
                told.append(count(sequence, dice.randint(0, 15), device=device, at=at))
            elif sold[device] and dice.random() < 0.25:
                told.append(back(sequence, sold[device].pop(), device=device, at=at))
            else:
                told.append(sale(sequence, mug(dice.randint(1, 4)), device=device, at=at))
                sold[device].append(sequence)
    return told


async def in_order(tills: Counter, entries: Entries) -> None:
    for each in entries:
        await tills.deliver(batch(each))
        await tills.work()


async def in_disorder(tills: Counter, entries: Entries, dice: random.Random) -> None:
    """Repeated once to five times, in batches of any size; a worker in two is cut off."""
    several = [each for each in entries for _ in range(dice.randint(1, 5))]
    dice.shuffle(several)
    while several:
        size = dice.randint(1, 20)
        part, several = several[:size], several[size:]
        posting = asyncio.ensure_future(tills.deliver(batch(*part, n=len(several))))
        if dice.random() < 0.2:
            await asyncio.sleep(0)
            posting.cancel()
        await asyncio.wait([posting])
        if dice.random() < 0.5:
            await _cut_off(tills, dice)
    await tills.deliver(batch(*entries))  # who heard no answer sends again
    while await tills.rows(state="WAITING"):
        await tills.come()
        await tills.work()


async def _cut_off(tills: Counter, dice: random.Random) -> None:
    working = asyncio.ensure_future(applying.work(tills.parts, tills.lines, 20))
    for _ in range(dice.randint(0, 400)):
        await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait([working])
    await tills.come()


async def books(tills: Counter) -> Any:
    """All that the entries came to, without what only says how often it was written."""
    levels = [_plain(row) for row in await tills.database.find("stock_levels", {"sku": MUG})]
    orders = [_plain(row) for row in await tills.orders()]
    payments = [_plain(row) for row in await tills.payments()]
    ledger = Counted[str]()
    for posting in await tills.database.find("postings", {}):
        for line in posting["lines"]:
            ledger[line["account"]] += line["minor"]
    return levels, orders, payments, {name: minor for name, minor in ledger.items() if minor}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if name not in UNCOUNTED}
    for each in plain.get("operations", ()):
        for name in ("recorded_at", "source_events", "cause", "updated_at"):
            each.pop(name, None)
    if "operations" in plain:
        plain["operations"] = sorted(plain["operations"], key=lambda each: each["id"])
    return plain


@pytest.mark.parametrize("seed", range(3))
async def test_order_repetition_and_death_do_not_matter(shelf, stall, tmp_path, seed):
    found, entries = tills_configured(tmp_path), day(seed)
    pictures = []
    for shop in (shelf, stall):
        async with desk_over(shop.database, found) as desk:
            tills = Counter(desk, shop)
            await tills.clear()
            if shop is shelf:
                await in_order(tills, entries)
            else:
                await in_disorder(tills, entries, random.Random(seed))
            assert await tills.faults() == []
            pictures.append(await books(tills))
            answer = (await tills.deliver(batch(devices=DEVICES))).json()
            assert {each["through"] for each in answer["devices"]} == {EACH}
            assert await tills.incidents(kind="OFFLINE_CONFLICT") == []
            assert await tills.database.find(GAPS.name, {}) == [], "all that was missing has come"

    assert len(pictures[0][1]) == sum(each["type"] == "sale" for each in entries)
    assert pictures[1] == pictures[0]

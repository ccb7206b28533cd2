"""Deliveries come once to five times, shuffled, cut off, to workers that die: nothing differs.

Compared with each delivery once, in order: payments, what the ledger adds up to, and what the
journal adds up to, told once for each version. Another channel joins with its own story.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import pytest

from commands.channels import applying
from tests.channels.conftest import Desk, configured, desk_over
from tests.channels.test_syncing import HIDDEN, trade
from tests.peers.penny import Penny
from tests.trading import Trading

COUNT = 60
"""So many payments; each has one to four deliveries."""


UNTOLD = {"pending_since": {"$exists": True}}


async def in_order(desk: Desk, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        await desk.deliver(body)
        await desk.work()


async def in_disorder(desk: Desk, bodies: Sequence[bytes], dice: random.Random) -> None:
    """Shuffled and repeated; one in ten is cut off on its way, one in ten by its worker's death."""
    several = [body for body in bodies for _ in range(dice.randint(1, 5))]
    dice.shuffle(several)
    for n in range(0, len(several), 50):
        await asyncio.gather(*(_delivered(desk, body, dice) for body in several[n : n + 50]))
        if dice.random() < 0.5:
            await _killed(desk, dice)
    for body in bodies:  # who is cut off sends again
        await desk.deliver(body)
    while await desk.rows(state="WAITING"):
        await desk.come()
        await desk.work()


async def _delivered(desk: Desk, body: bytes, dice: random.Random) -> None:
    posting = asyncio.ensure_future(desk.deliver(body))
    if dice.random() < 0.1:
        await asyncio.sleep(0)
        posting.cancel()
    await asyncio.wait([posting])


async def _killed(desk: Desk, dice: random.Random) -> None:
    """A worker that is cut off somewhere within its work."""
    working = asyncio.ensure_future(applying.work(desk.parts, desk.lines, 20))
    for _ in range(dice.randint(0, 200)):
        await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait([working])
    await desk.come()


async def picture(shop: Trading, desk: Desk):
    """State, ledger and journal, without what only says when and how often they were written."""
    states = {}
    for row in await desk.payments():
        kept = {name: value for name, value in row.items() if name not in HIDDEN}
        kept["operations"] = sorted(kept["operations"], key=lambda each: each["id"])
        states[row["_id"]] = kept
    ledger: Counter[tuple[str, str]] = Counter()
    for posting in await desk.database.find("postings", {}):
        assert sum(line["minor"] for line in posting["lines"]) == 0
        for line in posting["lines"]:
            ledger[line["account"], line["currency"]] += line["minor"]
    sums = {key: minor for key, minor in ledger.items() if minor}
    return states, sums, await journal(shop)


async def journal(shop: Trading):
    """What each story adds up to, but for what is nothing; no version is told twice or left out."""
    added: dict[str, dict[str, object]] = {}
    versions: dict[str, list[int]] = {}
    while await shop.database.count("payments", UNTOLD, 1):  # another appender may be at it
        await shop.told()
    for entry in await shop.told():
        if entry["aggregate"].startswith("pay_"):
            versions.setdefault(entry["aggregate"], []).append(entry["seq"])
            story = added.setdefault(entry["aggregate"], {})
            story.update({name: after for name, (_, after) in entry["changes"].items()})
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in versions.values())
    return {
        key: {name: after for name, after in story.items() if after} for key, story in added.items()
    }


@pytest.mark.parametrize("seed", range(2))
async def test_order_and_repetition_do_not_matter(shelf, stall, tmp_path, seed):
    penny = Penny()
    trade(penny, seed, COUNT)
    async with penny.open() as url:
        found = configured(tmp_path, url)
        async with desk_over(shelf.database, found) as desk:
            await in_order(desk, penny.events)
            expected = await picture(shelf, desk)
        async with desk_over(stall.database, found) as desk:
            for name in ("inbox", "incidents", "readings"):
                await stall.database.delete(name, {})
            await in_disorder(desk, penny.events, random.Random(seed))
            states, ledger, story = await picture(stall, desk)
            assert await desk.incidents() == []

    for each in (*states.values(), *expected[0].values()):
        each.pop("observed_at")  # what is fetched is newer than what was sent
    assert len(states) == COUNT
    assert states == expected[0]
    assert ledger == expected[1]
    assert story == expected[2]

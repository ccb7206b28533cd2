"""Deliveries come once to five times, shuffled, cut off, to workers that die: nothing differs.

Compared with each delivery once, in order: the books of all that channels tell of, what the ledger
adds up to, what the journal adds up to, told once for each version, and the incidents that are
open. Tills send the same entries in other batches as well. The same where some of the deliveries
never come, once the channels were read.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from commands.channels import applying
from domain.channels.marks import Mark
from domain.ids import Kind, Sku
from gateway.bootstrap import channels
from gateway.embedded import Embedded
from storage.mongo.driver import Driver
from storage.mongo.inbox import INBOX
from storage.mongo.ledger import POSTINGS
from storage.mongo.marks import MongoMarks
from storage.mongo.stock import LEVELS
from storage.mongo.stock.opening import level_document
from tests.channels.conftest import Desk, desk_over
from tests.channels.landed import journal_of, state_of
from tests.channels.sources import CUP, Sent, Told, all_channels
from tests.making import a_level, new_id
from tests.trading import LONG_AGO, Trading, trading

SEED = 8
AT_ONCE = 50
LOST = 0.05
OURS = "kassa"
OF_ORDERS = ("receivable", "refunds")
WHEN = frozenset({"observed_at"})
"""When we were told: what is fetched is newer than what was sent."""


class Books(NamedTuple):
    """What is known, without what only says when and how often it was written.

    `incidents` are those that are open, by kind and subject. Those that were closed by themselves
    depend on the order: somebody was told of what looked wrong, until more was told. So does the
    detail: it says who was the one to find out.
    """

    state: Mapping[str, Any]
    ledger: Mapping[tuple[str, str], int]
    story: Mapping[str, Mapping[str, Any]]
    incidents: Sequence[tuple[str, str]]


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """What happens in all channels: some 2,000 deliveries."""
    async with all_channels(tmp_path_factory.mktemp("channels"), random.Random(SEED)) as found:
        assert len(found.told) >= 2_000
        yield found


@pytest.fixture(scope="module")
async def expected(servers, driver, told) -> Books:
    """The books of a shop that hears of everything once, in order."""
    async with (
        cups(servers, driver) as shop,
        desk_over(shop.database, told.configuration) as desk,
    ):
        for each in told.told:
            assert await sent(desk, each)
            await applying.work(desk.parts, desk.lines, 1)
        await drained(desk)
        found = await books_of(shop, desk)
        assert ("NOT_APPLIED", "product SOUP") in found.incidents
        kinds = Counter(kind for kind, _ in found.incidents)
        assert kinds.keys() == {"NOT_APPLIED", "REFUND_FAILED", "OVERSOLD"}
        assert kinds["NOT_APPLIED"] == 1
        return found


@asynccontextmanager
async def cups(servers: Embedded, driver: Driver) -> AsyncGenerator[Trading]:
    """A shop that has cups, too, of which a channel sells some."""
    async with trading(servers.mongodb_url or "", driver, with_upkeep=False) as shop:
        here = [a_level(100, n, sku=Sku(CUP), id=new_id(Kind.STOCK_LEVEL, 100 + n)) for n in (0, 1)]
        await shop.database.insert(LEVELS.name, [level_document(each) for each in here])
        yield shop


async def books_of(shop: Trading, desk: Desk) -> Books:
    assert await desk.rows(state="PARKED") == []
    state = await state_of(shop)
    for row in state["payments"]:
        row.pop("observed_at")
    for row in state["stock_levels"]:
        if row["authority"] == OURS:
            row.pop("observed_at")  # what moved here is as of when it was told
    for account in [each for row in state["customers"] for each in row["accounts"]]:
        account.pop("seen")  # Stripe's customers are as of when they were asked for
    # A payment that found its order after it was posted has its accounts under its own name.
    owed = {
        f"{name}:{row['_id']}": f"{name}:{row['order_id']}"
        for row in state["payments"]
        for name in OF_ORDERS
    }
    ledger: Counter[tuple[str, str]] = Counter()
    for posting in await desk.database.find(POSTINGS.name, {}):
        assert sum(line["minor"] for line in posting["lines"]) == 0
        for line in posting["lines"]:
            account = owed.get(line["account"], line["account"])
            ledger[account, line["currency"]] += line["minor"]
    return Books(
        state,
        {key: minor for key, minor in ledger.items() if minor},
        await story(shop),
        sorted((each["kind"], each["subject"]) for each in await desk.incidents(is_open=True)),
    )


async def story(shop: Trading) -> Mapping[str, Mapping[str, Any]]:
    """What each story adds up to, but for what is nothing; no version is told twice or left out."""
    last: dict[str, dict[str, Any]] = {}
    versions: dict[str, list[int]] = {}
    for entry in await journal_of(shop):
        versions.setdefault(entry["aggregate"], []).append(entry["seq"])
        facts = last.setdefault(entry["aggregate"], {})
        facts |= {name: now for name, (_, now) in entry["changes"].items()}
    assert all(seqs == list(range(seqs[0], seqs[0] + len(seqs))) for seqs in versions.values())
    return {
        key: {name: now for name, now in facts.items() if now and name not in WHEN}
        for key, facts in last.items()
        if not key.startswith(Kind.INCIDENT)
    }


async def sent(desk: Desk, each: Sent) -> bool:
    """Was it acknowledged?"""
    answer = await desk.http.post(
        f"/webhooks/{each.endpoint}", content=each.body, headers=dict(each.headers())
    )
    return answer.status_code == 200


async def drained(desk: Desk) -> None:
    """Let all that waits be tried until nothing does."""
    while await desk.rows(state="WAITING"):
        await desk.come()
        await desk.work()


async def in_disorder(desk: Desk, told: Sequence[Sent], dice: random.Random) -> None:
    """Shuffled and repeated; one in ten is cut off on its way, some workers within their work."""
    queue = [each for each in told for _ in range(dice.randint(1, 5))]
    dice.shuffle(queue)
    while queue:
        some, queue = queue[:AT_ONCE], queue[AT_ONCE:]
        heard = await asyncio.gather(*(_cut_at_times(desk, each, dice) for each in some))
        # Who is not acknowledged sends again.
        queue += [each for each, is_heard in zip(some, heard, strict=True) if not is_heard]
        await _worked(desk, dice)
    await drained(desk)


async def _cut_at_times(desk: Desk, each: Sent, dice: random.Random) -> bool:
    """Was it acknowledged? The connection may end before it was kept, or before we say so."""
    posting = asyncio.ensure_future(sent(desk, each))
    if dice.random() < 0.1:
        for _ in range(dice.randint(0, 20)):
            await asyncio.sleep(0)
        posting.cancel()
    await asyncio.wait([posting])
    return not posting.cancelled() and posting.result()


async def _worked(desk: Desk, dice: random.Random) -> None:
    """Two workers take what is due; one in five is killed somewhere within its work."""
    working = [
        asyncio.ensure_future(applying.work(desk.parts, desk.lines, AT_ONCE)) for _ in range(2)
    ]
    for each in working:
        if dice.random() < 0.2:
            for _ in range(dice.randint(0, 200)):
                await asyncio.sleep(0)
            each.cancel()
    await asyncio.wait(working)
    assert not [each for each in working if not each.cancelled() and each.exception()]
    # What the dead have taken is not waited for.
    taken = {"state": "WAITING", "owner": {"$exists": True}}
    await desk.database.change_all(INBOX.name, taken, {"$set": {"due": LONG_AGO}})


def same(found: Books, expected: Books) -> None:
    """Compared piece by piece, so that a difference can be read."""
    for name, rows in expected.state.items():
        assert found.state[name] == rows, name
    assert found.ledger == expected.ledger
    assert found.story == expected.story
    assert found.incidents == expected.incidents


@pytest.mark.timeout(900)
async def test_order_and_repetition_do_not_matter(servers, driver, told, expected):
    async with (
        cups(servers, driver) as shop,
        desk_over(shop.database, told.configuration) as desk,
    ):
        await in_disorder(desk, [*told.told, *told.again], random.Random(SEED))

        same(await books_of(shop, desk), expected)


@pytest.mark.timeout(900)
async def test_what_is_lost_for_good_is_there_after_the_next_reading(
    servers, driver, told, expected
):
    dice = random.Random(SEED)
    async with (
        cups(servers, driver) as shop,
        desk_over(shop.database, told.configuration) as desk,
    ):
        kept = [each for each in told.told if not may_be_lost(desk, each) or dice.random() > LOST]
        assert len(kept) < 0.98 * len(told.told)
        for n in range(0, len(kept), AT_ONCE):
            assert all(await asyncio.gather(*(sent(desk, each) for each in kept[n : n + AT_ONCE])))
            await desk.work()
        await drained(desk)

        await read(desk, told)

        found = await books_of(shop, desk)
        for name, rows in expected.state.items():
            assert found.state[name] == rows, name
        assert found.incidents == expected.incidents


def may_be_lost(desk: Desk, each: Sent) -> bool:
    """Can its channel be asked what changed? Who cannot (a till) sends until they are heard."""
    return bool(desk.lines[each.endpoint].adapter.capabilities.windows)


async def read(desk: Desk, told: Told) -> None:
    """One turn of the pollers, who read for the last time when it all began."""
    marks = MongoMarks(desk.database)
    for line in desk.lines.values():
        for thing in line.adapter.capabilities.windows:
            key = f"{line.name}:{thing}"
            await marks.save(Mark(id=key, since=told.opened_at, due=told.opened_at))
            job = channels.reading(desk.database, desk.parts, line, thing)
            while await job():
                pass
    await drained(desk)

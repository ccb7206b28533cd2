"""What a channel never sent is heard of all the same, and readings that were cut off go on."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from commands.channels import syncing
from domain.channels.abilities import Thing
from domain.ports.channels import CallFailed
from gateway.bootstrap import channels
from storage.mongo.driver import Database
from storage.mongo.marks import MARKS, MongoMarks
from storage.mongo.migrate import migrate
from tests.channels.conftest import configured, desk_over
from tests.peers.penny import PAGE, Penny
from tests.storage.listening import Told

HIDDEN = {"version", "updated_at", "outbox", "pending_since"}


@pytest.fixture
async def penny():
    """Penny, with an address."""
    found = Penny()
    async with found.open() as url:
        found.url = url
        yield found


@pytest.fixture
async def paid(stall, tmp_path, penny):
    """A gateway that is connected to her."""
    async with desk_over(stall.database, configured(tmp_path, penny.url)) as desk:
        for name in ("inbox", "incidents", MARKS.name):
            await stall.database.delete(name, {})
        yield desk


def trade(penny: Penny, seed: int, count: int = 40) -> None:
    """Some payments, promised, taken, given back."""
    dice = random.Random(seed)
    for n in range(count):
        name = f"pp_{n}"
        penny.begin(name, 10_00)
        if dice.random() < 0.8:
            penny.move(name, "take", dice.randint(1, 10) * 100)
        if dice.random() < 0.4:
            back = penny.move(name, "give_back", 100, "asked")
            if dice.random() < 0.7:
                penny.move(name, "give_back", 100, "done", of=back["id"])


async def states(desk) -> dict:
    """All payments, without how often they were written and in which order operations came."""
    found = {}
    for row in await desk.payments():
        kept = {name: value for name, value in row.items() if name not in HIDDEN}
        kept["operations"] = sorted(kept["operations"], key=lambda each: each["id"])
        found[row["refs"][0]["value"]] = kept
    return found


async def read(desk) -> None:
    """One whole reading."""
    [line] = desk.lines.values()
    marks = MongoMarks(desk.database)
    while not await syncing.turn(desk.parts, marks, line, Thing.PAYMENT):
        pass


def told(penny: Penny) -> dict[str, dict[str, str]]:
    """What Penny says of each movement."""
    return {
        name: {each["id"]: each["status"] for each in paid["movements"]}
        for name, paid in penny.payments.items()
    }


def heard(found: dict) -> dict[str, dict[str, str]]:
    """What is known of each movement."""
    return {
        name: {each["provider_ref"]: each["raw_status"] for each in paid["operations"]}
        for name, paid in found.items()
    }


@pytest.mark.parametrize("seed", range(3))
async def test_lost_webhooks_delay_and_change_nothing(paid, penny, seed):
    trade(penny, seed)
    dice = random.Random(seed)
    kept = [body for body in penny.events if dice.random() > 0.05]
    assert len(kept) < len(penny.events)
    for body in kept:
        await paid.deliver(body)
    await paid.work()

    await read(paid)

    assert heard(await states(paid)) == told(penny)


async def test_without_any_webhook_the_state_is_the_same(paid, penny, tmp_path, shelf):
    trade(penny, 1)
    await read(paid)
    listed = await states(paid)
    async with desk_over(shelf.database, configured(tmp_path, penny.url)) as other:
        for body in penny.events:
            await other.deliver(body)
            await other.work()
        delivered = await states(other)

    for row in (*listed.values(), *delivered.values()):
        row.pop("channel_id")  # of two shops
        row.pop("observed_at")  # a whole payment was told of later than by its last fact
    assert listed == delivered


async def test_a_second_reading_writes_nothing(paid, penny, stall):
    trade(penny, 2, 10)
    await read(paid)
    before = await stall.picture()

    await paid.database.delete(MARKS.name, {})
    await read(paid)

    assert await stall.picture() == before


async def test_a_reading_rests_until_it_is_due(paid, penny):
    trade(penny, 3, 2)
    await read(paid)
    calls = len(penny.calls)

    await read(paid)

    assert len(penny.calls) == calls


async def test_a_channel_that_cannot_be_read_is_read_later(paid, penny):
    trade(penny, 4, 20)
    penny.status = 500
    await read(paid)
    assert await paid.payments() == []
    penny.status = None
    await paid.database.change_all(
        MARKS.name, {}, {"$set": {"due": datetime(2020, 1, 1, tzinfo=UTC)}}
    )

    [line] = paid.lines.values()
    line.adapter._transport._breaker.succeeded()
    await read(paid)

    assert heard(await states(paid)) == told(penny)


async def test_a_backfill_that_was_cut_off_goes_on_where_it_was(paid, penny):
    trade(penny, 5, 3 * PAGE)
    [line] = paid.lines.values()
    marks, since = MongoMarks(paid.database), datetime.now(UTC) - timedelta(days=1)
    seen: list[int] = []

    def cut(more: int) -> None:
        seen.append(more)
        if len(seen) == 2:
            penny.status = 401

    with pytest.raises(CallFailed):
        await syncing.backfill(paid.parts, marks, line, Thing.PAYMENT, since, cut)
    penny.status = None
    penny.calls.clear()
    count = await syncing.backfill(paid.parts, marks, line, Thing.PAYMENT, since, cut)

    assert (seen, count) == ([PAGE, PAGE, PAGE], 3 * PAGE)
    assert len(penny.calls) == 1
    assert heard(await states(paid)) == told(penny)
    assert await paid.database.find(MARKS.name, {}) == []


async def test_a_page_that_is_not_there_any_more_is_where_it_begins_anew(paid, penny):
    trade(penny, 6, 3 * PAGE)
    [line] = paid.lines.values()
    marks = MongoMarks(paid.database)
    await syncing.turn(paid.parts, marks, line, Thing.PAYMENT)
    penny.status = 404
    await syncing.turn(paid.parts, marks, line, Thing.PAYMENT)
    penny.status = None

    [mark] = await paid.database.find(MARKS.name, {})
    assert (mark["page"], mark["failed"]) == (None, "Penny answers 404.")
    await paid.database.change_all(MARKS.name, {}, {"$set": {"due": mark["since"]}})
    await read(paid)
    assert heard(await states(paid)) == told(penny)


@pytest.fixture
async def overheard(servers):
    """A database, and what is asked of it."""
    listener = Told()
    found = Database(servers.mongodb_url, f"test_{random.getrandbits(48):x}", listeners=[listener])
    await migrate(found)
    yield found, listener
    await found.drop()
    await found.close()


async def test_until_a_reading_is_due_nothing_is_asked_of_the_database(overheard, penny, tmp_path):
    database, listener = overheard
    found = configured(tmp_path, penny.url, poll_seconds=3600)
    async with desk_over(database, found) as desk:
        parts, bell = desk.parts, desk.webhooks.bell
        jobs = channels.jobs(database, parts, desk.lines, found.keeping, bell)
        job, _ = jobs["reading penny-nl payment"]
        other, _ = channels.jobs(
            database, desk.parts, desk.lines, found.keeping, desk.webhooks.bell
        )["reading penny-nl payment"]
        trade(penny, 7, 3)
        await job()
        await other()  # another gateway, which leaves it to the first
        assert heard(await states(desk)) == told(penny)
        listener.heard()

        for _ in range(100):
            await job()
            await other()

        assert listener.heard() == []
        assert len(penny.calls) == 1

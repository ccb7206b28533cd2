"""Who looks again and again goes on where a story was left, and overlooks nothing by it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.embedded import Embedded
from storage.mongo.driver import Driver
from storage.mongo.integrity import Watch, reading, remembering
from storage.mongo.journal import JOURNAL
from storage.mongo.stock import LEVELS
from tests.planting import broken, plant, tell_openings
from tests.trading import Trading, more, mugs, trading

LONG = 3


@pytest.fixture
async def shop(
    servers: Embedded, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Trading]:
    """A shop with stories that count as long, in which the journal knows everything."""
    monkeypatch.setattr(remembering, "LONG", LONG)
    async with trading(servers.mongodb_url or "", driver, with_upkeep=False) as found:
        await tell_openings(found.database)
        await _busy(found)
        yield found


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of what each entry tells that is read as part of a story."""
    read, told = list[str](), reading._entries

    async def counted(*given):
        async for aggregate, tale in told(*given):
            read.append(aggregate)
            yield aggregate, tale

    monkeypatch.setattr(reading, "_entries", counted)
    return read


async def _busy(shop: Trading) -> None:
    for _ in range(LONG):
        held = await shop.reserved(mugs(1))
        await shop.do("releaseReservation", reservation=held)
    await shop.told()


async def _looked(watch: Watch) -> dict[str, set[str]]:
    """What a watch names that comes round once."""
    found = [await watch.look() for _ in range(2)]
    return {each.name: set(each.ids) for look in found for each in look}


async def test_what_was_told_before_is_not_read_again(shop: Trading, entries: list[str]):
    watch, level = Watch(shop.database, 60), (await shop.level(0))["_id"]
    assert await _looked(watch) == {}
    first = entries.count(level)
    entries.clear()
    await _busy(shop)

    assert await _looked(watch) == {}

    assert first == 2 * LONG + 1
    assert entries.count(level) == 2 * LONG


@pytest.mark.parametrize("number", ["free", "reserved"])
async def test_what_breaks_later_is_named(shop: Trading, number: str):
    watch, level = Watch(shop.database, 60), (await shop.level(0))["_id"]
    await _looked(watch)
    await _busy(shop)
    await plant(shop.database, LEVELS.name, {"_id": level}, {"$inc": {number: 1}})

    named = await _looked(watch)

    assert named["S4"] == named["S1"] == {level}


async def test_an_entry_that_is_lost_later_is_missed(shop: Trading):
    watch, level = Watch(shop.database, 60), (await shop.level(0))["_id"]
    await _looked(watch)
    await shop.do("adjustStock", changes=[more(5)])
    await _busy(shop)
    seq = (await shop.level(0))["version"] - 1
    await shop.database.delete(JOURNAL.name, {"aggregate": level, "seq": seq})

    assert level in (await _looked(watch))["E1"]


async def test_who_checks_all_of_it_reads_all_of_it(shop: Trading):
    watch, level = Watch(shop.database, 60), (await shop.level(0))["_id"]
    await _looked(watch)
    wrong = {"$set": {"changes.free": [99, 98]}}
    await plant(shop.database, JOURNAL.name, {"aggregate": level, "seq": 2}, wrong)

    assert await _looked(watch) == {}
    assert (await broken(shop.database))["S4"] == {level}

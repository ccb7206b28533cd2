"""Whatever is asked of a crowded level, in whatever order and however often it is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from random import Random
from typing import Any

import pytest

from commands import running
from commands.stock.reservations import RESERVE, ReserveStock
from domain.ids import StockLevelId
from domain.stock import Step, StepKind, StepOutcome
from domain.viewer import SYSTEM
from storage.mongo.driver import Database
from storage.mongo.stock import far
from storage.mongo.stock.holds import MongoHolds
from storage.mongo.stores import MongoStores
from tests.holding import NUMBERS, Seen, a_step, held, seen
from tests.trading import Trading, trading

MOST_NEAR = 4
UNITS = 100


@pytest.fixture
async def shop(servers, driver) -> AsyncIterator[Trading]:
    async with trading(servers.mongodb_url, driver, with_upkeep=False) as found:
        yield found


def gateways(shop: Trading, most_near: int = MOST_NEAR) -> list[MongoHolds]:
    return [MongoStores(shop.database, most_near).holds for _ in range(3)]


class Paper:
    """What a level is, on paper."""

    def __init__(self) -> None:
        self.free, self.committed = UNITS, 0
        self.held: dict[str, int] = {}
        self.pinned = set[str]()

    def take(self, step: Step) -> StepOutcome:
        key, units = step.reservation, step.line.quantity
        if step.kind is StepKind.RESERVE:
            if key in self.held:
                return StepOutcome.KNOWN
            if units > self.free:
                return StepOutcome.SHORT
            self.held[key] = units
            self.free -= units
            return StepOutcome.DONE
        if self.held.get(key) != units:
            return StepOutcome.ABSENT
        if step.kind is StepKind.RELEASE and key in self.pinned:
            return StepOutcome.PINNED
        if step.kind is StepKind.PIN:
            self.pinned.add(key)
        if step.kind in {StepKind.RELEASE, StepKind.COMMIT}:
            del self.held[key]
            self.pinned.discard(key)
            self.free += units * (step.kind is StepKind.RELEASE)
            self.committed += units * (step.kind is StepKind.COMMIT)
        return StepOutcome.DONE


@pytest.mark.parametrize("seed", range(5))
async def test_a_crowded_level_is_what_it_would_be_on_paper(shop, seed):
    chance = Random(seed)
    paper, doors = Paper(), gateways(shop)
    kinds = [StepKind.RESERVE, StepKind.RESERVE, *StepKind]

    for _ in range(60):
        step = a_step(n := chance.randrange(30), chance.choice(kinds), 1 + 3 * (n % 5))
        done = await chance.choice(doors).step(step)
        assert done.outcome is paper.take(step)
        if chance.random() < 0.1:
            await chance.choice(doors).settle(10)

        found = await seen(shop.database)
        assert found.units() == paper.held
        assert (found.level["free"], found.level["committed"]) == (paper.free, paper.committed)
    assert await _replayed(shop, found) == found.numbers() | paper.held


async def _replayed(shop: Trading, found: Seen) -> Mapping[str, Any]:
    """What the journal makes of the level as it was at first."""
    numbers: dict[str, Any] = dict.fromkeys(NUMBERS, 0) | {"on_hand": UNITS, "free": UNITS}
    seqs = list[int]()
    for entry in await shop.told():
        if entry["aggregate"] != found.level["_id"] or entry["type"] == "StockOpened":
            continue
        seqs.append(entry["seq"])
        for name, (before, after) in entry["changes"].items():
            if name not in {"until", "state"}:
                assert numbers.pop(name, None) == before
                numbers |= {} if after is None else {name: after}
    last = found.level["version"]
    assert seqs == [*range(last - len(seqs) + 1, last + 1)]
    return numbers


@pytest.mark.parametrize("seed", range(3))
async def test_many_at_once_each_get_one_true_answer(shop, seed):
    chance = Random(seed)
    doors = gateways(shop)
    done = dict[StepKind, set[int]]()

    async def live(n: int) -> None:
        for kind in (StepKind.RESERVE, StepKind.EXTEND, StepKind.PIN, StepKind.COMMIT):
            copies = chance.sample(doors, chance.randint(1, 3))
            answers = await asyncio.gather(*(door.step(a_step(n, kind)) for door in copies))
            outcomes = [each.outcome for each in answers]
            if kind in {StepKind.RESERVE, StepKind.COMMIT}:
                assert outcomes.count(StepOutcome.DONE) == 1
            done.setdefault(kind, set()).add(n)
            if chance.random() < 0.3:
                return

    await asyncio.gather(*(live(n) for n in range(60)))

    found = await seen(shop.database)
    sold = done[StepKind.COMMIT]
    assert found.units() == {held(n): 1 for n in done[StepKind.RESERVE] - sold}
    assert (found.level["committed"], found.level["free"]) == (len(sold), UNITS - 60)


async def test_500_buyers_over_three_gateways_get_exactly_100_units(servers, driver):
    async with trading(servers.mongodb_url, driver, gateways=3, most_near=20) as shop:
        doors = [MongoStores(shop.database, 20) for _ in range(3)]
        wanted = ReserveStock((a_step(0).line,))

        async def buy(n: int) -> bool:
            answer = await running.run(doors[n % 3], RESERVE, SYSTEM, f"buyer-{n}", wanted)
            return answer.value is not None

        assert sum(await asyncio.gather(*(buy(n) for n in range(500)))) == UNITS

        found = await seen(shop.database)
        assert (found.level["free"], len(found.holds)) == (0, UNITS)


async def test_who_wants_more_than_any_document_holds_gets_it(shop):
    (door, *_) = gateways(shop)
    await asyncio.gather(*(door.step(a_step(n)) for n in range(20)))

    assert (await door.step(a_step(20, quantity=80))).outcome is StepOutcome.DONE
    assert (await door.step(a_step(21))).outcome is StepOutcome.SHORT


class Crash(Exception):
    """The process is gone."""


class Crashing:
    """Lets `left` writes of transactions happen, but not the next one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**6
        for name in ("change", "insert", "delete"):
            monkeypatch.setattr(Database, name, self._counted(getattr(Database, name)))

    def _counted(self, write: Any) -> Any:
        async def counted(database: Database, *arguments: Any, **named: Any) -> Any:
            if database._session is not None:
                self.left -= 1
                if self.left < 0:
                    raise Crash
            return await write(database, *arguments, **named)

        return counted


async def _depart(shop: Trading) -> None:
    level = (await seen(shop.database)).level
    await far.depart(shop.database, StockLevelId(level["_id"]), MOST_NEAR)


async def _commit_all(shop: Trading) -> None:
    (door, *_) = gateways(shop, 10**6)
    done = await asyncio.gather(*(door.step(a_step(n, StepKind.EXTEND)) for n in range(12)))
    assert {each.outcome for each in done} == {StepOutcome.DONE}


async def _settle(shop: Trading) -> None:
    (door, *_) = gateways(shop, 10**6)
    await door.settle(10)


@pytest.mark.parametrize(
    ("prepare", "act", "writes"),
    [(_settle, _depart, 3), (_depart, _commit_all, 2), (_depart, _settle, 2)],
    ids=["leaving", "changing", "coming home"],
)
async def test_nothing_is_lost_when_the_process_dies(shop, monkeypatch, prepare, act, writes):
    (door, *_) = gateways(shop, 10**6)
    await asyncio.gather(*(door.step(a_step(n)) for n in range(12)))
    await prepare(shop)
    before = await seen(shop.database)
    crashing = Crashing(monkeypatch)

    for left in range(writes):
        crashing.left = left
        with pytest.raises(Crash):
            await act(shop)
        after = await seen(shop.database)
        assert (after.near, after.far) == (before.near, before.far)

    crashing.left = writes
    await act(shop)
    after = await seen(shop.database)
    assert after.units() == before.units()
    assert len(after.far) != len(before.far)

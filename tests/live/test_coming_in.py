"""Who comes in, or comes back, while gateways know more or less than one another."""

from __future__ import annotations

from asyncio import Event, create_task, gather, timeout, wait

import pytest

from domain.errors import Unavailable
from domain.stock import StockQuery
from gateway.live import members
from gateway.live.hub import Hub
from storage.mongo.journal.following import MongoFollowing
from storage.mongo.journal.reading import JOURNAL
from tests.live.conftest import PATIENCE_SECONDS, Listening, hub_of
from tests.trading import MUG, mugs

STOCK = """subscription ($skus: [String!], $after: Cursor) {
  stockChanged(skus: $skus, after: $after) { kind cursor levels { version free } } }"""


@pytest.fixture
async def other(stall) -> Listening:
    """Another gateway, that takes a turn only when a test says so."""
    found = Listening(hub_of(stall.database))
    await found.open(STOCK, skus=[MUG])
    await found.hub.turn()
    return found


async def learn_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn in which the journal is as long as before."""

    async def nothing() -> int:
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(hub, "_go_on", nothing)
        await hub.turn()


async def told_elsewhere(stall, ears) -> str:
    """The cursor of a change that one gateway has told already."""
    first = await ears.open(STOCK, skus=[MUG])
    await first.next()
    await stall.do("reserveStock", lines=[mugs(1)])
    return (await first.next())["cursor"]


async def test_who_was_told_more_elsewhere_waits_until_it_is_known(stall, ears, other, monkeypatch):
    cursor = await told_elsewhere(stall, ears)

    again = await other.open(STOCK, skus=[MUG], after=cursor)
    await learn_nothing(other.hub, monkeypatch)
    await other.hub.turn()

    beat = await again.next(beats=True)
    assert (beat["kind"], beat["cursor"]) == ("HEARTBEAT", cursor)


async def test_what_is_never_known_is_a_gap(stall, ears, other, monkeypatch):
    monkeypatch.setattr(members, "AHEAD_SECONDS", 0.0)
    cursor = await told_elsewhere(stall, ears)

    again = await other.open(STOCK, skus=[MUG], after=cursor)
    await learn_nothing(other.hub, monkeypatch)

    kinds = [(await again.next(beats=True))["kind"] for _ in range(2)]
    assert kinds == ["GAP", "SNAPSHOT"]


async def test_who_waits_and_leaves_is_forgotten(stall, ears, other, monkeypatch):
    cursor = await told_elsewhere(stall, ears)
    again = await other.open(STOCK, skus=[MUG], after=cursor)
    await learn_nothing(other.hub, monkeypatch)

    again.stream.close()
    await other.hub.turn()

    assert not other.hub._ahead
    assert again.told == []


async def test_a_snapshot_is_read_once_for_all_who_come_in_at_once(other, monkeypatch):
    asked: list[StockQuery] = []
    read = MongoFollowing.levels

    async def counted(self, query, at):
        asked.append(query)
        return await read(self, query, at)

    monkeypatch.setattr(MongoFollowing, "levels", counted)
    crowd = [await other.open(STOCK, skus=[MUG]) for _ in range(5)]

    await other.hub.turn()

    shown = await gather(*(each.next() for each in crowd))
    assert [each["kind"] for each in shown] == ["SNAPSHOT"] * 5
    assert all(each == shown[0] for each in shown)
    assert len(asked) == 1


async def test_a_member_that_knows_less_than_was_told_is_not_asked(stall, ears):
    await told_elsewhere(stall, ears)
    following = MongoFollowing(stall.database)
    known = await following.last()

    assert await following.levels(StockQuery((MUG,)), known)
    with pytest.raises(Unavailable):
        await following.levels(StockQuery((MUG,)), known + 1)
    with pytest.raises(Unavailable):
        await following.entries(0, known + 1, most=10)


async def test_a_doorbell_whose_collection_is_gone_says_so(shelf):
    following = MongoFollowing(shelf.database)
    rung = Event()
    watching = create_task(following.watch(lambda _: rung.set(), lambda: True))
    async with timeout(PATIENCE_SECONDS):
        while not rung.is_set():
            await shelf.do("reserveStock", lines=[mugs(1)])
            await wait([watching], timeout=0.1)
        await shelf.database.command({"drop": JOURNAL.name})

        with pytest.raises(Unavailable):
            await watching


async def test_all_who_come_at_once_to_a_new_gateway_are_let_in_by_one_secret(stall, monkeypatch):
    asked: list[str] = []
    read = MongoFollowing.secret

    async def secret(following: MongoFollowing) -> bytes:
        asked.append("secret")
        return await read(following)

    monkeypatch.setattr(MongoFollowing, "secret", secret)
    ears = Listening(hub_of(stall.database))

    await gather(*(ears.open(STOCK, skus=[MUG]) for _ in range(50)))

    assert asked == ["secret"]

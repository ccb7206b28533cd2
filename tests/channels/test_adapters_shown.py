"""How connected channels are doing stands in the graph, for staff, whichever gateway knows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from commands.channels import syncing
from domain.channels.abilities import Thing
from domain.channels.marks import Mark
from domain.channels.standing import AdapterState, Connection, Queue, status
from domain.ids import ChannelId, Kind
from gateway.channels import presence
from storage.mongo.connections import CONNECTIONS, MongoConnections
from storage.mongo.marks import MARKS, MongoMarks
from tests.channels.paying import event, movement, payment
from tests.making import new_id
from tests.trading import CLERKS, FINANCE, PARTNER, SHOPPERS, SUPPORT, SYSTEM

SHOWN = """{ channels { code adapters {
  code provider account state capabilities lagMs lastEventAt backlog parked lastError
  taken repeated refused parkedDeliveries { delivery attempts why }
  readings { thing isBackfill isRunning count readAt dueAt failed } } } }"""
BRIEFLY = "{ channels { adapters { code state } } }"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def connected(desk):
    """A gateway that tells others of its channels, and a shop that heard nothing of them yet."""
    for name in (CONNECTIONS.name, MARKS.name):
        await desk.database.delete(name, {})
    return desk


async def told(desk) -> None:
    """Each gateway tells what it heard."""
    connections = MongoConnections(desk.database)
    await presence.telling(connections, desk.lines, desk.hearing)()


async def shown(shop, token: str | None = SUPPORT, asked: str = SHOWN):
    data = await shop.kassa.ask(asked, token)
    return [adapter for channel in data["channels"] for adapter in channel["adapters"]]


def paid(n: int) -> bytes:
    """A delivery with a payment of its own."""
    taken = movement(f"mv_{n}", "take", 5_00)
    return event(f"ev_{n}", "payment.changed", payment=payment(f"pp_{n}", 5_00, taken))


async def test_a_connected_account_says_what_it_is_and_what_it_heard(connected, stall):
    await connected.deliver(paid(1))
    await connected.deliver(paid(1))
    await connected.deliver(paid(2), **{"penny-signature": "t=1,s=00"})
    await connected.deliver(event("ev_3", "payment.polished"))
    await told(connected)
    [waiting] = await shown(stall)
    await connected.work()
    await told(connected)

    [found] = await shown(stall)

    assert (waiting["state"], waiting["backlog"], waiting["parked"]) == ("UP", 2, 0)
    assert waiting["lagMs"] > 0
    assert (found["code"], found["provider"], found["account"]) == ("penny-nl", "penny", "acct_nl")
    assert (found["taken"], found["repeated"], found["refused"]) == (2, 1, 1)
    assert (found["state"], found["backlog"], found["parked"]) == ("DEGRADED", 0, 1)
    assert found["capabilities"][:2] == ["sends signed deliveries", "payment single"]
    assert found["lagMs"] == 0
    assert found["lastEventAt"] == waiting["lastEventAt"] is not None
    [parked] = found["parkedDeliveries"]
    assert parked["delivery"] == "penny-nl:ev_3"
    assert "does not know" in parked["why"]


async def test_it_is_for_those_who_look_after_channels(connected, stall):
    await told(connected)

    for token in (SUPPORT, FINANCE, SYSTEM):
        assert await shown(stall, token, BRIEFLY) == [{"code": "penny-nl", "state": "UP"}]
    for token in (CLERKS[0], SHOPPERS[0], PARTNER, None):
        assert await shown(stall, token, BRIEFLY) == []


async def test_two_reads_are_enough_for_all_channels(kassa, reads):
    await shown_reads(kassa, reads, "{ channels { code } }", 1)
    await shown_reads(kassa, reads, SHOWN, 3)


async def shown_reads(kassa, reads, asked: str, count: int) -> None:
    reads.forget()
    await kassa.ask(asked, SUPPORT)
    assert len(reads) == count


async def test_a_reading_that_fails_is_told_with_its_reason(connected, stall):
    await told(connected)
    [line] = connected.lines.values()
    await syncing.turn(connected.parts, MongoMarks(connected.database), line, Thing.PAYMENT)

    [found] = await shown(stall)

    assert found["state"] == "DOWN"
    [reading] = found["readings"]
    assert (reading["thing"], reading["isBackfill"], reading["readAt"]) == ("payment", False, None)
    assert reading["failed"] == found["lastError"] is not None


async def test_gateways_that_died_are_missed(connected, stall):
    await told(connected)
    before = datetime.now(UTC) - timedelta(minutes=2)
    await stall.database.change_all(CONNECTIONS.name, {}, {"$set": {"seen_at": before}})

    assert await shown(stall, asked=BRIEFLY) == [{"code": "penny-nl", "state": "DISABLED"}]


async def test_two_gateways_add_up(connected, stall):
    await connected.deliver(paid(1))
    await told(connected)
    await connected.deliver(paid(2))
    await told(connected)

    [found] = await shown(stall)

    assert found["taken"] == 2


async def test_what_could_not_be_told_is_told_later(connected, stall, monkeypatch):
    await connected.deliver(paid(1))
    tell = presence.telling(
        MongoConnections(connected.database), connected.lines, connected.hearing
    )
    with monkeypatch.context() as broken:
        broken.setattr(connected.database, "change", None)
        with pytest.raises(TypeError):
            await tell()

    await tell()

    [found] = await shown(stall)
    assert found["taken"] == 1


CONNECTED = Connection(
    id="penny-nl",
    channel_id=ChannelId(new_id(Kind.CHANNEL, 1)),
    provider="penny",
    account="acct_nl",
    seen_at=NOW,
)
MARK = Mark(id="penny-nl:payment", line="penny-nl", thing=Thing.PAYMENT, since=NOW, due=NOW)
BACK = Mark(
    id="backfill:penny-nl:payment:x", line="penny-nl", thing=Thing.PAYMENT, since=NOW, due=NOW
)


@pytest.mark.parametrize(
    ("state", "queue", "marks", "after"),
    [
        (AdapterState.UP, Queue(), [MARK], 0),
        (AdapterState.UP, Queue(waiting=1, oldest_at=NOW), [MARK], 30),
        (AdapterState.DEGRADED, Queue(waiting=1, oldest_at=NOW), [MARK], 61),
        (AdapterState.DEGRADED, Queue(parked=1), [MARK], 0),
        (AdapterState.REPLAYING, Queue(parked=1), [replace(MARK, page="2")], 0),
        (AdapterState.UP, Queue(), [MARK, replace(BACK, page="2", failed="x")], 0),
        (AdapterState.DOWN, Queue(), [replace(MARK, page="2", failed="x")], 0),
        (AdapterState.DISABLED, Queue(parked=1), [MARK], 91),
    ],
)
def test_how_it_is_follows_from_what_is_known(state, queue, marks, after):
    found = status(CONNECTED, queue, marks, NOW + timedelta(seconds=after))

    assert found.state is state

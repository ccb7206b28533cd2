"""Who begins operations on one socket faster than any front end does."""

import pytest

from gateway.live import pace
from gateway.live.pace import Pace
from tests.gateway.live.board import TICKS, happens, talking

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.usefixtures("still")]


@pytest.fixture
def still(monkeypatch):
    """Nothing is restored while a test goes on, however long it takes."""
    monkeypatch.setattr(pace, "A_SECOND", 0.0)


async def begun(talk, board, count):
    """A client that subscribes and completes in a loop; those who listened."""
    for number in range(count):
        await talk.ask(str(number), TICKS)
        heard = await board.subscriber()
        await talk.tell("complete", id=str(number))
        await happens(heard.left)


async def test_who_subscribes_and_completes_in_a_loop_has_to_wait(address, board):
    async with talking(address) as talk:
        await talk.ask("kept", TICKS)
        kept = await board.subscriber()
        await begun(talk, board, pace.AT_ONCE - 1)

        await talk.ask("one more", TICKS)

        refused = await talk.hear()
        assert (refused["id"], refused["type"]) == ("one more", "error")
        assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert board.heard.empty(), "nobody was subscribed"
        kept.say("still told")
        assert (await talk.hear())["payload"]["data"]["ticks"] == "still told"


async def test_a_query_counts_as_well(address):
    async with talking(address) as talk:
        told = []
        for _ in range(pace.AT_ONCE + 1):
            await talk.ask("a", "{ me }")
            told.append(await talk.hear())
            if told[-1]["type"] == "next":
                assert (await talk.hear())["type"] == "complete"

    assert [each["type"] for each in told] == ["next"] * pace.AT_ONCE + ["error"]


async def test_who_does_not_heed_it_is_closed(address):
    async with talking(address) as talk:
        for number in range(pace.AT_ONCE + pace.MOST_REFUSED):
            await talk.ask("a", "{ me }")
            said = await talk.hear()
            assert said["type"] == ("next" if number < pace.AT_ONCE else "error")
            if said["type"] == "next":
                assert (await talk.hear())["type"] == "complete"

        await talk.ask("a", "{ me }")

        assert await talk.closed() == (4429, "Too many operations")


async def test_what_was_refused_counts_and_time_restores(monkeypatch):
    monkeypatch.setattr(pace, "A_SECOND", 5.0)
    clock = [0.0]
    counted = Pace(lambda: clock[0])
    assert all(counted.begins() for _ in range(pace.AT_ONCE))
    assert not any(counted.begins() for _ in range(pace.MOST_REFUSED))
    assert not counted.is_lost

    clock[0] += (pace.MOST_REFUSED + 1) / pace.A_SECOND

    assert counted.begins()
    assert not counted.begins()
    clock[0] += 3_600
    assert [counted.begins() for _ in range(pace.AT_ONCE + 1)] == [True] * pace.AT_ONCE + [False]

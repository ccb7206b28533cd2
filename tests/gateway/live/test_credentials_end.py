"""Whoever may no longer ask is no longer told: over WebSocket, SSE and multipart."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from math import inf

import pytest
import pytest_asyncio

from domain.errors import Unauthenticated, Unavailable
from domain.viewer import Role, Viewer
from gateway.identity.admission import REFUSED, Admission
from gateway.identity.vigil import CHANGED
from tests.gateway.live.board import TICKS, Board, application, dialled, happens, talking
from tests.gateway.live.test_streams import APOLLO, SSE, streaming_from
from tests.gateway.serving import served

pytestmark = pytest.mark.asyncio(loop_scope="package")

SUPPORT = Viewer(Role.SUPPORT)


class Passes:
    """Credentials that may end, change, or be out of sight."""

    def __init__(self) -> None:
        self.admission = Admission(SUPPORT, inf)
        self.error: Exception | None = None

    async def who(self, authorization: str | None) -> Admission:
        if authorization is None:
            return Admission(Viewer())
        if self.error:
            raise self.error
        return self.admission


@pytest.fixture
def passes() -> Passes:
    return Passes()


@pytest_asyncio.fixture(loop_scope="package")
async def address(board: Board, passes: Passes):
    async with served(application(board, who=passes.who)) as found:
        yield found


@asynccontextmanager
async def streaming(address: str, accept: str):
    headers = {"authorization": "Bearer x"}
    async with streaming_from(address, accept=accept, headers=headers) as reading:
        yield reading


def revoked() -> Unauthenticated:
    return Unauthenticated(REFUSED)


async def test_a_socket_closes_when_its_credentials_are_revoked(address, board, passes):
    async with talking(address, "x") as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()
        heard.say("before")
        assert (await talk.hear())["payload"]["data"]["ticks"] == "before"

        passes.error = revoked()
        await board.vigil.turn()
        heard.say("after")

        await happens(heard.left)
        with pytest.raises(Exception, match="4401"):
            await talk.hear()
        assert await talk.closed() == (4401, REFUSED)
    assert len(board.vigil) == 0


async def test_a_socket_closes_when_its_rights_have_changed(address, board, passes):
    async with talking(address, "x") as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()

        passes.admission = Admission(Viewer(Role.FINANCE))
        await board.vigil.turn()

        await happens(heard.left)
        assert await talk.closed() == (4403, CHANGED)


async def test_who_came_after_the_change_stays(address, board, passes):
    async with talking(address, "x") as before:
        passes.admission = Admission(Viewer(Role.FINANCE))
        async with talking(address, "x") as after:
            await board.vigil.turn()

            assert await before.closed() == (4403, CHANGED)
            await after.tell("ping")
            assert await after.hear() == {"type": "pong"}
    assert len(board.vigil) == 0


async def test_a_socket_closes_when_its_token_ends_and_nobody_needs_to_look(address, board, passes):
    passes.admission = Admission(SUPPORT, time.time() + 0.5)
    async with talking(address, "x") as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()

        assert await talk.closed() == (4401, REFUSED)
        await happens(heard.left)
    assert len(board.vigil) == 0


async def test_a_socket_without_operations_closes_too(address, board, passes):
    async with talking(address, "x") as talk:
        passes.error = revoked()
        await board.vigil.turn()

        assert await talk.closed() == (4401, REFUSED)


@pytest.mark.parametrize(("accept", "closing"), [(SSE, "event: complete"), (APOLLO, "--graphql--")])
@pytest.mark.parametrize("how", ["revoked", "changed", "over"])
async def test_a_stream_ends_with_its_credentials(
    address, board, passes, accept: str, closing: str, how: str
):
    if how == "over":
        passes.admission = Admission(SUPPORT, time.time() + 0.5)
    async with streaming(address, accept) as reading:
        heard = await board.subscriber()
        heard.say("before")
        await reading.until("before")

        if how == "revoked":
            passes.error = revoked()
        if how == "changed":
            passes.admission = Admission(Viewer(Role.FINANCE))
        await board.vigil.turn()
        if how != "over":
            heard.say("after")
        rest = await reading.rest()

    assert closing in rest
    assert "after" not in rest
    assert ("FORBIDDEN" if how == "changed" else "UNAUTHENTICATED") in rest
    await happens(heard.left)
    assert len(board.vigil) == 0


async def test_who_cannot_be_checked_now_stays_until_it_is_known(address, board, passes):
    async with talking(address, "x") as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()

        passes.error = Unavailable("Not now.")
        await board.vigil.turn()
        heard.say("still")

        assert (await talk.hear())["payload"]["data"]["ticks"] == "still"


async def test_who_cannot_be_checked_now_may_come_again(address, passes):
    passes.error = Unavailable("Not now.")
    async with dialled(address) as talk:
        await talk.tell("connection_init", payload={"authorization": "Bearer x"})
        assert await talk.closed() == (1013, "Not now.")
    for accept in (SSE, APOLLO):
        async with streaming(address, accept) as reading:
            assert reading.status == 503

    passes.error = None

    async with talking(address, "x") as talk:
        await talk.ask("a", "{ me }")
        assert (await talk.hear())["payload"]["data"] == {"me": "support"}


async def test_those_who_have_left_are_watched_no_longer(address, board):
    for accept in (SSE, APOLLO):
        async with streaming(address, accept):
            heard = await board.subscriber()
            assert len(board.vigil) == 1
        await happens(heard.left)
    async with talking(address, "x"):
        assert len(board.vigil) == 1
    async with asyncio.timeout(10):
        while len(board.vigil):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_visitors_are_not_watched(address, board):
    async with talking(address):
        assert len(board.vigil) == 0

"""Connections that are slow, many or too large, at a real server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from gateway import guarding
from gateway.guarding import Guard, Pace
from gateway.live.protocols import GUARD
from gateway.serving import configured

SOON = 0.2
LATE = 10.0


async def echo(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await PlainTextResponse(body or b"heard")(scope, receive, send)


@asynccontextmanager
async def guarded(**limits):
    """A server that is impatient, or counts low."""
    guard = Guard(fronts=())
    for name, value in limits.items():
        setattr(guard, name, value)
    config = configured(echo, lifespan="off", host="127.0.0.1", port=0)
    setattr(config, GUARD, guard)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1], guard
    finally:
        server.should_exit = True
        await serving


async def spoken(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """All that a server says to these bytes until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        return await asyncio.wait_for(reader.read(), LATE)
    except ConnectionError:
        return b""
    finally:
        writer.close()


HEAD = b"POST / HTTP/1.1\r\nhost: kassa\r\ncontent-length: 10\r\n"


@pytest.mark.parametrize(
    "sent", [b"", b"P", b"GET / HTTP/1.1\r\nhost: x\r\nx-a: "], ids=["nothing", "one", "half"]
)
async def test_who_does_not_finish_headers_is_cut(sent: bytes):
    async with guarded(header_seconds=SOON) as (port, _):
        said = await spoken(port, sent) if sent else await spoken(port)

    assert said.startswith(b"HTTP/1.1 408 ")


async def test_who_drips_headers_is_cut():
    async with guarded(header_seconds=SOON) as (port, _):
        drops = [b"GET / HTTP/1.1\r\n", *(b"x-%d: 1\r\n" % n for n in range(200))]

        said = await spoken(port, *drops, pause=0.02)

    assert b" 200 " not in said


async def test_who_does_not_finish_a_body_is_cut():
    async with guarded(body_seconds=SOON) as (port, _):
        said = await spoken(port, HEAD + b"\r\n", b"12345")

    assert b" 200 " not in said


async def test_a_body_in_time_is_answered_and_the_connection_kept():
    async with guarded(header_seconds=LATE, body_seconds=LATE) as (port, guard):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(HEAD + b"\r\n0123456789")
            said = await asyncio.wait_for(reader.readuntil(b"0123456789"), LATE)
            assert said.startswith(b"HTTP/1.1 200 ")
        assert not guard._deadlines
        writer.close()


async def test_headers_without_end_are_refused():
    async with guarded() as (port, _):
        said = await spoken(port, b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x-a: " + b"b" * 100_000)

    assert said.startswith(b"HTTP/1.1 431 ")


async def test_one_address_has_so_many_connections_and_no_more():
    async with guarded(most_of_one_address=3) as (port, guard):
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]

        refused = await spoken(port)
        for _, writer in kept:
            writer.close()
        while guard._total:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        again = await spoken(port, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in refused
    assert again.startswith(b"HTTP/1.1 200 ")


def test_a_front_speaks_for_many():
    guard = Guard(fronts=["10.0.0.1"])
    guard.most_of_one_address = 1

    assert all(guard.came(("10.0.0.1", n)) for n in range(9))
    assert [guard.came(("10.0.0.2", n)) for n in range(2)] == [True, False]


async def test_who_comes_when_all_are_busy_is_told_at_once_and_who_is_at_work_is_not():
    async with guarded(most_busy=2, more_for_known=2, pace=Pace(0)) as (port, guard):
        guard.knows(b"Bearer till")
        head = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
        waiting = []
        for token in (b"", b"", b"Bearer till"):  # each keeps its server waiting for the body
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head + b"authorization: " + token + b"\r\n\r\n")
            waiting.append(writer)
        while guard.busy + guard.known_busy < 3:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)

        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = []
        for _ in range(2):
            writer.write(head + b"\r\nab")
            said.append(await asyncio.wait_for(reader.readuntil(b"}]}"), LATE))
        alive = await spoken(port, b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        for each in waiting:
            each.close()
        while guard.busy or guard.known_busy:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        writer.write(head + b"\r\nok")
        then = await asyncio.wait_for(reader.readuntil(b"ok"), LATE)
        writer.close()

    assert all(each.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1" in each for each in said)
    assert b"OVERLOADED" in said[0]
    assert alive.startswith(b"HTTP/1.1 200 ")
    assert then.startswith(b"HTTP/1.1 200 ")
    assert guard.shed == 2


def test_as_many_are_under_way_as_will_soon_be_answered(monkeypatch):
    guard, clock = Guard(fronts=()), [0.0]
    monkeypatch.setattr(guarding, "monotonic", lambda: clock[0])
    rooms = []
    for answers_a_second in (4_000, 4_000, 800, 800, 40, 10_000):
        guard.busy = guarding.MOST_BUSY
        guard.admits(b"/graphql", [])  # from here on it is counted
        for _ in range(answers_a_second // 4):
            guard.begins()
            guard.ends()
        clock[0] += 0.25
        while guard.admits(b"/graphql", []):
            guard.begins()
        rooms.append(guard.busy)
        clock[0] += 60.0

    assert rooms == [1_000, 1_000, 200, 200, 100, 1_000]


@pytest.mark.parametrize(
    ("url", "admitted"),
    [
        (b"/graphql", False),
        (b"/graphql?documentId=sha256:1", False),
        (b"/public/graphql", False),
        (b"/partner/graphql?query={a}", False),
        (b"http://x/public/graphql", False),
        (b"/public/%67raphql", False),
        (b"/graphql#there", False),
        (b"/livez", True),
        (b"/readyz?of=/graphql", True),
        (b"/graphql.js", True),
    ],
)
def test_every_graph_is_shed_and_nothing_else(url: bytes, admitted: bool):
    guard = Guard(fronts=())
    guard.busy = 10_000

    assert bool(guard.admits(url, [])) is admitted


def test_who_is_at_work_keeps_their_room_when_the_pace_falls():
    guard, till = Guard(fronts=()), [(b"authorization", b"Bearer till")]
    guard.knows(b"Bearer till")
    guard.busy = 1_000  # all admitted while many were answered

    for _ in range(guarding.MORE_FOR_KNOWN):
        room = guard.admits(b"/graphql", till)
        assert room
        guard.begins(room)

    assert guard.admits(b"/graphql", till) is None
    guard.ends(guarding.Room.OF_KNOWN)
    assert guard.admits(b"/graphql", till)
    assert guard.admits(b"/graphql", []) is None


def test_nobody_is_turned_away_where_budgets_are_only_measured():
    guard = Guard(fronts=(), sheds=False)
    guard.busy = 10_000

    assert guard.admits(b"/graphql", [])


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_bad_framing_ends_the_connection(sent: bytes):
    async with guarded(body_seconds=SOON) as (port, _):
        said = await spoken(port, sent)

    assert b" 200 " not in said

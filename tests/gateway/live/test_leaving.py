"""Clients that do not read, or are gone, and a server that ends."""

import asyncio
import gc
import os
import socket
import struct
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from gateway.live import protocols, websocket
from gateway.live.mailbox import MOST_MESSAGES
from gateway.serving import configured, drop_who_does_not_read
from tests.gateway.live.board import TICKS, application, happens, talking
from tests.gateway.live.test_streams import APOLLO, SSE, streaming_from

pytestmark = pytest.mark.asyncio(loop_scope="package")

CYCLES = 5_000
AT_ONCE = 50
"""How many clients come and go at a time."""

WARM_UP = 1_000
MOST_GROWTH = 2 * 2**20
"""Bytes of memory after all cycles, beyond those after the warm-up."""

UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: kassa\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
EVENTS = (
    b"GET /graphql?query=subscription+%7B+ticks+%7D HTTP/1.1\r\nHost: kassa\r\n"
    b"Accept: text/event-stream\r\n\r\n"
)


def frame(text: bytes) -> bytes:
    """A client's text frame, with a mask that changes nothing."""
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, len(text)) + text


INIT = frame(b'{"type":"connection_init"}')
SUBSCRIBE = frame(b'{"type":"subscribe","id":"a","payload":{"query":"subscription { ticks }"}}')
ASK = frame(b'{"type":"subscribe","id":"a","payload":{"query":"{ held }"}}')

BY_SOCKET = UPGRADE, INIT + SUBSCRIBE
BY_EVENTS = EVENTS, b""
"""What is said before the server answers, and what after."""


@asynccontextmanager
async def serving(board, unread_seconds=30.0):
    """A server that a test ends; yields it and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        drop_who_does_not_read(listening, unread_seconds)
        server = uvicorn.Server(configured(application(board), lifespan="off"))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield server, running, listening.getsockname()[1]
        finally:
            server.should_exit = True
            await running


async def unread(port, saying, board):
    """A connection that subscribed and of which nothing more is read."""
    _, writer = await connected(port, saying)
    writer.transport.pause_reading()
    return writer, await board.subscriber()


async def connected(port, saying):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
    writer.write(saying[0])
    await reader.readuntil(b"\r\n\r\n")
    writer.write(saying[1])
    return reader, writer


async def filled(heard):
    """Say things until there is no room; how many there was room for."""
    said = 0
    while heard.say("x" * 60_000):
        said += 1
        await asyncio.sleep(0)
    return said


@pytest.mark.parametrize("saying", [BY_SOCKET, BY_EVENTS], ids=["socket", "events"])
async def test_who_does_not_read_costs_a_mailbox_and_is_dropped(board, saying):
    async with serving(board, unread_seconds=0.5) as (_, _, port):
        ours, heard = await unread(port, saying, board)

        assert await filled(heard) < MOST_MESSAGES  # the kernel's buffers and one mebibyte

        await happens(heard.left)
        ours.transport.abort()


async def test_who_reads_late_gets_everything(address, board):
    async with talking(address, max_queue=1) as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()
        told = 0
        while heard.say(f"{told}:" + "x" * 60_000):
            told += 1
            await asyncio.sleep(0)
        room = asyncio.Event()
        heard.mailbox.call_when_empty(room.set)

        said = [(await talk.hear())["payload"]["data"]["ticks"] for _ in range(told)]

        assert [int(text.partition(":")[0]) for text in said] == list(range(told))
        await happens(room)


# Cut


async def come_and_go(port, saying, board):
    _, writer = await connected(port, saying)
    heard = await board.subscriber()
    heard.say("one")
    writer.transport.abort()  # whoever this was; all leave
    return heard


def held():
    """Bytes of memory, open files and tasks."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    files = len(list(Path("/proc/self/fd").iterdir()))
    return pages * os.sysconf("SC_PAGE_SIZE"), files, len(asyncio.all_tasks())


async def cycles(port, board, count):
    ways = (BY_SOCKET, BY_EVENTS)
    for _ in range(count // AT_ONCE):
        coming = [come_and_go(port, ways[number % 2], board) for number in range(AT_ONCE)]
        for heard in await asyncio.gather(*coming):
            await happens(heard.left)


async def test_who_is_cut_leaves_nothing_behind(board):
    async with serving(board) as (server, _, port):
        await cycles(port, board, WARM_UP)
        before = held()

        await cycles(port, board, CYCLES - WARM_UP)

        memory, files, tasks = (b - a for a, b in zip(before, held(), strict=True))
        assert memory < MOST_GROWTH
        assert files <= 1
        assert tasks <= 1
        assert not server.server_state.connections
        assert not board.reported


async def test_who_is_cut_in_a_query_leaves_nothing_behind(board):
    async with serving(board) as (_, _, port):
        _, writer = await connected(port, (UPGRADE, INIT + ASK))
        await happens(board.begun)

        writer.transport.abort()

        await happens(board.cancelled)


# The server ends


async def test_streams_end_with_the_server_and_clients_come_back(board):
    async with serving(board) as (server, running, port), AsyncExitStack() as stack:
        address = f"http://127.0.0.1:{port}"
        talk = await stack.enter_async_context(talking(address))
        await talk.ask("a", TICKS)
        events = await stack.enter_async_context(streaming_from(address, accept=SSE))
        parts = await stack.enter_async_context(streaming_from(address, accept=APOLLO))
        everybody = [await board.subscriber() for _ in range(3)]
        for heard in everybody:
            heard.say("last", "c9")

        server.should_exit = True

        assert (await talk.hear())["payload"]["data"]["ticks"] == "last"
        assert (await talk.closed())[0] == 1012
        assert await events.rest() == 'id: c9\nevent: next\ndata: {"data":{"ticks":"last"}}\n\n'
        assert (await parts.rest()).endswith(
            '"errors":[{"message":"The server restarts; subscribe again.",'
            '"extensions":{"code":"UNAVAILABLE"}}]}\r\n--graphql--\r\n'
        )
        async with asyncio.timeout(2):
            await running
        assert all(heard.left.is_set() for heard in everybody)


@pytest.mark.parametrize("saying", [BY_SOCKET, BY_EVENTS], ids=["socket", "events"])
async def test_who_does_not_read_does_not_hold_up_the_end(board, saying, monkeypatch):
    for each in (protocols, websocket):
        monkeypatch.setattr(each, "LAST_SECONDS", 0.1)
    async with serving(board) as (server, running, port):
        ours, heard = await unread(port, saying, board)
        await filled(heard)

        server.should_exit = True

        async with asyncio.timeout(3):
            await running
        assert heard.left.is_set()
        ours.transport.abort()


@asynccontextmanager
async def pinging(board, seconds, wire=websocket.WebSocket):
    """A server that asks so often whether clients are there; yields its port."""
    config = configured(application(board), lifespan="off")
    config.ws_ping_interval = config.ws_ping_timeout = seconds
    config.ws = wire
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await running


async def test_who_answers_no_ping_is_dropped(board):
    async with pinging(board, 0.1) as port:
        ours, heard = await unread(port, BY_SOCKET, board)

        await happens(heard.left)

        ours.transport.abort()


async def test_a_client_that_answers_pings_stays(board):
    async with pinging(board, 0.05) as port, talking(f"http://127.0.0.1:{port}") as talk:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await talk.wire.recv()
        await talk.tell("ping")
        assert await talk.hear() == {"type": "pong"}


async def test_who_is_told_something_is_pinged_less_often(board):
    wires = []

    class Wire(websocket.WebSocket):
        def schedule_ping(self):
            wires.append(self)  # the test is the clock

    async with pinging(board, 60, Wire) as port, talking(f"http://127.0.0.1:{port}") as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()
        pinged = []
        for text in ("one", "two", "three"):
            heard.say(text)
            await talk.hear()
            wires[0].send_keepalive_ping()
            pinged.append(wires[0].pending_ping_payload is not None)

    assert pinged == [False, False, True]


async def test_who_is_told_nothing_is_pinged_each_time(board):
    wires = []

    class Wire(websocket.WebSocket):
        def schedule_ping(self):
            wires.append(self)

    async with pinging(board, 60, Wire) as port, talking(f"http://127.0.0.1:{port}"):
        pinged = []
        for _ in range(3):
            wires[0].send_keepalive_ping()
            pinged.append(wires[0].pending_ping_payload)

    assert pinged[0] is None, "its connection was acknowledged"
    assert None not in pinged[1:]


async def test_who_is_told_all_the_time_and_answers_no_ping_is_dropped(board):
    async with pinging(board, 0.05) as port:
        ours, heard = await unread(port, BY_SOCKET, board)

        async with asyncio.timeout(10):
            while not heard.left.is_set():
                heard.say("still there?")
                await asyncio.sleep(0.01)

        ours.transport.abort()

"""What breaks the protocol closes the socket, with a code that says how."""

import asyncio
import json

import pytest

from gateway.live import sockets
from tests.gateway.live.board import TICKS, dialled, talking

pytestmark = pytest.mark.asyncio(loop_scope="package")

QUERY = {"query": "{ me }"}


async def test_a_socket_that_says_nothing_is_closed(address, monkeypatch):
    monkeypatch.setattr(sockets, "INIT_SECONDS", 0.05)
    async with dialled(address) as talk:
        await talk.tell("ping")
        assert await talk.hear() == {"type": "pong"}

        assert (await talk.closed())[0] == 4408


async def test_asking_before_the_connection_is_acknowledged(address):
    async with dialled(address) as talk:
        await talk.ask("a", "{ me }")

        assert (await talk.closed())[0] == 4401


async def test_initialising_twice(address):
    async with talking(address) as talk:
        await talk.tell("connection_init")

        assert (await talk.closed())[0] == 4429


async def test_an_id_that_is_taken(address, board):
    async with talking(address) as talk:
        await talk.ask("a", TICKS)
        heard = await board.subscriber()
        await talk.ask("a", TICKS)

        assert await talk.closed() == (4409, "Subscriber for a already exists")
        assert heard.left.is_set()


@pytest.mark.parametrize("offered", [["graphql-ws"], ["soap"], None])
async def test_another_subprotocol(address, offered):
    async with dialled(address, subprotocols=offered) as talk:
        assert await talk.closed() == (4406, "Subprotocol not acceptable")


async def test_ours_is_chosen_among_others(address):
    async with dialled(address, subprotocols=["graphql-ws", "graphql-transport-ws"]) as talk:
        assert talk.wire.subprotocol == "graphql-transport-ws"


HOSTILE = [
    "",
    "null",
    "42",
    "[]",
    '"x"',
    "{}",
    "{",
    '{"type": null}',
    '{"type": 1}',
    '{"type": ["ping"]}',
    '{"type": {"a": 1}}',
    '{"type": "next", "id": "a"}',
    '{"type": "start", "id": "a"}',
    '{"type": "ping", "payload": 1}',
    '{"type": "pong", "payload": []}',
    '{"type": "complete"}',
    '{"type": "complete", "id": 1}',
    '{"type": "subscribe", "payload": {"query": "{ me }"}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{ me }"}}',
    '{"type": "subscribe", "id": {}, "payload": {"query": "{ me }"}}',
    json.dumps({"type": "subscribe", "id": "x" * 129, "payload": QUERY}),
    '{"type": "subscribe", "id": "a"}',
    '{"type": "subscribe", "id": "a", "payload": null}',
    '{"type": "subscribe", "id": "a", "payload": []}',
    '{"type": "subscribe", "id": "a", "payload": {"query": null}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": {}}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "{ me }", "variables": []}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "{ me }", "operationName": 1}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "{ me }", "extensions": 1}}',
    '{"type": "subscribe", "id": "\\ud800", "payload": {"query": "{ me }"}}',
    '{"type": "subscribe", "id": "a", "payload": {"query": "\\udfff"}}',
    '{"type": "ping", "payload": {"a": 1e999}}',
    '{"type": "ping", "payload": {"a": 99999999999999999999}}',
    '{"type": "ping", "payload": ' + '{"a":' * 40 + "1" + "}" * 40 + "}",
    '{"type": "ping", "payload": ' + "[" * 30_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:70])
async def test_a_message_that_is_none(address, board, text):
    async with talking(address) as talk:
        await talk.wire.send(text)

        code, reason = await talk.closed()
        assert code == 4400
        assert reason
        assert not board.reported


async def test_a_message_that_is_none_before_all_others(address):
    async with dialled(address) as talk:
        await talk.wire.send("null")

        assert (await talk.closed())[0] == 4400


async def test_bytes_are_no_text(address):
    async with talking(address) as talk:
        await talk.wire.send(b"{}")

        assert (await talk.closed())[0] == 1003


async def test_text_that_is_no_utf_8(address, caplog):
    async with talking(address) as talk:
        await talk.wire.send(b'{"type": "ping", "x": "\xed\xa0\x80"}', text=True)

        assert (await talk.closed())[0] == 1007
        assert not caplog.records


@pytest.mark.parametrize("size", [2**16 + 1, 2**23])
async def test_a_message_that_is_too_large(address, size):
    async with talking(address) as talk:
        with pytest.MonkeyPatch.context():
            await asyncio.gather(talk.wire.send("x" * size), return_exceptions=True)

        assert (await talk.closed())[0] == 1009


async def test_a_message_that_is_too_large_in_parts(address):
    async with talking(address) as talk:
        await asyncio.gather(talk.wire.send(["x" * 2**15] * 256), return_exceptions=True)

        assert (await talk.closed())[0] == 1009


async def test_more_after_the_socket_was_closed(address):
    async with talking(address) as talk:
        await talk.wire.send("null")
        await asyncio.gather(talk.wire.send("x" * 2**23), return_exceptions=True)

        assert (await talk.closed())[0] == 4400


async def test_an_upgrade_that_is_none(address):
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"X: %b\r\n\r\n" % (b"x" * 20_000)
    )

    answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 400 ")
    writer.close()

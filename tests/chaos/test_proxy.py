"""The ports between the parts fail as they are told to, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chaos.child import free_port
from tests.chaos.proxy import HOST, Proxy, Renaming

A_MOMENT = 0.05
REAL, SHOWN = b"127.0.0.1:20001", b"127.0.0.1:31999"


async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(b"you said " + line)
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """Leads to somebody who repeats each line."""
    async with await asyncio.start_server(repeat, HOST, free_port()) as server:
        found = Proxy(free_port(), server.sockets[0].getsockname()[1])
        await found.open()
        yield found
        found.close()


class Caller:
    """Somebody who says a line and waits for what comes back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader

    async def says(self, line: bytes) -> bytes:
        self.writer.write(line + b"\n")
        return await self.hears()

    async def hears(self) -> bytes:
        return (await asyncio.wait_for(self._reader.readline(), 5)).strip()


@pytest.fixture
async def caller(proxy: Proxy) -> AsyncIterator[Caller]:
    found = Caller(*await asyncio.open_connection(HOST, proxy.port))
    assert await found.says(b"hello") == b"you said hello"
    yield found
    found.writer.close()


async def test_while_it_holds_nothing_passes_and_nothing_is_lost(proxy, caller):
    proxy.hold()
    waiting = asyncio.create_task(caller.says(b"late"))
    await asyncio.wait([waiting], timeout=A_MOMENT)
    was_heard = waiting.done()

    proxy.release()

    assert not was_heard
    assert await waiting == b"you said late"


async def test_when_it_holds_answers_what_is_asked_still_arrives():
    heard = asyncio.Event()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        heard.set()
        writer.write(b"done\n")

    async with await asyncio.start_server(hear, HOST, free_port()) as server:
        way = Proxy(free_port(), server.sockets[0].getsockname()[1])
        await way.open()
        way.hold(only_answers=True)
        caller = Caller(*await asyncio.open_connection(HOST, way.port))
        caller.writer.write(b"do it\n")
        await asyncio.wait_for(heard.wait(), 5)
        way.cut()
        way.release()

        with pytest.raises(ConnectionResetError):
            await caller.hears()
        way.close()


async def test_a_cut_connection_is_reset(proxy, caller):
    proxy.cut()

    with pytest.raises(ConnectionResetError):
        await caller.hears()


async def test_who_is_refused_may_come_back_when_it_is_healed(proxy, caller):
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, proxy.port)
    stays = await caller.says(b"still here")

    await proxy.heal()
    again = Caller(*await asyncio.open_connection(HOST, proxy.port))

    assert stays == b"you said still here"
    assert await again.says(b"back") == b"you said back"
    again.writer.close()


async def test_a_side_that_ends_ends_the_other(caller):
    caller.writer.write_eof()

    assert await caller.hears() == b""


@pytest.mark.parametrize("cut", range(1, 40))
def test_an_address_is_renamed_however_the_network_cuts_it(cut):
    message = b"primary: " + REAL + b", hosts: [" + REAL + b", 127.0.0.1:2]\0"
    rename = Renaming({REAL: SHOWN})

    assert rename(message[:cut]) + rename(message[cut:]) == message.replace(REAL, SHOWN)


def test_a_whole_message_is_not_held_back():
    message = b"1: 127.0.0.1:2000\0"

    assert Renaming({REAL: SHOWN})(message) == message

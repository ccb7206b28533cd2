"""Redis only rings the bell: whoever asks for it gets an answer soon, or a sentence."""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter, start_server
from time import monotonic

import pytest

from domain.errors import Unavailable
from gateway.embedded import Embedded
from gateway.embedded.server import free_port
from storage.redis import ANSWERS_WITHIN_SECONDS, Bell


async def test_a_bell_that_hangs_answers(servers: Embedded):
    assert servers.redis_url
    bell = Bell(servers.redis_url)

    await bell.ping()
    await bell.ping()

    await bell.close()


async def test_a_bell_that_is_not_there_is_a_sentence():
    bell = Bell(f"redis://127.0.0.1:{free_port()}")

    with pytest.raises(Unavailable, match=r"^Redis does not answer: .*\.$"):
        await bell.ping()

    await bell.close()


async def test_a_mute_bell_is_not_waited_for():
    async def listen(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await start_server(listen, "127.0.0.1", 0) as mute:
        bell = Bell(f"redis://127.0.0.1:{mute.sockets[0].getsockname()[1]}")
        began = monotonic()

        with pytest.raises(Unavailable, match=r"^Redis does not answer: "):
            await bell.ping()

        assert monotonic() - began < 12 * ANSWERS_WITHIN_SECONDS
        await bell.close()


@pytest.mark.parametrize(
    "url",
    ["", "localhost", "http://localhost", "redis://localhost:port", "redis://localhost:99999"],
)
def test_what_is_no_redis_url_is_a_sentence(url: str):
    with pytest.raises(Unavailable, match=r"^The Redis URL cannot be used: .*\.$"):
        Bell(url)


async def test_a_host_that_cannot_be_is_a_sentence():
    bell = Bell(f"redis://{'x' * 100}")

    with pytest.raises(Unavailable, match=r"^Redis does not answer: "):
        await bell.ping()

    await bell.close()

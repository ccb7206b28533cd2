"""A TCP port that leads to another one, and can be made to fail as networks do."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress

HOST = "127.0.0.1"
CHUNK_BYTES = 2**16
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: the other side gets a RST, not a FIN

Translate = Callable[[bytes], bytes]


class Renaming:
    """Shows other addresses to the one who asks: those in `shown_by_real` are replaced.

    A replica set's members tell clients where the others are. Both addresses have one length, so
    a message stays well-formed. A name cut in two by the network is put together again; nothing
    is held back of a whole message, for those of MongoDB end with a zero byte.
    """

    def __init__(self, shown_by_real: Mapping[bytes, bytes]) -> None:
        assert all(len(real) == len(shown) for real, shown in shown_by_real.items())
        self._shown_by_real = shown_by_real
        self._names = re.compile(b"|".join(map(re.escape, shown_by_real)))
        self._rest = b""

    def __call__(self, data: bytes) -> bytes:
        found = self._names.sub(lambda name: self._shown_by_real[name[0]], self._rest + data)
        kept = self._beginning_of_a_name(found)
        self._rest = found[len(found) - kept :]
        return found[: len(found) - kept]

    def _beginning_of_a_name(self, data: bytes) -> int:
        """How many of the last bytes may be the first of a name."""
        longest = max(map(len, self._shown_by_real)) - 1
        return next(
            length
            for length in range(min(longest, len(data)), -1, -1)
            if any(name.startswith(data[len(data) - length :]) for name in self._shown_by_real)
        )


class Proxy:
    """Leads `port` to `target`; what comes back passes through `renaming`, if there is one."""

    def __init__(
        self, port: int, target: int, shown_by_real: Mapping[bytes, bytes] | None = None
    ) -> None:
        self.port = port
        self.delay_seconds = 0.0
        self._target = target
        self._shown_by_real = shown_by_real
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._requests, self._answers = asyncio.Event(), asyncio.Event()
        self.release()

    async def open(self) -> None:
        """Take connections."""
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, HOST, self.port)

    def refuse(self) -> None:
        """Nobody listens here any more; connections that there are stay."""
        if self._server:
            self._server.close()
            self._server = None

    def cut(self) -> None:
        """Reset each connection, both sides of it, at once."""
        for writer in self._writers:
            peer: socket.socket = writer.get_extra_info("socket")
            with suppress(OSError):
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            writer.transport.abort()

    def hold(self, *, only_answers: bool = False) -> None:
        """Connections stay open and nothing passes: half-open, as after a pulled plug.

        With `only_answers` what is asked still arrives, so work is done that nobody hears of.
        """
        self._answers.clear()
        if not only_answers:
            self._requests.clear()

    def release(self) -> None:
        """Let what was held pass."""
        self._requests.set()
        self._answers.set()

    async def heal(self) -> None:
        self.delay_seconds = 0.0
        self.release()
        await self.open()

    def close(self) -> None:
        self.refuse()
        self.cut()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back, forth = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.close()
            return
        answered: Translate = Renaming(self._shown_by_real) if self._shown_by_real else bytes
        both = {writer, forth}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, forth, self._requests, bytes))
                pumps.create_task(self._pump(back, writer, self._answers, answered))
        finally:
            self._writers -= both

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        flowing: asyncio.Event,
        translate: Translate,
    ) -> None:
        """Carry bytes until one side ends, and then end the other."""
        with suppress(OSError):
            while data := await source.read(CHUNK_BYTES):
                await flowing.wait()
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                sink.write(translate(data))
                await sink.drain()
        sink.close()

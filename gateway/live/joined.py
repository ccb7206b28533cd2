"""A transport that writes the head of a response together with its body.

uvicorn writes them one after the other, and each write is a call of the kernel and a packet.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Transport


class Joined:
    """What uvicorn's response needs of a transport. What is held waits one turn of the loop."""

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        if not data:
            return
        if self._held:
            held, self._held = self._held, b""
            self._transport.writelines((held, data))
        else:
            self._held = data
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what is held, before anybody else writes."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

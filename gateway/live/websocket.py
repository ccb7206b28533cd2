"""uvicorn's WebSocket, with what connections that last for hours need besides.

Source: uvicorn 0.54, `uvicorn.protocols`, and https://www.rfc-editor.org/rfc/rfc6455 for frames and
close codes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from gateway.live.frames import framed, is_utf8
from gateway.live.protocols import LAST_SECONDS, guard_of

WEBSOCKET = "kassa.websocket"
"""The name of an ASGI extension in `scope`."""

MOST_SPARED = 2
"""So many pings in a row a client is spared that is told something all the time."""

BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def websocket(scope: Scope) -> WebSocket:
    """The connection behind an accepted WebSocket.

    Raises:
        KeyError: the server that runs us is not `serving`'s.
    """
    return scope["extensions"][WEBSOCKET]


class WebSocket(WebSocketsSansIOProtocol):
    """WebSocket that writes UTF-8 as it is and at once, and whose close frames arrive.

    ASGI's `send` takes text that it encodes again, and can only be awaited: a task for each socket
    would have to wake for each message.
    """

    _is_lingering = False
    _was_told = False
    _spared = 0
    _has_room: Callable[[], None] | None = None

    async def run_asgi(self) -> None:
        extensions: Any = self.scope.setdefault("extensions", {})
        extensions[WEBSOCKET] = self
        try:
            await super().run_asgi()
        finally:
            extensions.clear()  # or connection and scope would hold each other

    @property
    def is_writable(self) -> bool:
        """Has the client read most of what was written?"""
        return self.writable.is_set()

    def call_when_writable(self, has_room: Callable[[], None]) -> None:
        """Once: the next time that it has read."""
        self._has_room = has_room

    def write_texts(self, texts: Sequence[bytes]) -> None:
        """One message for each; nobody learns of those that are too late."""
        self._was_told = True
        if not self.close_sent and not self.transport.is_closing():
            self.transport.writelines([framed(text) for text in texts])

    def write_at_once(self, text: bytes) -> bool:
        """One message, if the client has read most of those before; or else False."""
        if not self.writable.is_set():
            return False
        self._was_told = True
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(framed(text))
        return True

    async def send_text(self, text: bytes) -> None:
        """One message, when the client has read most of those before.

        Raises:
            ClientDisconnected: it is gone.
        """
        await self.writable.wait()
        if self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.write_texts([text])

    def resume_writing(self) -> None:
        super().resume_writing()
        if has_room := self._has_room:
            self._has_room = None
            has_room()

    def connection_lost(self, exc: Exception | None) -> None:
        guard_of(self.config).left(self.client)
        super().connection_lost(exc)
        self._has_room = None

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not is_utf8(self.frames):
            self.frames = []
            self.conn.fail(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    def data_received(self, data: bytes) -> None:
        if self._is_lingering:
            return
        super().data_received(data)
        if self.conn.handshake_exc and not self.handshake_initiated:
            self.transport.write(BAD_REQUEST)
            self.transport.close()

    def handle_parser_exception(self) -> None:
        """Send why, and read on for a while.

        A connection closed with bytes that nobody read is reset, and the client would not learn
        why it was closed.
        """
        closed, self.close_sent = self.conn.close_sent, True
        code, reason = (closed.code, closed.reason) if closed else (CloseCode.PROTOCOL_ERROR, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if self.close_timer:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(LAST_SECONDS, self.transport.abort)
        self._is_lingering = True

    def send_keepalive_ping(self) -> None:
        """Ask whether the client is there, unless the kernel will say if it is not.

        It ends a connection whose client does not acknowledge what it is sent (`UNREAD_SECONDS`);
        but a proxy between us acknowledges for a client that is gone.
        """
        if self._was_told and self._spared < MOST_SPARED:
            self._was_told = False
            self._spared += 1
            self.schedule_ping()
        else:
            self._spared = 0
            super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        """A client that slept comes back after a reset; uvicorn's 1011 it would take for final."""
        self.transport.abort()

    def shutdown(self) -> None:
        """Close with 1012, "service restart", on which clients come back."""
        super().shutdown()
        self.loop.call_later(LAST_SECONDS, self.transport.abort)

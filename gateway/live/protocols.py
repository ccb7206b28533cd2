"""uvicorn's protocols, with what connections that last for hours need besides.

Source: uvicorn 0.54, `uvicorn.protocols`, and https://www.rfc-editor.org/rfc/rfc6455 for frames and
close codes.
"""

from __future__ import annotations

from asyncio import Transport
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from gateway.edge import ANSWERED
from gateway.guarding import (
    BUSY,
    HEADERS_TOO_LARGE,
    MOST_HEADER_BYTES,
    TIMED_OUT,
    TOO_MANY,
    Guard,
    Room,
)
from gateway.live.frames import framed, is_utf8
from gateway.live.joined import Joined

ENDING = "kassa.ending"
KNOWS = "kassa.knows"
WEBSOCKET = "kassa.websocket"
"""Names of ASGI extensions in `scope`."""

GUARD = "kassa_guard"
"""The attribute of uvicorn's configuration that holds it."""

LAST_SECONDS = 1.0
"""For a client to read the last bytes, when the server ends or turns it out."""

MOST_SPARED = 2
"""So many pings in a row a client is spared that is told something all the time."""

BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def guard_of(config: Config) -> Guard:
    """The guard of all connections of a server."""
    found: Guard | None = getattr(config, GUARD, None)
    if found is None:
        found = Guard()
        setattr(config, GUARD, found)
    return found


class Ending:
    """What a connection does when the server ends."""

    __slots__ = ("call",)

    def __init__(self) -> None:
        self.call: Callable[[], None] | None = None


@contextmanager
def at_end(scope: Scope, call: Callable[[], None]) -> Generator[None]:
    """Meanwhile, have `call` called when the server is told to end."""
    ending: Ending = scope.get("extensions", {}).get(ENDING) or Ending()
    ending.call = call
    try:
        yield
    finally:
        ending.call = None


def websocket(scope: Scope) -> WebSocket:
    """The connection behind an accepted WebSocket.

    Raises:
        KeyError: the server that runs us is not `serving`'s.
    """
    return scope["extensions"][WEBSOCKET]


class Http(HttpToolsProtocol):
    """HTTP/1.1 whose streams are told when the server ends; uvicorn would wait for them."""

    def __init__(self, *given: Any, **named: Any) -> None:  # as uvicorn's, which has many
        super().__init__(*given, **named)
        self._ending = Ending()
        self._guard = guard_of(self.config)
        self._header_bytes = 0
        self._is_in_headers = True
        self._is_shed = False
        self._room: Room | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._joined = Joined(transport, self.loop)
        if self._guard.came(self.client):
            self._guard.waits(self, self.loop, self._guard.header_seconds)
        else:
            self._refuse(TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.hears(self)
        self._guard.left(self.client)
        self._answered()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_headers:
            self._header_bytes += len(data)
            if self._header_bytes > MOST_HEADER_BYTES:
                self._refuse(HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: Any = {ENDING: self._ending, ANSWERED: self._answered, KNOWS: self._guard.knows}
        self.scope["extensions"] = extensions
        self._is_in_headers, self._header_bytes = True, 0
        self._guard.waits(self, self.loop, self._guard.header_seconds)

    def on_headers_complete(self) -> None:
        self._is_in_headers = False
        self._guard.waits(self, self.loop, self._guard.body_seconds)
        room = self._guard.admits(self.url, self.headers)
        self._is_shed = room is None and self._is_idle
        if self._is_shed:
            return
        if self._room is None:
            self._room = room or Room.OF_ALL
            self._guard.begins(self._room)
        super().on_headers_complete()
        if self.cycle:  # its task has not begun yet
            self.cycle.transport = cast("Any", self._joined)

    def on_body(self, body: bytes) -> None:
        if not self._is_shed:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._guard.hears(self)
        if not self._is_shed:
            super().on_message_complete()
        elif not self.transport.is_closing():
            self._joined.flush()
            self.transport.write(BUSY)
            self._guard.waits(self, self.loop, self._guard.header_seconds)

    def on_response_complete(self) -> None:
        self._answered()
        super().on_response_complete()

    @property
    def _is_idle(self) -> bool:
        """Is no earlier request of this connection being answered?"""
        parser, earlier = cast("Any", self.parser), cast("RequestResponseCycle | None", self.cycle)
        return not parser.should_upgrade() and (earlier is None or earlier.response_complete)

    def _answered(self) -> None:
        """What follows may take long, but costs little: a stream, or a client that reads slowly."""
        if self._room:
            self._guard.ends(self._room)
            self._room = None

    def handle_websocket_upgrade(self) -> None:
        self._guard.hears(self)
        self._answered()
        super().handle_websocket_upgrade()

    def too_slow(self) -> None:
        """Its headers or its body did not come in time."""
        if self._is_in_headers:
            self._refuse(TIMED_OUT)
        elif not self.cycle.response_started:
            self.transport.write(TIMED_OUT)
            self.transport.abort()

    def _refuse(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self._joined.flush()
            self.transport.write(answer)
            self.transport.close()

    def shutdown(self) -> None:
        self._joined.flush()
        super().shutdown()
        if self._ending.call:
            self._ending.call()
            self.loop.call_later(LAST_SECONDS, self.transport.abort)


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

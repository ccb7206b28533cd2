"""uvicorn's HTTP, guarded, whose streams are told when the server ends.

Source: uvicorn 0.54, `uvicorn.protocols`.
"""

from __future__ import annotations

from asyncio import Transport
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

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
from gateway.live.joined import Joined

ENDING = "kassa.ending"
KNOWS = "kassa.knows"
"""Names of ASGI extensions in `scope`."""

GUARD = "kassa_guard"
"""The attribute of uvicorn's configuration that holds it."""

LAST_SECONDS = 1.0
"""For a client to read the last bytes, when the server ends or turns it out."""


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

"""A subscription as an HTTP response that goes on until one side ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from domain.errors import KassaError
from gateway.live import multipart, sse
from gateway.live.mailbox import End, Mailbox, Message
from gateway.live.protocols import at_end
from gateway.live.streams import Stream
from gateway.negotiating import named

KEEP_ALIVE_SECONDS = 15.0

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "cache-control": "no-store",
        "vary": "Accept",
        "x-accel-buffering": "no",  # nginx would wait for more
        "x-content-type-options": "nosniff",
    }
)


class Format(Protocol):
    """How a body is written: `OPENING`, then messages and heartbeats, then how it ends.

    `AWAY` ends it when the server does, so that the client comes back.
    """

    CONTENT_TYPE: str
    OPENING: bytes
    HEARTBEAT: bytes
    AWAY: bytes

    def message(self, message: Message) -> bytes: ...
    def end(self, errors: bytes | None) -> bytes: ...


FORMAT_BY_MEDIA: Mapping[str, Format] = MappingProxyType(
    {sse.MEDIA: sse, multipart.MEDIA: multipart}
)


def chosen(accept: str) -> Format | None:
    """The format that a client names in `Accept`, and likes best; wildcards want no stream."""
    media = named(accept, tuple(FORMAT_BY_MEDIA))
    return FORMAT_BY_MEDIA[media] if media else None


def once(form: Format, payload: bytes) -> Response:
    """A body of one result."""
    content = form.OPENING + form.message(Message(payload, "")) + form.end(None)
    return Response(content, headers=_headers(form))


class Body:
    """The response to a subscription: what `stream` puts into `mailbox`."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._wake = asyncio.Event()
        self.mailbox = Mailbox(self._wake.set)
        self.stream: Stream | None = None
        self.leave: Callable[[], None] | None = None
        self._is_gone = False
        self._is_away = False
        self._is_silent = False
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._loop.time()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all that comes, until the subscription, the client or the server ends it."""
        listening = asyncio.create_task(self._listen(receive))
        self._beat()
        try:
            with at_end(scope, self._leave):
                await self._write(send)
        finally:
            listening.cancel()
            self._next_beat.cancel()
            if self.stream:
                self.stream.close()
            if self.leave:
                self.leave()

    def turn_away(self, why: KassaError) -> None:
        """Whoever listens may no longer do so: nothing more is told but why."""
        if self.stream:
            self.stream.close()
        self.mailbox.take()
        told = [{"message": why.message, "extensions": {"code": why.code}}]
        self.mailbox.close(End(orjson.dumps(told)))

    async def _write(self, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in _headers(self._form).items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body, is_last = self._form.OPENING, False
        while not self._is_gone:
            if body or is_last:
                await send({"type": "http.response.body", "body": body, "more_body": not is_last})
                self._sent_at = self._loop.time()
            if is_last:
                return
            await self._wake.wait()
            self._wake.clear()
            body, is_last = self._due()

    def _due(self) -> tuple[bytes, bool]:
        """What is to be sent, and whether it is the last."""
        parts = [self._form.message(message) for message in self.mailbox.take()]
        end = self.mailbox.end
        if end:
            parts.append(self._form.end(end.errors))
        elif self._is_away:
            parts.append(self._form.AWAY)
        elif self._is_silent and not parts:
            parts.append(self._form.HEARTBEAT)
        self._is_silent = False
        return b"".join(parts), bool(end or self._is_away)

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        self._wake.set()

    def _beat(self) -> None:
        """Have a heartbeat sent if nothing else was, and look again when one may be due."""
        due, now = self._sent_at + KEEP_ALIVE_SECONDS, self._loop.time()
        if due <= now:
            self._is_silent = True
            self._wake.set()
            due = now + KEEP_ALIVE_SECONDS
        self._next_beat = self._loop.call_at(due, self._beat)

    def _leave(self) -> None:
        self._is_away = True
        self._wake.set()


def _headers(form: Format) -> Mapping[str, str]:
    return {"content-type": form.CONTENT_TYPE, **HEADERS}

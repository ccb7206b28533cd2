"""Operations over a WebSocket: `graphql-transport-ws`.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from typing import cast

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from domain.errors import KassaError
from domain.viewer import Viewer
from gateway import reading
from gateway.answering import Graph, is_subscription
from gateway.execution.engine import Outcome
from gateway.identity.admission import Admission
from gateway.limits.accounts import RATE_LIMITED
from gateway.live import pace
from gateway.live.closing import (
    BAD_REQUEST,
    INITIALISATION_TIMEOUT,
    SUBPROTOCOL_NOT_ACCEPTABLE,
    SUBSCRIBER_ALREADY_EXISTS,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNSUPPORTED_DATA,
    Closed,
    closed,
)
from gateway.live.mailbox import End, Message
from gateway.live.operation import Operation, error_text
from gateway.live.origins import is_own
from gateway.live.pace import Pace
from gateway.live.websocket import WebSocket, websocket
from gateway.reading import Asked, Refused

SUBPROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 10.0
MOST_OPERATIONS = 20
MOST_ID_CHARACTERS = 128
"""An id comes back with each message."""

ACK = b'{"type":"connection_ack"}'
PONG = b'{"type":"pong"}'

TOO_MANY = {
    "message": f"A socket carries at most {MOST_OPERATIONS} operations at a time.",
    "extensions": {"code": "TOO_MANY_SUBSCRIPTIONS"},
}
TOO_FAST = {
    "message": (
        f"On one socket {pace.A_SECOND:.0f} operations may begin a second, and {pace.AT_ONCE} at "
        "once. Wait a moment."
    ),
    "extensions": {"code": RATE_LIMITED},
}


class Gone(Exception):
    """The client has closed the socket."""


class Sockets:
    """The ASGI app that accepts WebSockets, of clients that speak our subprotocol.

    A browser tells where the page is from that opens a socket; another site's may not, but for
    `origins`. WebSocket knows no other protection of the same origin.
    """

    def __init__(self, graph: Graph, origins: Collection[str] = ()) -> None:
        self._graph = graph
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until one side closes it."""
        headers = Headers(scope=scope)
        await receive()
        if not is_own(headers, self._origins):
            await send({"type": "websocket.close"})
            return
        offered = scope["subprotocols"]
        spoken = SUBPROTOCOL if SUBPROTOCOL in offered else next(iter(offered), None)
        await send({"type": "websocket.accept", "subprotocol": spoken})
        try:
            if spoken != SUBPROTOCOL:
                raise Closed(SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            peer = scope["client"][0] if scope.get("client") else None
            socket = Socket(self._graph, websocket(scope), receive, peer)
            await socket.run(headers.get("authorization"))
        except Closed as closed:
            await send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})
        except (Gone, OSError):
            return


class Socket:
    """One accepted socket: a task reads messages, and results are written as they come."""

    def __init__(
        self, graph: Graph, wire: WebSocket, receive: Receive, peer: str | None = None
    ) -> None:
        self._graph = graph
        self._peer = peer
        self._wire = wire
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._operations: dict[str, Operation] = {}
        self._ready: dict[str, None] = {}
        self._pace = Pace()
        self._reading = cast("asyncio.Task[None]", asyncio.current_task())
        self._over: Closed | None = None

    async def run(self, authorization: str | None) -> None:
        """Carry operations.

        Raises:
            Closed: the client breaks the protocol, or may not ask.
            Gone, OSError: it has left.
        """
        leave = None
        try:
            given, admission = await self._admitted(authorization)
            leave = self._graph.vigil.watch(given, admission, self._turn_away)
            await self._wire.send_text(ACK)
            while True:
                await self._handle(await self._message(), admission.viewer)
        except asyncio.CancelledError:
            if self._over is None:
                raise
            self._reading.uncancel()
            raise self._over from None
        finally:
            if leave:
                leave()
            self._close_all()

    def _turn_away(self, why: KassaError) -> None:
        """Whoever is there may no longer be: nothing more is told, and the socket is closed."""
        self._over = closed(why)
        self._close_all()
        self._reading.cancel()

    def _close_all(self) -> None:
        for operation in self._operations.values():
            operation.close()
        self._operations.clear()

    async def _admitted(self, authorization: str | None) -> tuple[str | None, Admission]:
        try:
            async with asyncio.timeout(INIT_SECONDS):
                payload = await self._init()
        except TimeoutError as error:
            raise Closed(INITIALISATION_TIMEOUT, "Connection initialisation timeout") from error
        try:
            given = _authorization(payload) or authorization
            return given, await self._graph.who(given)
        except KassaError as error:
            raise closed(error) from error

    async def _init(self) -> Mapping[str, object]:
        while True:
            message = await self._message()
            match message["type"]:
                case "connection_init":
                    return _payload(message)
                case "ping":
                    await self._wire.send_text(PONG)
                case "pong":
                    continue
                case _:
                    raise Closed(UNAUTHORIZED, "Unauthorized: send `connection_init` first.")

    async def _message(self) -> Mapping[str, object]:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise Gone
        text = event.get("text")
        if text is None:
            raise Closed(UNSUPPORTED_DATA, "Send text.")
        try:
            message = reading.decoded(text, "A message must be JSON.")
        except Refused as refused:
            raise Closed(BAD_REQUEST, str(refused)) from refused
        if not isinstance(message, dict):
            raise Closed(BAD_REQUEST, "A message must be a JSON object.")
        found = cast("dict[str, object]", message)
        _payload(found)
        if found.get("type") not in TYPES:
            raise Closed(BAD_REQUEST, f"`type` must be one of {', '.join(TYPES)}.")
        return found

    async def _handle(self, message: Mapping[str, object], viewer: Viewer) -> None:
        match message["type"]:
            case "ping":
                await self._wire.send_text(PONG)
            case "subscribe":
                await self._subscribe(message, viewer)
            case "complete":
                if operation := self._operations.pop(_id(message), None):
                    operation.close()
            case "connection_init":
                raise Closed(TOO_MANY_REQUESTS, "Too many initialisation requests")
            case _:
                pass  # a pong

    async def _subscribe(self, message: Mapping[str, object], viewer: Viewer) -> None:
        key = _id(message)
        if key in self._operations:
            raise Closed(SUBSCRIBER_ALREADY_EXISTS, f"Subscriber for {key} already exists")
        if why := self._too_much():
            await self._wire.send_text(error_text(key, [why]))
            return
        try:
            asked = reading.asked_in(_payload(message))
        except Refused as refused:
            raise Closed(BAD_REQUEST, str(refused)) from refused
        operation = Operation(key, self._wire, partial(self._wake_for, key))
        self._operations[key] = operation
        operation.task = asyncio.create_task(self._run(operation, asked, viewer))

    def _too_much(self) -> Mapping[str, object] | None:
        """Why one more operation may not begin now.

        Raises:
            Closed: the client was told so again and again.
        """
        is_in_time = self._pace.begins()
        if self._pace.is_lost:
            raise Closed(TOO_MANY_REQUESTS, "Too many operations")
        if len(self._operations) >= MOST_OPERATIONS:
            return TOO_MANY
        return None if is_in_time else TOO_FAST

    async def _run(self, operation: Operation, asked: Asked, viewer: Viewer) -> None:
        """Execute a query or a mutation, or open a subscription."""
        mailbox = operation.mailbox
        try:
            account = self._graph.account(viewer, self._peer)
            outcome = await self._graph.execute(asked, viewer, allow_mutation=True, account=account)
            if is_subscription(outcome):
                opened = await self._graph.open(asked, viewer, mailbox, account=account)
                if not isinstance(opened, Outcome):
                    operation.stream = opened
                    return
                outcome = opened
            if outcome.executed:
                mailbox.put(Message(self._graph.shown(outcome, account=account), ""))
                mailbox.close(End())
            else:
                mailbox.close(End(orjson.dumps(self._graph.errors(outcome))))
        except Exception as error:
            mailbox.close(End(orjson.dumps([self._graph.masked(error)])))

    def _wake_for(self, key: str) -> None:
        """An operation has something; it is written with all else of this turn of the loop."""
        if not self._ready:
            self._loop.call_soon(self._write)
        self._ready[key] = None

    def _write(self) -> None:
        """Write what operations have for the client; the rest waits until it has read that."""
        while self._ready:
            if not self._wire.is_writable:
                self._wire.call_when_writable(self._write)
                return
            key = next(iter(self._ready))
            del self._ready[key]
            if operation := self._operations.get(key):
                self._wire.write_texts(self._texts(operation))

    def _texts(self, operation: Operation) -> list[bytes]:
        texts = operation.texts()
        if operation.mailbox.end:
            del self._operations[operation.id]
            operation.close()
        return texts


TYPES = ("connection_init", "ping", "pong", "subscribe", "complete")


def _authorization(payload: Mapping[str, object]) -> str | None:
    """The token that a browser cannot send as a header."""
    found = payload.get("authorization", payload.get("Authorization"))
    if not isinstance(found, str | None):
        raise Closed(BAD_REQUEST, "`authorization` must be a string.")
    return found


def _payload(message: Mapping[str, object]) -> Mapping[str, object]:
    found = message.get("payload")
    if not isinstance(found, dict | None):
        raise Closed(BAD_REQUEST, "`payload` must be a JSON object.")
    return cast("dict[str, object] | None", found) or {}


def _id(message: Mapping[str, object]) -> str:
    found = message.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= MOST_ID_CHARACTERS:
        raise Closed(BAD_REQUEST, f"`id` must be a string of 1 to {MOST_ID_CHARACTERS} characters.")
    return found

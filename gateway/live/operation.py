"""One operation of a WebSocket, from `subscribe` to `complete`.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import orjson

from gateway.live.mailbox import Mailbox, Message
from gateway.live.streams import Stream
from gateway.live.websocket import WebSocket


class Operation:
    """What waits in `mailbox` is sent to the client as messages with the operation's `id`.

    A client that has read all before is sent a message without its waiting there.
    """

    __slots__ = ("_next", "_wire", "id", "mailbox", "stream", "task")

    def __init__(self, id: str, wire: WebSocket, wake: Callable[[], None]) -> None:
        self.id = id
        self.mailbox = Mailbox(wake, self._hand)
        self._wire = wire
        self.task: asyncio.Task[None] | None = None
        self.stream: Stream | None = None
        self._next = b'{"id":%b,"type":"next","payload":' % orjson.dumps(id)

    def _hand(self, message: Message) -> bool:
        return self._wire.write_at_once(b"%b%b}" % (self._next, message.payload))

    def texts(self) -> list[bytes]:
        """The messages to send now; a payload is JSON already, and is not read again."""
        texts = [b"%b%b}" % (self._next, message.payload) for message in self.mailbox.take()]
        if end := self.mailbox.end:
            texts.append(self._last(end.errors))
        return texts

    def close(self) -> None:
        """Nobody waits for it any more."""
        self.mailbox.hand = None
        if self.task:
            self.task.cancel()
        if self.stream:
            self.stream.close()

    def _last(self, errors: bytes | None) -> bytes:
        key = orjson.dumps(self.id)
        if errors is None:
            return b'{"id":%b,"type":"complete"}' % key
        return b'{"id":%b,"type":"error","payload":%b}' % (key, errors)


def error_text(id: str, errors: Sequence[object]) -> bytes:
    """The message that refuses an operation."""
    shown = {"id": id, "type": "error", "payload": errors}
    return orjson.dumps(shown)

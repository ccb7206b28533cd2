"""Subscriptions as Server-Sent Events, one connection for each ("distinct connections mode").

Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md and
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from gateway.live.mailbox import Message

MEDIA = "text/event-stream"
CONTENT_TYPE: str = f"{MEDIA}; charset=utf-8"

OPENING: bytes = b""
HEARTBEAT: bytes = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
"""An EventSource dispatches no event without `data`."""

AWAY: bytes = b""
"""No `complete`: clients take the end of the body for a cut, and come back."""


def message(message: Message) -> bytes:
    """One `next` event; JSON has no line ends of its own."""
    line = b"id: %b\n" % message.cursor.encode() if message.cursor else b""
    return b"%bevent: next\ndata: %b\n\n" % (line, message.payload)


def end(errors: bytes | None) -> bytes:
    """The last events; there is none for errors, so they are a last result."""
    if errors is None:
        return COMPLETE
    return b'event: next\ndata: {"errors":%b}\n\n%b' % (errors, COMPLETE)

"""Subscriptions as one multipart HTTP response, as Apollo's clients and routers ask for them.

Source: https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
and https://www.rfc-editor.org/rfc/rfc2046#section-5.1
"""

from __future__ import annotations

import orjson

from domain.errors import Unavailable
from gateway.live.mailbox import Message

MEDIA = "multipart/mixed;subscriptionspec=1.0"
CONTENT_TYPE: str = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'

# Clients read a part when they have seen the boundary behind it, so it is written with the part.
OPENING: bytes = b"\r\n--graphql"
PART = b"\r\ncontent-type: application/json\r\n\r\n%b\r\n--graphql"
CLOSING = b"--\r\n"

HEARTBEAT: bytes = PART % b"{}"


def message(message: Message) -> bytes:
    """One result; where the subscription is, its own fields say."""
    return PART % (b'{"payload":%b}' % message.payload)


def end(errors: bytes | None) -> bytes:
    """The last boundary, behind a part with the errors if there are some."""
    if errors is None:
        return CLOSING
    return PART % (b'{"payload":null,"errors":%b}' % errors) + CLOSING


AWAY: bytes = end(
    orjson.dumps(
        [
            {
                "message": "The server restarts; subscribe again.",
                "extensions": {"code": Unavailable.code},
            }
        ]
    )
)
"""The end of a body without errors would be the end of the subscription."""

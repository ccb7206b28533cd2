"""How and why we close a socket.

Source: https://www.rfc-editor.org/rfc/rfc6455#section-7.4 for the codes below 4000, and
https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md for the others.
"""

from __future__ import annotations

from domain.errors import KassaError, Unauthenticated, Unavailable

MOST_REASON_BYTES = 123
"""Source: RFC 6455, 5.5 and 5.5.1."""

UNSUPPORTED_DATA = 1003
TRY_AGAIN_LATER = 1013
BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
SUBPROTOCOL_NOT_ACCEPTABLE = 4406
INITIALISATION_TIMEOUT = 4408
SUBSCRIBER_ALREADY_EXISTS = 4409
TOO_MANY_REQUESTS = 4429


class Closed(Exception):
    """We close the socket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:MOST_REASON_BYTES].decode(errors="ignore")


def closed(why: KassaError) -> Closed:
    """How a socket is closed to somebody whom we do not let in, or do not know for now."""
    match why:
        case Unauthenticated():
            return Closed(UNAUTHORIZED, why.message)
        case Unavailable():
            return Closed(TRY_AGAIN_LATER, why.message)
        case _:
            return Closed(FORBIDDEN, why.message)

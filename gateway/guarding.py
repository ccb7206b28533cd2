"""Who is too slow, or has too many connections: a server process looks after all of its own.

uvicorn waits for ever for headers and bodies. Source of what is usual: nginx's
`client_header_timeout`, `client_body_timeout`, `large_client_header_buffers`, `limit_conn`.
"""

from __future__ import annotations

import os
import re
from asyncio import AbstractEventLoop, TimerHandle
from collections import Counter
from collections.abc import Collection, Sequence
from enum import Enum, auto
from math import inf
from time import monotonic
from typing import Protocol
from urllib.parse import unquote_to_bytes

from gateway.metrics import instruments

HEADER_SECONDS = 5.0
BODY_SECONDS = 15.0
LOOK_SECONDS = 0.5
MOST_HEADER_BYTES = 2**16
MOST_OF_ONE_ADDRESS = 128
MOST_CONNECTIONS = 10_000

MOST_BUSY = 100
"""So many requests are answered at a time in any case,"""
SOON_SECONDS = 0.25
"""and as many as will be answered so soon at the pace of late,"""
MOST_BUSY_EVER = 1_000
"""but no more than these: the next ones may be dearer."""
MORE_FOR_KNOWN = 100
"""And these on top for who is known to be at work."""

PACE_SECONDS = 0.2
FIRST_PACE = 2_000.0

MOST_KNOWN = 10_000
SHED_PATH = b"/graphql"
"""How the paths end of what may be turned away: the graph's, and those of its contracts."""

BEFORE_THE_QUERY = re.compile(rb"[^?#]*")

LOCAL = ("127.0.0.1", "::1")
FRONTS = "FORWARDED_ALLOW_IPS"
"""uvicorn's own variable: the addresses of fronts, each of which speaks for many."""

Address = tuple[str, int] | None


class Slow(Protocol):
    """A connection that can be ended."""

    def too_slow(self) -> None:
        """It took longer than it may."""
        ...


class Pace:
    """Answers a second, of late: counted while there is much to answer, and kept meanwhile."""

    def __init__(self, a_second: float = FIRST_PACE) -> None:
        self._a_second = a_second
        self._answers = 0
        self._since = -inf

    def answered(self) -> None:
        self._answers += 1

    def at(self, now: float) -> float:
        """What it is; to be asked while there is much to answer."""
        passed = now - self._since
        if passed < PACE_SECONDS:
            return self._a_second
        if passed < 2 * PACE_SECONDS:
            self._a_second = self._answers / passed
        self._since, self._answers = now, 0
        return self._a_second


class Room(Enum):
    """Whose a place is that a request takes while it is answered."""

    OF_ALL = auto()
    OF_KNOWN = auto()


class Guard:
    """Counts connections by address, and ends those that take too long to ask."""

    def __init__(self, fronts: Collection[str] | None = None, *, sheds: bool = True) -> None:
        named = os.environ.get(FRONTS, "").replace(" ", "").split(",")
        self.header_seconds = HEADER_SECONDS
        self.body_seconds = BODY_SECONDS
        self.most_of_one_address = MOST_OF_ONE_ADDRESS
        self.most = MOST_CONNECTIONS
        self.most_busy = MOST_BUSY
        self.more_for_known = MORE_FOR_KNOWN
        self.pace = Pace()
        self.busy = 0
        self.known_busy = 0
        self.shed = 0
        self._sheds = sheds
        self._known: dict[bytes, None] = {}
        self._fronts = frozenset(fronts if fronts is not None else (*LOCAL, *named))
        self._count: Counter[str] = Counter()
        self._total = 0
        self._deadlines: dict[Slow, float] = {}
        self._timer: TimerHandle | None = None

    def came(self, address: Address) -> bool:
        """Count a connection; may it stay?"""
        place = address[0] if address else ""
        self._count[place] += 1
        self._total += 1
        instruments.CONNECTIONS.set(self._total)
        is_alone = place not in self._fronts and "*" not in self._fronts
        too_many = is_alone and self._count[place] > self.most_of_one_address
        if too_many or self._total > self.most:
            instruments.SHED.labels("address" if too_many else "full").inc()
            return False
        return True

    def left(self, address: Address) -> None:
        """It is gone."""
        place = address[0] if address else ""
        self._total -= 1
        instruments.CONNECTIONS.set(self._total)
        self._count[place] -= 1
        if self._count[place] <= 0:
            del self._count[place]

    def admits(self, url: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Room | None:
        """The place for one more request, if there is one. Who is at work has some to themselves.

        What waits for the database takes little of us: many such are under way at a time and soon
        answered. Where each takes much, few are.
        """
        if self.busy < self.most_busy or not self._sheds or not _is_graphs(url):
            return Room.OF_ALL
        soon = int(self.pace.at(monotonic()) * SOON_SECONDS)
        room = max(self.most_busy, min(soon, MOST_BUSY_EVER))
        if self.busy < room:
            return Room.OF_ALL
        if self.known_busy < self.more_for_known and any(
            name == b"authorization" and value in self._known for name, value in headers
        ):
            return Room.OF_KNOWN
        self.shed += 1
        instruments.SHED.labels("busy").inc()
        return None

    def begins(self, room: Room = Room.OF_ALL) -> None:
        """One more is being answered."""
        if room is Room.OF_ALL:
            self.busy += 1
        else:
            self.known_busy += 1

    def ends(self, room: Room = Room.OF_ALL) -> None:
        """One of them is."""
        if room is Room.OF_ALL:
            self.busy -= 1
        else:
            self.known_busy -= 1
        self.pace.answered()

    def knows(self, authorization: bytes) -> None:
        """Whoever sends this is at work: a clerk at a till, or another of the staff."""
        self._known.pop(authorization, None)
        self._known[authorization] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def waits(self, connection: Slow, loop: AbstractEventLoop, seconds: float) -> None:
        """Something is expected of a connection, within so many seconds."""
        self._deadlines[connection] = loop.time() + seconds
        if self._timer is None:
            self._timer = loop.call_later(LOOK_SECONDS, self._look, loop)

    def hears(self, connection: Slow) -> None:
        """It came."""
        self._deadlines.pop(connection, None)

    def _look(self, loop: AbstractEventLoop) -> None:
        now = loop.time()
        late = [each for each, deadline in self._deadlines.items() if deadline < now]
        for each in late:
            del self._deadlines[each]
            instruments.SHED.labels("slow").inc()
            each.too_slow()
        self._timer = loop.call_later(LOOK_SECONDS, self._look, loop) if self._deadlines else None


def _is_graphs(url: bytes) -> bool:
    """Is a graph asked, however its path is written?"""
    found = BEFORE_THE_QUERY.match(url)
    return found is not None and unquote_to_bytes(found[0]).endswith(SHED_PATH)


BUSY_BODY = b'{"errors":[{"message":"Too many ask at once.","extensions":{"code":"OVERLOADED"}}]}'
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncache-control: no-store\r\n"
    b"content-type: application/json; charset=utf-8\r\ncontent-length: %d\r\n\r\n%b"
) % (len(BUSY_BODY), BUSY_BODY)
"""The connection is kept: a new one would cost more than the answer."""


def answer(status: str) -> bytes:
    """A response of one line, after which the connection is closed."""
    return f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()


TIMED_OUT = answer("408 Request Timeout")
HEADERS_TOO_LARGE = answer("431 Request Header Fields Too Large")
TOO_MANY = answer("503 Service Unavailable\r\nretry-after: 5")

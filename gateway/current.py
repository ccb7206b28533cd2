"""The request that is being answered, for whoever writes a line about it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from contextvars import ContextVar

Headers = Iterable[tuple[bytes, bytes]]

TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""Source: https://www.w3.org/TR/trace-context/#traceparent-header"""


class Current:
    """A request, or a socket. Names cost something, so they are made when somebody asks."""

    __slots__ = ("_headers", "_id", "_trace_id")

    def __init__(self, headers: Headers, trace_id: str | None = None) -> None:
        self._headers = headers
        self._id: str | None = None
        self._trace_id = trace_id

    @property
    def id(self) -> str:
        """Ours: nothing that a client sent."""
        if self._id is None:
            self._id = secrets.token_hex(8)
        return self._id

    @property
    def trace_id(self) -> str | None:
        """Of the trace that it belongs to, if whoever sent it says so, or we trace."""
        if self._trace_id is None:
            self._trace_id = _told(self._headers)
        return self._trace_id


_CURRENT: ContextVar[Current | None] = ContextVar("current", default=None)


def begin(headers: Headers, trace_id: str | None = None) -> None:
    """From here on, in this task and those that it starts."""
    _CURRENT.set(Current(headers, trace_id))


def get() -> Current | None:
    """None where nobody asked: a job, or a command."""
    return _CURRENT.get()


def _told(headers: Headers) -> str | None:
    given = [value for name, value in headers if name == b"traceparent"]
    found = TRACEPARENT.fullmatch(given[0]) if len(given) == 1 else None
    return found[1].decode() if found else None

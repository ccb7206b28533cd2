"""A span for each command to MongoDB and each question to Redis that a request causes.

A read that several requests share stands in the trace of the first.
Source: https://opentelemetry.io/docs/specs/semconv/db/database-spans/
"""

from __future__ import annotations

from time import time_ns
from typing import TypeAlias

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from domain.ports.timing import Timed

Ended: TypeAlias = CommandSucceededEvent | CommandFailedEvent


class Commands(CommandListener):
    """Listens to the MongoDB client; to what is done beside answering it does not."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._spans: dict[tuple[int, object], Span] = {}

    def started(self, event: CommandStartedEvent) -> None:
        if not trace.get_current_span().is_recording():
            return
        collection = event.command.get(event.command_name)
        name, attributes = event.command_name, {"db.system.name": "mongodb"}
        attributes["db.operation.name"] = name
        if isinstance(collection, str):
            name, attributes["db.collection.name"] = f"{name} {collection}", collection
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)
        self._spans[event.request_id, event.connection_id] = span

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self._ended(event)

    def failed(self, event: CommandFailedEvent) -> None:
        self._ended(event, StatusCode.ERROR)

    def _ended(self, event: Ended, status: StatusCode = StatusCode.UNSET) -> None:
        if span := self._spans.pop((event.request_id, event.connection_id), None):
            span.set_status(status)
            span.end()


class Questions:
    """`Timed`, of Redis; tells `others` too."""

    def __init__(self, tracer: Tracer, others: Timed) -> None:
        self._tracer = tracer
        self._others = others

    def __call__(self, asked: str, seconds: float, is_answered: bool) -> None:
        self._others(asked, seconds, is_answered)
        if not trace.get_current_span().is_recording():
            return
        began = time_ns() - int(seconds * 1e9)
        attributes = {"db.system.name": "redis", "db.operation.name": asked}
        span = self._tracer.start_span(
            asked, kind=SpanKind.CLIENT, attributes=attributes, start_time=began
        )
        if not is_answered:
            span.set_status(StatusCode.ERROR)
        span.end()

"""A span for each operation, and for each resolver that answers a level of it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.trace import Span, StatusCode, Tracer

from gateway.execution.errors import code_of
from gateway.execution.plan import Field
from gateway.execution.watching import Watch
from gateway.seeing import Seen, name


class Operations:
    """An `Observer`."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def begins(self, seen: Seen) -> None:
        span = self._tracer.start_span("operation")
        if span.is_recording():
            seen.span = span, context.attach(trace.set_span_in_context(span))
            seen.watch = seen.watch or Resolvers(self._tracer)

    def ends(self, seen: Seen) -> None:
        if seen.span:
            span, token = seen.span
            context.detach(token)
            _describe(span, seen)
            span.end()


def _describe(span: Span, seen: Seen) -> None:
    span.update_name(name(seen.operation, is_registered=seen.is_registered))
    if seen.operation:
        span.set_attribute("graphql.operation.type", seen.operation.operation.value)
    outcome = seen.outcome
    if outcome and not outcome.errors:
        return
    span.set_status(StatusCode.ERROR)
    if outcome:
        span.set_attribute("kassa.errors", len(outcome.errors))
        if not outcome.executed:
            span.set_attribute("error.type", str(code_of(outcome.errors[0])))


class Resolvers(Watch):
    """Sees a run as spans: one for each call of a resolver, for all its parents."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self._tracer = tracer

    @contextmanager
    def asking(self, field: Field, parents: int) -> Generator[None]:
        with self._tracer.start_as_current_span(
            field.label,
            attributes={"kassa.parents": parents},
            record_exception=False,  # its message may hold what a client sent
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", type(error).__qualname__)
                raise

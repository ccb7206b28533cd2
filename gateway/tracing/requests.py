"""A span for each HTTP request, in the trace that its sender names.

Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import current

PROPAGATOR = TraceContextTextMapPropagator()
QUIET = frozenset({"/livez", "/readyz"})
"""Asked by machines, every few seconds, for ever."""

UNKNOWN = "(unknown)"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
OTHER = "_OTHER"
FIRST_OF_A_FAULT = 500


class Requests:
    """ASGI middleware. A span ends when the answer begins: a stream goes on for hours."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in QUIET:
            await self._app(scope, receive, send)
            return
        span = self._begun(scope)
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                trace_id = trace.format_trace_id(span.get_span_context().trace_id)
                current.begin(scope["headers"], trace_id)
                await self._app(scope, receive, _telling(send, span, scope))
        finally:
            if span.is_recording():  # nobody was answered
                span.end()

    def _begun(self, scope: Scope) -> Span:
        method = _method(scope)
        parent = PROPAGATOR.extract(_named(scope["headers"]))
        attributes = {"http.request.method": method}
        return self._tracer.start_span(method, parent, SpanKind.SERVER, attributes)


def _named(headers: Sequence[tuple[bytes, bytes]]) -> Mapping[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


def _telling(send: Send, span: Span, scope: Scope) -> Send:
    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start" and span.is_recording():
            route, status = _route(scope), message["status"]
            span.update_name(f"{_method(scope)} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": status})
            if status >= FIRST_OF_A_FAULT:
                span.set_status(StatusCode.ERROR)
            span.end()
        await send(message)

    return telling


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else OTHER


def _route(scope: Scope) -> str:
    """The path as we wrote it: what stands in its place may be anything."""
    endpoint = scope.get("endpoint")
    routes = scope["app"].routes
    return next(
        (each.path for each in routes if getattr(each, "endpoint", None) is endpoint), UNKNOWN
    )

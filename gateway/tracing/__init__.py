"""Traces for OpenTelemetry: of each request, its resolvers, and what they ask of servers.

Imported only where they are wanted, for OpenTelemetry is an extra. A span says what kind of thing
was done, by names of ours; never a query, a variable, an id or a message of an error.
"""

from __future__ import annotations

from asyncio import to_thread
from functools import partial

from msgspec.structs import replace

from gateway.observing import Observing
from gateway.tracing.exporting import exporting
from gateway.tracing.operations import Operations
from gateway.tracing.requests import Requests
from gateway.tracing.servers import Commands, Questions

__all__ = ["traced"]


def traced(observing: Observing, url: str) -> Observing:
    """What is observed already, and traced besides; spans go to the collector at `url`."""
    provider = exporting(url)
    tracer = provider.get_tracer("kassa")

    async def close() -> None:
        await to_thread(provider.shutdown)  # it sends what it still has

    return replace(
        observing,
        operations=[*observing.operations, Operations(tracer)],
        around=[*observing.around, partial(Requests, tracer=tracer)],
        redis=Questions(tracer, observing.redis),
        listeners=[Commands(tracer)],
        close=close,
    )

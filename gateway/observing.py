"""Who looks on while a gateway works: figures, and traces; nobody, unless the settings want it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from msgspec import Struct
from starlette.types import ASGIApp

from domain.ports import Repositories, instructing
from domain.ports.asking import AskedTold, unheard
from domain.ports.timing import StepsTold, Timed, untimed, untold
from gateway.answering import Graph
from gateway.live.hub import Hub
from gateway.metrics import sampling, servers
from gateway.metrics.operations import Counting
from gateway.metrics.reads import Counted
from gateway.seeing import Observer
from gateway.settings import Settings, SettingsError
from gateway.upkeep import Job

Jobs = Mapping[str, tuple[Job, float]]
Layer = Callable[[ASGIApp], ASGIApp]

NO_TRACES = "KASSA_TRACES needs OpenTelemetry: `pip install 'kassa[traces]'`, or leave it unset."


async def _nothing() -> None:
    pass


class Observing(Struct, frozen=True, kw_only=True):
    """What each part of a gateway tells of itself, and to whom."""

    operations: Sequence[Observer] = ()
    around: Sequence[Layer] = ()
    repositories: Callable[[Repositories], Repositories] = lambda those: those
    mongodb: Timed = untimed
    redis: Timed = untimed
    channel: Callable[[str], Timed] = lambda _: untimed
    asked: AskedTold = unheard
    stock: StepsTold = untold
    instructions: instructing.Counted = instructing.uncounted
    listeners: Sequence[Any] = ()  # of the MongoDB client
    jobs: Callable[[Sequence[Graph], Hub | None], Jobs] = lambda _, __: {}
    close: Callable[[], Awaitable[None]] = _nothing


NOBODY = Observing()


def observing(settings: Settings) -> Observing:
    """As the settings want it."""
    seen = _figures() if settings.metrics else NOBODY
    if settings.traces is None:
        return seen
    from gateway import tracing  # here, for it needs an extra

    return tracing.traced(seen, settings.traces)


def check(settings: Settings) -> None:
    """Is there what the settings want?

    Raises:
        SettingsError: OpenTelemetry is not installed.
    """
    if settings.traces and not _has_opentelemetry():
        raise SettingsError(NO_TRACES)


def _has_opentelemetry() -> bool:
    try:
        import_module("gateway.tracing")
    except ImportError:
        return False
    return True


def _figures() -> Observing:
    counting = Counting()
    return Observing(
        operations=[counting],
        repositories=Counted,
        mongodb=servers.mongodb,
        redis=servers.redis,
        channel=servers.channel,
        asked=servers.asked,
        stock=servers.stock,
        instructions=servers.instructions,
        jobs=partial(sampling.jobs, counting),
    )

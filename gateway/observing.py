"""Who looks on while a gateway works: figures, and traces; nobody, unless the settings want it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from starlette.middleware import Middleware

from domain.ports import Repositories
from domain.ports.timing import StepsTold, Timed, untimed, untold
from gateway.answering import Graph
from gateway.live.hub import Hub
from gateway.metrics import sampling, servers
from gateway.metrics.operations import Counting
from gateway.metrics.reads import Counted
from gateway.seeing import Observer
from gateway.settings import Settings
from gateway.upkeep import Job

Jobs = Mapping[str, tuple[Job, float]]


class Observing(Struct, frozen=True, kw_only=True):
    """What each part of a gateway tells of itself, and to whom."""

    operations: Sequence[Observer] = ()
    around: Sequence[Middleware] = ()
    repositories: Callable[[Repositories], Repositories] = lambda those: those
    mongodb: Timed = untimed
    redis: Timed = untimed
    stock: StepsTold = untold
    jobs: Callable[[Sequence[Graph], Hub | None], Jobs] = lambda _, __: {}


NOBODY = Observing()


def observing(settings: Settings) -> Observing:
    """As the settings want it."""
    if settings.metrics is None:
        return NOBODY
    return Observing(
        operations=[Counting()],
        repositories=Counted,
        mongodb=servers.mongodb,
        redis=servers.redis,
        stock=servers.stock,
        jobs=sampling.jobs,
    )

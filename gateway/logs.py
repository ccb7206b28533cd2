"""Logs: one line an event, for people or as JSON. Never a query, nor a value of one."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence

import structlog

log = structlog.stdlib.get_logger("kassa")


def configure(*, for_people: bool) -> None:
    """Send everything, our own and the libraries', through one formatter to standard error."""
    shared = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the others show local variables
        )
        if for_people
        else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                last,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("kassa").setLevel(logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def audit(event: str, facts: Mapping[str, object]) -> None:
    """Keep that somebody looked; who was found stays out of it."""
    log.info(event, **facts)


def broken(invariant: str, says: str, times: int, ids: Sequence[str]) -> None:
    """Keep that something is not as it must always be, and the ids of what."""
    log.error("invariant broken", invariant=invariant, says=says, broken=times, ids=list(ids))


def too_dear(code: str, facts: Mapping[str, object]) -> None:
    """Say what would have been refused, were budgets not only measured."""
    log.warning("over budget", code=code, **facts)


def report(error: Exception, error_id: str) -> None:
    """Keep the cause of an error that a client saw masked."""
    log.error("masked error", error_id=error_id, exc_info=error)

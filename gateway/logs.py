"""Logs: one line an event, for people or as JSON. Never a query, nor a value of one."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, Sequence

import structlog
from structlog.typing import EventDict, ExcInfo

from domain import cards
from gateway import current
from gateway.metrics import instruments

MOST_CAUSES = 5

log = structlog.stdlib.get_logger("kassa")


def configure(*, for_people: bool) -> None:
    """Send everything, our own and the libraries', through one formatter to standard error."""
    shared = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _asked,
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
                structlog.processors.ExceptionRenderer(_traced),
                last,
                _scrubbed,
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


def _asked(_: object, __: str, line: EventDict) -> EventDict:
    """Which request a line is about, and which trace that belongs to; a job's is about none."""
    if asked := current.get():
        line["request"] = asked.id
        if asked.trace_id:
            line["trace_id"] = asked.trace_id
    return line


SECRETS = re.compile(
    r"(?i)\b(?:bearer|basic)\s+\S+|\bdev\.[a-z]+(?:\.\w+)?|[\w.+-]+@[\w-]+\.[\w.-]+|(?<=://)[^/\s@]+@"
)
"""Tokens, e-mail addresses, and the user and password of a URL."""

MASK = "[masked]"


def _scrubbed(_: object, __: str, line: object) -> str:
    """The second net: nobody should have written it in the first place."""
    return SECRETS.sub(MASK, cards.masked(str(line)))


def _traced(exc_info: ExcInfo) -> str:
    """Where an exception came from, and of which kinds it and its causes are.

    Its message stays out: a driver's may hold what a client sent.
    """
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None and len(parts) < MOST_CAUSES:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return "\ncaused by\n".join(parts)


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
    instruments.MASKED_ERRORS.inc()
    log.error("masked error", error_id=error_id, exc_info=error)

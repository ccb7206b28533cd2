"""Nobody waits for ever: what is not over in time goes on, and who asked is told so."""

from __future__ import annotations

import logging
from asyncio import Task, create_task, wait
from collections.abc import Coroutine
from typing import Any, TypeVar

from domain.errors import KassaError

logger = logging.getLogger("kassa.commands")

T = TypeVar("T")

_under_way = set[Task[Any]]()
"""The event loop itself does not hold them."""


class NotYet(Exception):
    """It is not over, and goes on."""


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What comes of some work; even who no longer waits for it does not stop it.

    Raises:
        NotYet: it takes longer.
    """
    task = create_task(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    try:
        await wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.add_done_callback(_unheard)
    if not task.done():
        raise NotYet
    return task.result()


def _unheard(task: Task[Any]) -> None:
    """Who asked is gone; a mistake of ours must not go unseen."""
    error = None if task.cancelled() else task.exception()
    if error and not isinstance(error, KassaError):
        logger.error("What went on without its sender broke", exc_info=error)

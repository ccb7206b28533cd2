"""Providers are told to do something, or asked what came of it; the answer is theirs, or Unknown.

It is always sent under the same key. What was never received is sent again while that makes sense.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar

from domain.channels import deadlines, instructing
from domain.channels.abilities import Repeats, Writing
from domain.channels.answers import Instruction, Missing, Rejected, Unknown, Written
from domain.channels.instructing import Instructed
from domain.ids import OperationId
from domain.ports.channels import Line, Operates

logger = logging.getLogger("kassa.instructions")

T = TypeVar("T")

CALL_SECONDS = 8.0
"""So long may a provider take: less than the claim of who waits for it."""

OURS = "Kassa itself failed at it; its log says how."
CANNOT = "It is not a provider that can be told to do something."
NOT_TWICE = "It was not received; sent again, it might be done twice."
TOO_LATE = "The provider never received it, and it is too late to send it again."


async def first(line: Line, kept: Instructed) -> Written:
    """Send what nobody can have sent before."""
    with deadlines.within(CALL_SECONDS):
        return await _sent(line, kept)


async def again(line: Line, kept: Instructed, now: datetime) -> Written:
    """What came of something that may have been sent, or was never."""
    with deadlines.within(CALL_SECONDS):
        found = await _observed(line, kept)
        if not isinstance(found, Missing):
            return found
        if instructing.is_stale(kept, now):
            return Rejected("not_received", TOO_LATE)
        if line.adapter.capabilities.repeats is not Repeats.RECOGNISED:
            return Unknown(NOT_TWICE)
        return await _sent(line, kept)


async def _sent(line: Line, kept: Instructed) -> Written:
    adapter = line.adapter
    if not isinstance(adapter, Operates):
        return Unknown(CANNOT)
    doing: Mapping[Writing, Callable[[Instruction], Awaitable[Written]]] = {
        Writing.CAPTURE: adapter.capture,
        Writing.CANCEL: adapter.cancel,
        Writing.REFUND: adapter.refund,
    }
    return await said(kept.id, doing[kept.kind](kept.told))


async def _observed(line: Line, kept: Instructed) -> Written | Missing:
    adapter = line.adapter
    if not isinstance(adapter, Operates):
        return Unknown(CANNOT)
    return await said(kept.id, adapter.observe(kept.kind, kept.told))


async def said(id: OperationId, answer: Awaitable[T]) -> T | Unknown:
    """An adapter's answer. Where it breaks, nobody knows what came of it."""
    try:
        return await answer
    except Exception:
        logger.exception("instruction %s broke its adapter", id)
        return Unknown(OURS)

"""Reconciliation: what a channel lists as changed becomes part of the books, webhook or none.

A reading goes page by page, and how far it got is kept, so that another gateway goes on where one
died. Each page is applied before the next is asked for; a page that is read twice changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from commands.channels import news
from commands.channels.news import NotUnderstood, Receiving, Unread
from commands.channels.payments import Awaited
from domain.channels.abilities import Thing
from domain.channels.inbound import News
from domain.channels.marks import FIRST_LOOK, OVERLAP, Mark
from domain.incidents import IncidentKind
from domain.ports.channels import CallFailed, Line
from domain.ports.receiving import Marks
from domain.refusals import Refusal, Refused
from domain.values import whole_milliseconds

logger = logging.getLogger("kassa.channels")

Told = Callable[[int], None]


async def turn(receiving: Receiving, marks: Marks, line: Line, thing: Thing) -> int:
    """Read a page, if one is due; gives 0 when there is none to read for now."""
    now = whole_milliseconds(await receiving.stores.now())
    key = f"{line.name}:{thing}"
    known = await marks.find(key)
    mark = known or Mark(id=key, since=now - FIRST_LOOK, due=now)
    if now < mark.due:
        return 0
    rest = timedelta(seconds=line.poll_seconds)
    try:
        read = await _page(receiving, line, thing, replace(mark, begun_at=mark.begun_at or now))
    except CallFailed as error:
        logger.warning("%s cannot be read: %s", key, error.why)
        after = max(rest, timedelta(seconds=error.retry_after or 0))
        await marks.save(replace(mark, due=now + after))
        return 0
    await marks.save(read if read.page else _ended(read, now + rest))
    return 1 if read.page else 0


async def backfill(
    receiving: Receiving, marks: Marks, line: Line, thing: Thing, since: datetime, told: Told
) -> int:
    """Read all that changed since a time; one that was cut off goes on where it was.

    Gives how many news there were.

    Raises:
        CallFailed: the channel cannot be read now. How far it got is kept.
    """
    key = f"backfill:{line.name}:{thing}:{since.isoformat()}"
    now = whole_milliseconds(await receiving.stores.now())
    mark = await marks.find(key) or Mark(id=key, since=since, due=now, begun_at=now)
    while True:
        before = mark.count
        mark = await _page(receiving, line, thing, mark)
        told(mark.count - before)
        if mark.page is None:
            await marks.remove(key)
            return mark.count
        await marks.save(mark)


def _ended(mark: Mark, due: datetime) -> Mark:
    """The next reading begins a little before this one did."""
    since = max(mark.since, (mark.begun_at or mark.since) - OVERLAP)
    return replace(mark, since=since, due=due, begun_at=None, page=None, count=0)


async def _page(receiving: Receiving, line: Line, thing: Thing, mark: Mark) -> Mark:
    changes = await line.adapter.changes(thing, mark.since, mark.page)
    for each in changes.news:
        await _applied(receiving, line, thing, each)
    return replace(mark, page=changes.next, count=mark.count + len(changes.news))


async def _applied(receiving: Receiving, line: Line, thing: Thing, each: News) -> None:
    """What cannot be applied keeps nothing else waiting, but somebody is told."""
    try:
        await news.apply(receiving, line, f"{line.name}:listed", [each])
    except NotUnderstood:
        return  # of which somebody was told
    except (Refusal, Refused) as error:
        why = error.message
    except (Awaited, Unread) as error:
        why = str(error)
    else:
        return
    about = f"listed {thing} changes"
    await receiving.alarm.open(IncidentKind.NOT_APPLIED, line.account, about, why)

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
from domain.channels import inbox
from domain.channels.abilities import Thing
from domain.channels.answers import Trouble
from domain.channels.inbound import News
from domain.channels.marks import FIRST_LOOK, OVERLAP, Mark, mark_id
from domain.incidents import IncidentKind
from domain.ports.channels import CallFailed, Line
from domain.ports.receiving import Marks
from domain.refusals import Refusal, Refused
from domain.values import whole_milliseconds

logger = logging.getLogger("kassa.channels")

Told = Callable[[int], None]


async def turn(receiving: Receiving, marks: Marks, line: Line, thing: Thing) -> timedelta:
    """Read a page, if one is due; gives how long there is nothing to read now."""
    now = whole_milliseconds(await receiving.stores.now())
    key = mark_id(line.name, thing)
    mark = await marks.find(key) or Mark(id=key, since=now - FIRST_LOOK, due=now)
    if now < mark.due:
        return mark.due - now
    mark = replace(mark, line=line.name, thing=thing, begun_at=mark.begun_at or now)
    rest = timedelta(seconds=line.poll_seconds)
    try:
        read = await _page(receiving, line, thing, mark)
    except CallFailed as error:
        logger.warning("%s cannot be read: %s", key, error.why)
        rest = max(rest, timedelta(seconds=error.retry_after or 0))
        await marks.save(replace(_failed(mark, error), due=now + rest))
        return rest
    await marks.save(read if read.page else _ended(read, now, rest))
    return timedelta() if read.page else rest


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
    begun = Mark(id=key, line=line.name, thing=thing, since=since, due=now, begun_at=now)
    mark = await marks.find(key) or begun
    while True:
        before = mark.count
        try:
            mark = await _page(receiving, line, thing, mark)
        except CallFailed as error:
            await marks.save(_failed(mark, error))
            raise
        told(mark.count - before)
        if mark.page is None:
            await marks.remove(key)
            return mark.count
        await marks.save(mark)


def _ended(mark: Mark, now: datetime, rest: timedelta) -> Mark:
    """The next reading begins a little before this one did."""
    since = max(mark.since, (mark.begun_at or mark.since) - OVERLAP)
    due = now + rest
    return replace(mark, since=since, due=due, begun_at=None, page=None, count=0, read_at=now)


def _failed(mark: Mark, error: CallFailed) -> Mark:
    """It goes on at the same page; a page that is not there any more is where to begin anew."""
    is_gone = error.trouble is Trouble.BAD_DATA
    return replace(mark, page=None if is_gone else mark.page, failed=error.why)


async def _page(receiving: Receiving, line: Line, thing: Thing, mark: Mark) -> Mark:
    changes = await line.adapter.changes(thing, mark.since, mark.page)
    for each in changes.news:
        await _applied(receiving, line, mark, each)
    count = mark.count + len(changes.news)
    return replace(mark, page=changes.next, count=count, failed=None)


async def _applied(receiving: Receiving, line: Line, mark: Mark, each: News) -> None:
    """What cannot be applied keeps nothing else waiting, and somebody is told.

    What must wait goes where deliveries wait, and is tried again as they are.
    """
    try:
        await news.apply(receiving, line, f"{line.name}:listed", [each])
    except NotUnderstood:
        return  # of which somebody was told
    except (Awaited, Unread):
        now = whole_milliseconds(await receiving.stores.now())
        await receiving.inbox.keep(inbox.listed(line.name, mark.begun_at or now, each, now))
    except (Refusal, Refused) as error:
        about = f"listed {mark.thing} changes"
        await receiving.alarm.open(IncidentKind.NOT_APPLIED, line.account, about, error.message)

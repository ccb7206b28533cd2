"""Workers: what is in the inbox is applied, each delivery for itself.

Whatever comes of one delivery keeps no other waiting. A worker that dies loses its lease; what it
did is done again, which changes nothing.
"""

from __future__ import annotations

import logging
from asyncio import gather
from collections.abc import Mapping, Sequence

from commands.channels import news
from commands.channels.entries import Elsewhere
from commands.channels.news import NotUnderstood, Receiving, Unread
from commands.channels.payments import Awaited
from domain.channels import deadlines, inbox
from domain.channels.inbound import News, Unreadable
from domain.channels.inbox import MOST_ATTEMPTS, PATIENCE, Kept, pause
from domain.errors import Unavailable
from domain.incidents import IncidentKind
from domain.ports.channels import Line
from domain.refusals import Refusal, Refused

logger = logging.getLogger("kassa.channels")

CALLS_SECONDS = 10.0
"""So long may all calls take that are made for one delivery: less than its lease."""

FORGOTTEN = "Its body was forgotten before it could be applied."
KILLED = "Those who tried to apply it ended without a word."
OURS = "Kassa itself failed at it; its log says how."


async def work(receiving: Receiving, lines: Mapping[str, Line], most: int) -> int:
    """Apply some of what is due; gives how many deliveries that were."""
    taken = await receiving.inbox.take(list(lines), most)
    done = await gather(*(_settled(receiving, lines[each.endpoint], each) for each in taken))
    if applied := [each for each in done if each]:
        await receiving.inbox.applied(applied)
    return len(taken)


async def _settled(receiving: Receiving, line: Line, kept: Kept) -> str | None:
    """The id of a delivery that is applied; without a database, its lease ends by itself."""
    try:
        return await _judged(receiving, line, kept)
    except Unavailable as error:
        logger.warning("delivery %s waits: %s", kept.id, error.message)
        return None


async def _judged(receiving: Receiving, line: Line, kept: Kept) -> str | None:
    """The id of a delivery that is applied; of all others it is written down what comes next."""
    try:
        return await _applied(receiving, line, kept)
    except Unavailable:
        raise
    except (Unread, Awaited) as error:
        await _again(receiving, line, kept, error)
    except NotUnderstood as error:  # of which somebody was told
        await receiving.inbox.park(kept.id, str(error))
    except Unreadable as error:
        await _park(receiving, line, kept, "unreadable", str(error))
    except (Refusal, Refused) as error:
        await _park(receiving, line, kept, "refused", error.message)
    except Exception:
        logger.exception("delivery %s cannot be applied", kept.id)
        await _again(receiving, line, kept, RuntimeError(OURS))
    return None


async def _applied(receiving: Receiving, line: Line, kept: Kept) -> str:
    found = _news(line, kept)
    if kept.attempts > 2 * MOST_ATTEMPTS and kept.why is None:
        raise Unreadable(KILLED)
    with deadlines.within(CALLS_SECONDS):
        await news.apply(receiving, line, kept.id, found)
    return kept.id


def _news(line: Line, kept: Kept) -> Sequence[News]:
    """What it says.

    Raises:
        Unreadable: nothing that could be understood, or nothing any more.
    """
    delivery = kept.delivery
    if delivery is None:
        raise Unreadable(FORGOTTEN)
    return [inbox.unpacked(delivery.body)] if kept.listed else line.adapter.parse(delivery)


async def _again(receiving: Receiving, line: Line, kept: Kept, error: Exception) -> None:
    """Try it later: for days, if it is about what others must tell; all else a few times."""
    now = await receiving.stores.now()
    hopeless = (
        now - kept.received_at > PATIENCE
        if isinstance(error, (Unread, Elsewhere))
        else kept.attempts >= MOST_ATTEMPTS
    )
    if hopeless:
        await _park(receiving, line, kept, "tried in vain", str(error))
        return
    await receiving.inbox.later(kept.id, pause(kept.attempts), str(error))


async def _park(receiving: Receiving, line: Line, kept: Kept, sort: str, why: str) -> None:
    """Put it aside, and tell somebody; the telling first, so that nothing is put aside unseen.

    One incident of a sort is enough: `kassa inbox list` shows all deliveries that it is about.
    """
    detail = (
        f"{why} The delivery {kept.key} is parked, and others may be: `kassa inbox list --state "
        "PARKED` shows them, `kassa inbox replay` has them tried anew."
    )
    await receiving.alarm.open(IncidentKind.NOT_APPLIED, line.account, sort, detail)
    await receiving.inbox.park(kept.id, why)

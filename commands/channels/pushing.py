"""Shops are told what they may sell: each target for itself, the newest number, until it is there.

The journal says which levels changed. Each is noted for each place that shows it, and only then is
it written down how far the journal was read: a change may be looked at twice, and is never lost.
What a shop is told is the number of the moment in which it is told.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from commands.channels.incidents import Alarm
from domain.channels import deadlines, pushing
from domain.channels.abilities import Thing
from domain.channels.answers import Missing, ReadError, Rejected, Unknown
from domain.channels.marks import mark_id
from domain.channels.pushing import (
    MOST_ATTEMPTS,
    REFUSED_PAUSE,
    Decision,
    Push,
    Rest,
    Send,
    Sent,
    Shown,
    Stale,
    StockSeen,
    StockWritten,
    Wait,
)
from domain.ids import Kind, LocationId, StockLevelId
from domain.incidents import IncidentKind
from domain.operations import Channel
from domain.ownership import DEFAULTS, Owners
from domain.ports.channels import Line, SetsStock
from domain.ports.following import Following
from domain.ports.pushing import Level, Levels, Pushes
from domain.ports.receiving import Marks
from domain.stock import StockLevel

logger = logging.getLogger("kassa.channels")

MOST_ENTRIES = 500
MOST_LISTED = 1_000
CALLS_SECONDS = 25.0
"""So long may all calls take that are made for one batch: less than its lease."""

NO_ATTEMPT = timedelta(0)
NEVER = datetime.min.replace(tzinfo=UTC)
Levelled = Mapping[Level, StockLevel]


class Telling(Struct, frozen=True):
    """Where it is kept what shops show, what of, and who is told when they cannot be told."""

    pushes: Pushes
    levels: Levels
    marks: Marks
    following: Following
    alarm: Alarm
    owners: Owners = DEFAULTS


async def follow(parts: Telling, line: Line) -> int:
    """Note what changed since the journal was read for this target; gives how much there was."""
    places = await _places(parts, line)
    target = _target(line, places)
    seen = await parts.pushes.cursor(target)
    if seen is None:
        return await _begin(parts, line, target, places)
    entries = await parts.following.entries(seen, most=MOST_ENTRIES)
    if not entries:
        return 0
    changed = {each.aggregate for each in entries if each.aggregate.startswith(Kind.STOCK_LEVEL)}
    if changed:
        levels = await parts.levels.numbered([StockLevelId(each) for each in changed])
        await parts.pushes.mark(line.name, places, levels)
    await parts.pushes.reach(target, entries[-1].n)
    return len(entries)


async def _begin(parts: Telling, line: Line, target: str, places: Mapping[str, LocationId]) -> int:
    """A target that is new, or has new places: it is told of everything that is there."""
    last, after, count = await parts.following.last(), None, 0
    while True:
        some, after = await parts.levels.listed(set(places.values()), after, MOST_LISTED)
        await parts.pushes.mark(line.name, places, some)
        count += len(some)
        if after is None:
            break
    await parts.pushes.reach(target, last)
    return count + 1


def _target(line: Line, places: Mapping[str, LocationId]) -> str:
    digest = sha256(repr(sorted(places.items())).encode()).hexdigest()[:16]
    return f"{line.name}:{digest}"


async def _places(parts: Telling, line: Line) -> Mapping[str, LocationId]:
    """Our locations, by the channel's names of them."""
    codes = line.account.locations
    found = await parts.levels.places(set(codes.values()))
    return {place: found[code] for place, code in codes.items() if code in found}


async def push(parts: Telling, line: Line, most: int) -> Counter[str]:
    """Tell a shop some of what is due; gives what came of it."""
    rows = await parts.pushes.take(line.name, most)
    if not rows:
        return Counter()
    with deadlines.within(CALLS_SECONDS):
        return await _pushed(parts, line, _setter(line), rows)


def _setter(line: Line) -> SetsStock:
    if not isinstance(line.adapter, SetsStock):
        raise TypeError(f"{line.name} cannot be told of stock")
    return line.adapter


async def _pushed(
    parts: Telling, line: Line, setter: SetsStock, rows: Sequence[Push]
) -> Counter[str]:
    unsure = [row for row in rows if row.is_unsure]
    answers = await setter.stock([(row.sku, row.place) for row in unsure]) if unsure else ()
    seen = dict(zip((row.id for row in unsure), answers, strict=True))
    # Asking may have taken a while: ours is read after it.
    levels = await parts.levels.many([(row.sku, row.location_id) for row in rows])
    channel = await parts.levels.channel(line.account.channel_id)
    read_at = await _read_at(parts, line, rows)
    decisions = [(row, _decided(parts, line, row, levels, channel, seen, read_at)) for row in rows]
    for row, decision in decisions:
        if isinstance(decision, Rest | Send) and decision.drift is not None:
            await _drifts(parts, line, row, decision.drift)
        if isinstance(decision, Rest) and decision.agrees and row.is_adrift:
            await parts.alarm.agreed(line.account, _about(row))
    await parts.pushes.rest([(row, each) for row, each in decisions if isinstance(each, Rest)])
    outcomes = Counter(_silently(each) for _, each in decisions if not isinstance(each, Send))
    for row, decision in decisions:
        if isinstance(decision, Wait):
            await _waits(parts, row, decision.error)
    sends = [(row, each) for row, each in decisions if isinstance(each, Send)]
    return outcomes + await _sent(parts, line, setter, sends)


async def _read_at(parts: Telling, line: Line, rows: Sequence[Push]) -> datetime | None:
    """When the shop's orders were read last, which may explain what it shows."""
    is_asked = any(row.strange_since for row in rows)
    if not is_asked or Thing.ORDER not in line.adapter.capabilities.windows:
        return None
    mark = await parts.marks.find(mark_id(line.name, Thing.ORDER))
    return mark.read_at if mark and mark.read_at else NEVER


def _silently(decision: Rest | Wait) -> str:
    """What to call it where nothing was sent."""
    if isinstance(decision, Wait):
        return OUTCOMES[Unknown]
    return OUTCOMES[Missing] if decision.why == pushing.NOT_SOLD else SAME


def _decided(
    parts: Telling,
    line: Line,
    row: Push,
    levels: Levelled,
    channel: Channel | None,
    seen: Mapping[str, StockSeen],
    read_at: datetime | None,
) -> Decision:
    level = levels.get((row.sku, row.location_id))
    if level is None:
        return Rest(row.shown, row.told, row.version, why=pushing.NOT_SOLD, gone=row.gone)
    if parts.owners.of("stock", "on_hand").owns(line.name, level.authority.system):
        return Rest(row.shown, row.told, level.version, why=pushing.ELSEWHERE, gone=row.gone)
    ours = pushing.wanted(level, channel, line.name, read_at)
    policy = parts.owners.of("stock", "sellable").conflict
    return pushing.decided(row, ours, seen.get(row.id), policy)


async def _sent(
    parts: Telling, line: Line, setter: SetsStock, sends: Sequence[tuple[Push, Send]]
) -> Counter[str]:
    """Written down before it is sent: who comes after us finds out what became of it."""
    if not sends:
        return Counter()
    orders = [pushing.order(row, send) for row, send in sends]
    await parts.pushes.sending(
        [
            (row, Sent(order.quantity, order.expected, send.version, order.key), send.gone)
            for (row, send), order in zip(sends, orders, strict=True)
        ]
    )
    answers = await setter.set_stock(orders)
    outcomes = Counter[str]()
    done: list[tuple[Push, Rest]] = []
    for (row, send), answer in zip(sends, answers, strict=True):
        outcomes[OUTCOMES[type(answer)]] += 1
        if rest := _rested(send, answer):
            done.append((row, rest))
        else:
            await _failed(parts, line, row, answer)
    await parts.pushes.rest(done)
    return outcomes


def _rested(send: Send, answer: StockWritten) -> Rest | None:
    match answer:
        case Shown(quantity):
            return Rest(quantity, send.quantity, send.version, gone=send.gone)
        case Missing():
            return Rest(None, None, send.version, why=pushing.NOT_SOLD)
        case _:
            return None


async def _failed(parts: Telling, line: Line, row: Push, answer: StockWritten) -> None:
    match answer:
        case Stale(why):
            after = NO_ATTEMPT if row.attempts < MOST_ATTEMPTS else pushing.pause(row.attempts)
            await parts.pushes.again(row, after, why, is_settled=True)
        case Unknown(why):
            await parts.pushes.again(row, pushing.pause(row.attempts), why, is_settled=False)
        case Rejected(code, why):
            if row.attempts >= MOST_ATTEMPTS:
                about = f"stock told to it: {code}"
                detail = f"{why} It was told of {row.sku!r} at {row.place!r}, and of others maybe."
                await parts.alarm.open(IncidentKind.NOT_APPLIED, line.account, about, detail)
            hopeless = row.attempts >= MOST_ATTEMPTS
            after = REFUSED_PAUSE if hopeless else pushing.pause(row.attempts)
            await parts.pushes.again(row, after, why, is_settled=True)
        case _:
            return


async def _waits(parts: Telling, row: Push, error: ReadError) -> None:
    after = max(pushing.pause(row.attempts), timedelta(seconds=error.retry_after or 0))
    await parts.pushes.again(row, after, error.why, is_settled=False)


async def _drifts(parts: Telling, line: Line, row: Push, observed: int) -> None:
    canonical = str(row.shown if row.told is None else row.told)
    await parts.alarm.drift(line.account, _about(row), "sellable", canonical, str(observed))


def _about(row: Push) -> str:
    return f"stock of {row.sku} at {row.place}"


SAME = "same"
OUTCOMES: Mapping[type[StockWritten], str] = {
    Shown: "shown",
    Stale: "stale",
    Missing: "unsold",
    Rejected: "refused",
    Unknown: "silent",
}

"""Subscribers who ask the same as the same: each event is executed and written once for all."""

from __future__ import annotations

import logging
from asyncio import Task, create_task, shield, sleep
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, TypeVar

from msgspec import Struct

from domain.errors import Unavailable
from domain.live import Event, EventKind
from gateway.execution.errors import INTERNAL_SERVER_ERROR
from gateway.live.feeds import Feed, Sources
from gateway.live.feeds.feed import Folding, Head
from gateway.live.levels import Change
from gateway.live.mailbox import Message
from gateway.live.members import Member
from gateway.metrics import instruments

T = TypeVar("T")

Answer = Callable[[Event], Awaitable[bytes]]
"""Executes a subscription over an event; gives the result as JSON."""

TOO_SLOW = "TOO_SLOW"
SLOW = "Events came faster than they were read. Come back with the cursor."
BROKE = "An event could not be told. Come back with the cursor."
PAUSE_SECONDS = 0.25

logger = logging.getLogger("kassa.live")


class Beat(Struct, frozen=True):
    """Nothing happened for a while, up to this place of the journal."""

    at: int


class Fold(Struct, frozen=True):
    """A member that missed changes has room again."""

    member: Member


class Group:
    """One feed, and who listens to it. What happens waits in a queue, and is told in order."""

    def __init__(self, feed: Feed, sources: Sources, answer: Answer) -> None:
        self.feed = feed
        self.members: dict[Member, None] = {}
        self.told_at = monotonic()
        self._sources = sources
        self._answer = answer
        self._queue = deque[Change | Beat | Fold]()
        self._at = 0
        self._shown: tuple[tuple[int, datetime], Task[Sequence[Message]]] | None = None
        self._worker: Task[None] | None = None

    def offer(self, item: Change | Beat | Fold) -> None:
        """Tell it when everything before it is told."""
        self.told_at = monotonic()
        self._shown = None
        self._queue.append(item)
        if self._worker is None:
            self._worker = create_task(self._work())

    def leave(self, member: Member) -> None:
        """Nobody reads what it would be told."""
        self.members.pop(member, None)
        member.leave()

    def close(self) -> Sequence[Task[Any]]:
        """Stop; gives what has still to end."""
        coming = [member.coming for member in self.members]
        shown = self._shown[1] if self._shown else None
        tasks = [task for task in (*coming, shown, self._worker) if task and not task.done()]
        for task in tasks:
            task.cancel()
        return tasks

    async def come_in(self, member: Member, at: int, now: datetime) -> None:
        """Let a member in where the journal has come to.

        It is told how things are, or with a cursor what it has missed; then whatever the others
        are told.

        Raises:
            Unavailable: what it is to be told cannot be read now; nothing was told.
        """
        if member.after is None:
            self._begin(member, at, [], await self._snapshot(at, now))
            return
        missed = await self.feed.missed(member.after, at)
        self._begin(member, at, missed or [self._bare(EventKind.HEARTBEAT, at, now)])

    async def come_back_too_late(self, member: Member, at: int, now: datetime) -> None:
        """The same, for who missed more than can be told."""
        instruments.GAPS.inc()
        gap = [self._bare(EventKind.GAP, at, now)]
        self._begin(member, at, gap, await self._snapshot(at, now))

    def refuse(self, member: Member) -> None:
        """Something is broken; it may try again."""
        logger.exception("an event could not be told")
        member.turn_away(INTERNAL_SERVER_ERROR, BROKE)
        self.leave(member)

    async def _snapshot(self, at: int, now: datetime) -> Task[Sequence[Message]]:
        """How things are: read and written once for all who come in at this moment."""
        if self._shown is None or self._shown[0] != (at, now):
            events = await self.feed.snapshot(at, now)
            self._shown = (at, now), create_task(self._written(events))
        return self._shown[1]

    async def _written(self, events: Sequence[Event]) -> Sequence[Message]:
        return [await self._message(event) for event in events]

    def _begin(
        self,
        member: Member,
        at: int,
        start: Sequence[Event | Change],
        shown: Task[Sequence[Message]] | None = None,
    ) -> None:
        member.begin(at)
        member.coming = create_task(self._come_in(member, start, shown))

    async def _come_in(
        self,
        member: Member,
        start: Sequence[Event | Change],
        shown: Task[Sequence[Message]] | None,
    ) -> None:
        try:
            for each in start:
                event = await self._told(each) if isinstance(each, Change) else each
                if event is not None:
                    await member.told(await self._message(event))
            for message in await shield(shown) if shown else ():
                await member.told(message)
        except Exception:
            self.refuse(member)
            return
        for change, message in member.let_in():
            self._hand(member, change, message)

    async def _work(self) -> None:
        while self._queue:
            item = self._queue.popleft()
            try:
                await self._tell(item)
            except Exception:
                for member in list(self.members):
                    self.refuse(member)
        self._worker = None

    async def _tell(self, item: Change | Beat | Fold) -> None:
        match item:
            case Beat(at):
                await self._beat(at)
            case Fold(member):
                await self._fold(member)
            case _:
                await self._change(item)

    async def _change(self, change: Change) -> None:
        self._at = change.entry.n
        event = await self._told(change)
        if event is None:
            return
        message = await self._message(event)
        for member in list(self.members):
            self._hand(member, change, message)

    def _hand(self, member: Member, change: Change, message: Message) -> None:
        if member.holds_back(change, message):
            if member.waits_too_long:
                self._turn_away(member)
        elif member.missed is not None:
            member.miss(change)
        elif not member.tell(message):
            self._overflow(member, change)

    def _overflow(self, member: Member, change: Change) -> None:
        if isinstance(self.feed, Folding):
            member.miss(change)
            member.mailbox.call_when_empty(lambda: self.offer(Fold(member)))
        else:
            self._turn_away(member)

    async def _fold(self, member: Member) -> None:
        missed, member.missed = member.missed, None
        if missed is None or member.is_gone or not isinstance(self.feed, Folding):
            return
        cursor = self._sources.cursors.at(self._at)
        head = Head(EventKind.CHANGE, cursor, datetime.now(UTC))
        instruments.CONFLATIONS.inc()
        feed, latest, count = self.feed, missed.latest, missed.count
        event = await _surely(lambda: feed.folded(latest, count, head))
        await member.told(await self._message(event))

    async def _beat(self, at: int) -> None:
        message = await self._message(self._bare(EventKind.HEARTBEAT, at, datetime.now(UTC)))
        for member in list(self.members):
            if member.is_in:
                member.tell(message)

    async def _told(self, change: Change) -> Event | None:
        return await _surely(lambda: self.feed.told(change))

    async def _message(self, event: Event) -> Message:
        return Message(await self._answer(event), event.cursor)

    def _bare(self, kind: EventKind, at: int, now: datetime) -> Event:
        return self.feed.bare(Head(kind, self._sources.cursors.at(at), now))

    def _turn_away(self, member: Member) -> None:
        instruments.TURNED_AWAY.inc()
        member.turn_away(TOO_SLOW, SLOW)
        self.leave(member)


async def _surely(read: Callable[[], Awaitable[T]]) -> T:
    """What is read, however long it takes: nothing is left out because the database is away."""
    while True:
        try:
            return await read()
        except Unavailable as error:
            logger.warning("told later: %s", error.message)
            await sleep(PAUSE_SECONDS)

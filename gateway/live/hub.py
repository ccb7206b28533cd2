"""Subscriptions of one process: follows the journal, and tells each group what concerns it.

One loop does all that depends on where the journal has come to: it takes the next entries, finds
the groups that they concern, and lets newcomers in between. So a newcomer's snapshot is of exactly
the place from which on it is told what happens.
"""

from __future__ import annotations

from asyncio import Event as Signal
from asyncio import Lock, Task, timeout
from collections import deque
from collections.abc import AsyncGenerator, Hashable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from msgspec import Struct

from domain.errors import KassaError, Unavailable
from domain.journal import JournalEntry
from domain.live import Cursors, Event, Topic
from domain.ports import Repositories
from domain.ports.following import Following
from domain.viewer import Viewer
from gateway import upkeep
from gateway.answering import Graph, refused
from gateway.execution.engine import Outcome, Source
from gateway.execution.planner import Asked
from gateway.live import asking
from gateway.live.feeds import Sources, feed_of, permitted
from gateway.live.feeds.feed import MOST_REPLAYED
from gateway.live.groups import Answer, Beat, Group
from gateway.live.keys import keys
from gateway.live.levels import Levels
from gateway.live.mailbox import Mailbox
from gateway.live.members import Member
from gateway.live.rung import Rung
from gateway.live.streams import Stream, Wanted

MOST_ENTRIES = 500
LOOK_EVERY_SECONDS = 1.0
LISTEN_SECONDS = 0.05
"""So often it is seen whether somebody has come to whom the doorbell matters."""

HEARTBEAT_SECONDS = 15.0


class Parts(Struct, frozen=True):
    """What the hub works with."""

    graph: Graph
    following: Following
    repositories: Repositories


class Crowd(Struct, frozen=True):
    """How many groups, their subscribers, and messages that wait for them to read."""

    groups: int
    subscribers: int
    waiting: int


class Listening:
    """`Stream`."""

    def __init__(self, hub: Hub, key: Hashable, member: Member) -> None:
        self._hub = hub
        self._key = key
        self._member = member

    def close(self) -> None:
        self._hub.left(self._key, self._member)


class Branch:
    """`Streams` of a part of the graph, told by the hub of the whole."""

    def __init__(self, hub: Hub, graph: Graph) -> None:
        self._hub = hub
        self._graph = graph

    async def open(self, wanted: Wanted, mailbox: Mailbox) -> Stream | Outcome:
        return await self._hub.open_of(self._graph, wanted, mailbox)


class Hub:
    """`Streams`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._levels = Levels(parts.following)
        self._groups: dict[Hashable, Group] = {}
        self._by_key: dict[str, dict[Group, None]] = {}
        self._coming = deque[tuple[Group, Member]]()
        self._ahead: list[tuple[Group, Member]] = []
        self._at: int | None = None
        self._rung = Rung()
        self._news = Signal()
        self._secret: bytes | None = None
        self._finding = Lock()

    def ring(self, entry: JournalEntry | None = None) -> None:
        """The journal may have grown; by this entry, if it is known."""
        if entry:
            self._rung.add(entry)
        self._news.set()

    async def open(self, wanted: Wanted, mailbox: Mailbox) -> Stream | Outcome:
        return await self.open_of(self._parts.graph, wanted, mailbox)

    async def open_of(self, graph: Graph, wanted: Wanted, mailbox: Mailbox) -> Stream | Outcome:
        """The same for a graph that is a part of ours."""
        asked = graph.engine.subscription(
            wanted.query,
            variables=wanted.variables,
            operation_name=wanted.operation_name,
            limits=wanted.limits,
        )
        if isinstance(asked, Outcome):
            return asked
        source = graph.engine.source(asked)
        if isinstance(source, Outcome):
            return source
        try:
            subscribed = asking.subscribed(source)
            permitted(wanted.viewer, subscribed.topic)
            sources = await self._sources(wanted.viewer, subscribed.topic)
            after = wanted.after if subscribed.after is None else subscribed.after
            number = None if after is None else sources.cursors.number(after)
            member = Member(mailbox, number)
            key = graph, asking.group_key(asked, source, wanted.viewer)
            answer = self._answer(graph, asked, source, wanted.viewer)
            group = self._groups.get(key) or await self._opened(
                key, sources, subscribed.topic, answer
            )
        except KassaError as error:
            return refused(error.message, error.code)
        group.members[member] = None
        self._coming.append((group, member))
        self.ring()
        return Listening(self, key, member)

    def left(self, key: Hashable, member: Member) -> None:
        """Nobody reads what a member is told any more."""
        group = self._groups.get(key)
        if group is None:
            return
        group.leave(member)
        if not group.members:
            self._forget(key, group)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Follow the journal meanwhile."""
        jobs = {"live": (self.turn, 0.0), "doorbell": (self._listen, LISTEN_SECONDS)}
        async with upkeep.running(jobs):
            try:
                yield
            finally:
                await self.close()

    async def turn(self) -> int:
        """Wait for news, tell it, and let newcomers in; gives how much there was.

        Raises:
            Unavailable: the database does not answer; the same is tried with the next turn.
        """
        if not self._coming:
            await self._wait()
        if not self._groups:
            self._coming.clear()  # they left before they were let in
            self._ahead.clear()
            self._at = None
            self._levels.forget()
            return 0
        count = await self._go_on()
        await self._let_in()
        self._beat()
        return count

    def crowd(self) -> Crowd:
        """Who is being told now."""
        members = [member for group in self._groups.values() for member in group.members]
        waiting = sum(len(member.mailbox) for member in members)
        return Crowd(len(self._groups), len(members), waiting)

    async def close(self) -> None:
        """End all that runs; whoever carries the messages has said goodbye before."""
        tasks: list[Task[Any]] = []
        for group in self._groups.values():
            tasks += group.close()
        self._groups.clear()
        self._by_key.clear()
        await upkeep.ended(tasks)

    async def _listen(self) -> int:
        """Hear of entries as they come, while somebody wants to be told: it is work for all."""
        if self._groups:
            await self._parts.following.watch(self.ring, lambda: bool(self._groups))
        return 0

    async def _wait(self) -> None:
        try:
            async with timeout(LOOK_EVERY_SECONDS):
                await self._news.wait()
        except TimeoutError:
            pass
        self._news.clear()

    async def _go_on(self) -> int:
        """Tell what happened next."""
        following = self._parts.following
        if self._at is None:
            self._at = await following.last()
        entries = self._rung.behind(self._at)
        if not entries:
            entries = await following.entries(self._at, most=MOST_ENTRIES)
        if not entries:
            return 0
        for change in await self._levels.followed(entries):
            for group in self._concerned(list(keys(change))):
                if group.feed.wants(change):
                    group.offer(change)
        self._at = entries[-1].n
        if self._rung or len(entries) == MOST_ENTRIES:
            self.ring()
        return len(entries)

    def _concerned(self, found_by: Sequence[str]) -> Sequence[Group]:
        named = [self._by_key[key] for key in found_by if key in self._by_key]
        return list({group: None for groups in named for group in groups})

    async def _let_in(self) -> None:
        at, now = self._at or 0, datetime.now(UTC)
        self._let_on(at)
        while self._coming:
            group, member = self._coming[0]
            if member.is_ahead_of(at):
                self._ahead.append((group, member))
            elif not member.is_gone:
                await self._come(group, member, at, now)
            self._coming.popleft()

    def _let_on(self, at: int) -> None:
        """Who waited for the journal to come to their cursor comes in."""
        ahead, self._ahead = self._ahead, []
        for group, member in ahead:
            still = member.is_ahead_of(at)
            (self._ahead if still else self._coming).append((group, member))

    async def _come(self, group: Group, member: Member, at: int, now: datetime) -> None:
        is_late = member.after is not None and not 0 <= at - member.after <= MOST_REPLAYED
        come = group.come_back_too_late if is_late else group.come_in
        try:
            await come(member, at, now)
        except Unavailable:
            raise
        except Exception:
            group.refuse(member)

    def _beat(self) -> None:
        quiet_since = monotonic() - HEARTBEAT_SECONDS
        for group in self._groups.values():
            if group.told_at < quiet_since:
                group.offer(Beat(self._at or 0))

    async def _sources(self, viewer: Viewer, topic: Topic) -> Sources:
        async with self._finding:  # all come at once to a gateway that was started again
            if self._secret is None:
                self._secret = await self._parts.following.secret()
        cursors = Cursors(self._secret, viewer, topic)
        return Sources(self._parts.repositories, self._parts.following, viewer, cursors)

    async def _opened(self, key: Hashable, sources: Sources, topic: Topic, answer: Answer) -> Group:
        feed = await feed_of(sources, topic)
        if key in self._groups:  # somebody asked the same meanwhile
            return self._groups[key]
        group = Group(feed, sources, answer)
        self._groups[key] = group
        for each in feed.keys:
            self._by_key.setdefault(each, {})[group] = None
        return group

    def _answer(self, graph: Graph, asked: Asked, source: Source, viewer: Viewer) -> Answer:
        async def answer(event: Event) -> bytes:
            context = graph.context(viewer, False, is_event=True)
            return graph.shown(await graph.engine.event(asked, event, context, source.ready))

        return answer

    def _forget(self, key: Hashable, group: Group) -> None:
        del self._groups[key]
        group.close()
        for each in group.feed.keys:
            groups = self._by_key.get(each, {})
            groups.pop(group, None)
            if not groups:
                self._by_key.pop(each, None)

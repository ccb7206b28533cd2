"""One subscriber of a group: what it has been told, and what it is too slow for."""

from __future__ import annotations

from asyncio import Event, Task
from collections.abc import Sequence
from time import monotonic

import orjson

from domain.pages import Cursor
from gateway.live.levels import Change
from gateway.live.mailbox import End, Mailbox, Message

MOST_HELD = 10_000
AHEAD_SECONDS = 10.0
"""So long who was told more elsewhere waits; then this is not the journal that they know."""


class Missed:
    """Changes that there was no room for: the latest of each thing, and how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self._latest: dict[str, Change] = {}

    def add(self, change: Change) -> None:
        self.count += 1
        self._latest.pop(change.entry.aggregate, None)
        self._latest[change.entry.aggregate] = change

    @property
    def latest(self) -> Sequence[Change]:
        """In the order in which they happened."""
        return list(self._latest.values())


class Member:
    """Who listens. Until it has come in, what happens meanwhile is held back for it."""

    def __init__(self, mailbox: Mailbox, after: int | None) -> None:
        self.mailbox = mailbox
        self.after = after
        self.missed: Missed | None = None
        self.is_gone = False
        self.coming: Task[None] | None = None
        self._begins_at: int | None = None
        self._came_at = monotonic()
        self._held: list[tuple[Change, Message]] | None = []
        self._told: Cursor | None = None

    @property
    def is_in(self) -> bool:
        """Is it told whatever the others are told?"""
        return self._held is None and self.missed is None

    def is_ahead_of(self, at: int) -> bool:
        """Was it told more, by another gateway, than we know of yet?"""
        if self.after is None or self.is_gone or self.after <= at:
            return False
        return monotonic() - self._came_at < AHEAD_SECONDS

    def begin(self, at: int) -> None:
        """It will be told by itself of all up to this place of the journal."""
        self._begins_at = at

    def let_in(self) -> Sequence[tuple[Change, Message]]:
        """It knows how things were; gives what was held back, which is to be told now."""
        held, self._held = self._held or [], None
        return held

    def holds_back(self, change: Change, message: Message) -> bool:
        """Is it not to be told, or not yet?"""
        if self._begins_at is None or change.entry.n <= self._begins_at:
            return True
        if self._held is None:
            return False
        self._held.append((change, message))
        return True

    @property
    def waits_too_long(self) -> bool:
        return self._held is not None and len(self._held) > MOST_HELD

    def tell(self, message: Message) -> bool:
        """Put a message into its mailbox; False if there is no room."""
        if not self.mailbox.put(message):
            return False
        self._told = Cursor(message.cursor)
        return True

    async def told(self, message: Message) -> None:
        """Put a message into its mailbox, as soon as there is room."""
        while not self.is_gone and not self.tell(message):
            room = Event()
            self.mailbox.call_when_empty(room.set)
            await room.wait()

    def miss(self, change: Change) -> None:
        """There is no room for a change."""
        if self.missed is None:
            self.missed = Missed()
        self.missed.add(change)

    def leave(self) -> None:
        """It is told nothing any more."""
        self.is_gone = True
        if self.coming:
            self.coming.cancel()

    def turn_away(self, code: str, message: str) -> None:
        """Nothing comes any more; it may come back with the cursor of what it was told last."""
        self.is_gone = True
        extensions: dict[str, str | None] = {"code": code, "cursor": self._told}
        self.mailbox.close(End(orjson.dumps([{"message": message, "extensions": extensions}])))

"""What waits for one subscriber: bounded, so that a slow one costs no memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct

MOST_MESSAGES = 256
MOST_BYTES = 2**20


class Message(Struct, frozen=True):
    """One answer to a subscription: an execution result as JSON, and the cursor behind it."""

    payload: bytes
    cursor: str


class End(Struct, frozen=True):
    """Why nothing more comes: `errors` as JSON, a list; None if all is told."""

    errors: bytes | None = None


class Mailbox:
    """Messages of one subscription, in order; who delivers them is woken when there are some.

    One side puts, the other takes; both in one event loop. What can be handed on at once, while
    nothing waits, need not wait; `hand` says whether it could.
    """

    __slots__ = ("_bytes", "_has_room", "_messages", "_wake", "end", "hand")

    def __init__(
        self, wake: Callable[[], None], hand: Callable[[Message], bool] | None = None
    ) -> None:
        self.end: End | None = None
        self.hand = hand
        self._messages = deque[Message]()
        self._bytes = 0
        self._wake = wake
        self._has_room: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> bool:
        """Is there room for it? An empty mailbox takes a message of any size.

        What comes behind the end is thrown away.
        """
        if self.end:
            return True
        if self.hand and not self._messages and self.hand(message):
            return True
        size = self._bytes + len(message.payload)
        if self._messages and (len(self._messages) >= MOST_MESSAGES or size > MOST_BYTES):
            return False
        self._messages.append(message)
        self._bytes = size
        self._wake()
        return True

    def close(self, end: End) -> None:
        """Nothing comes behind what is in it."""
        self.end = self.end or end
        self._wake()

    def call_when_empty(self, has_room: Callable[[], None]) -> None:
        """Once: the next time that everything was taken."""
        self._has_room = has_room

    def take(self) -> Sequence[Message]:
        """All that is in it."""
        taken = tuple(self._messages)
        self._messages.clear()
        self._bytes = 0
        if has_room := self._has_room:
            self._has_room = None
            has_room()
        return taken

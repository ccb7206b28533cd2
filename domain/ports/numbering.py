"""What taking entries of devices' logs needs of a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from domain.channels.gaps import Gap
from domain.channels.numbered import EntryKey, Log, Logged, Move, Shortage, Verdict
from domain.incidents import Incident
from domain.values import Actor


class Logbook(Protocol):
    """Entries of devices' logs, each under its account, device and number, for ever."""

    async def take(self, entry: Logged) -> Logged:
        """Write an entry down, unless its place is taken; gives the one that is there.

        Raises:
            Unavailable: there is no answer; it may be there.
        """
        ...

    async def move(
        self,
        entry: Logged,
        moves: Sequence[Move],
        by_whom: Actor,
        told: Callable[[Shortage], Incident],
    ) -> Sequence[Shortage]:
        """Move an entry's units, in one transaction with the entry, and once; gives what is short.

        What becomes short is an incident within the same transaction, until it is so no more.

        Raises:
            Unavailable: there is no answer; it may have happened.
        """
        ...

    async def judge(self, entry: Logged, verdict: Verdict, why: str | None) -> None:
        """Write down what became of an entry."""
        ...

    async def find(self, account: str, keys: Sequence[EntryKey]) -> Sequence[Logged]: ...

    async def log(self, account: str, device: str) -> Log:
        """How far a device's log is here."""
        ...

    async def gap(self, id: str) -> Gap | None:
        """What is known of gaps of a log."""
        ...

    async def note(self, gap: Gap) -> None:
        """Keep that a log has gaps, unless a newer one is kept."""
        ...

    async def gaps(self, endpoints: Sequence[str], now: datetime, most: int) -> Sequence[Gap]:
        """Some of which somebody should be told by now."""
        ...

    async def told(self, gap: Gap) -> None:
        """Somebody was told of it, though perhaps not of a newer one."""
        ...

    async def filled(self, gap: Gap) -> None:
        """Forget it, unless there is a newer one."""
        ...

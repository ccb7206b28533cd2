"""Purses: what this gateway has drawn for its clients and not yet spent.

Points are drawn from the bank in handfuls and spent here, so most requests ask nobody. What is not
spent for a while goes back. While the bank is away, a client may spend this gateway's share of the
budget: one of as many parts as there were gateways.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from math import ceil
from time import monotonic

from msgspec import Struct

from domain.budgets import Budget
from domain.errors import Unavailable
from domain.ports.spending import Bank

HANDFULS = 20
"""A full purse is drawn in so many handfuls."""

REQUESTS_AT_ONCE = 4
MOST_PURSES = 20_000
IDLE_SECONDS = 10.0
DRY_SECONDS = 0.25
"""So long a bank is not asked again for as much as it did not have."""

AWAY_SECONDS = 1.0
"""So long a bank is not asked again that did not answer."""


class Taken(Struct, frozen=True):
    """Was it granted, what may be spent now, and how many seconds to wait if it was not."""

    granted: bool
    remaining: int
    wait: float = 0.0


class Purse:
    """One client's points: those `left` here, and those known to be in the bank.

    What was spent while the bank was away is drawn from it when it is back.
    """

    def __init__(self, budget: Budget, now: float) -> None:
        self.budget = budget
        self.lock = asyncio.Lock()
        self.left = 0.0
        self.level = float(budget.capacity)
        self.at = now
        self.used_at = now
        self.owed_until = 0.0
        self.dry_until = 0.0
        self.dry_of = 0
        self._owing = (0.0, now)

    def remaining(self, now: float) -> int:
        """About how much may be spent."""
        return int(min(self.budget.capacity, self.left + self._in_the_bank(now)))

    def known(self, level: float, now: float) -> None:
        """So much is in the bank."""
        self.level, self.at = level, now

    def spend_own(self, points: int, share: Budget, now: float) -> Taken:
        """Spend of this gateway's share: the bank is away."""
        level = min(share.capacity, self.level + (now - self.at) * share.restore)
        granted = self.left + level >= points
        if granted:
            self._owing = (self.owing(now) + points, now)
            self.left -= points
            if self.left < 0:
                level, self.left = level + self.left, 0.0
        self.known(level, now)
        missing = points - self.left - level
        return Taken(granted, int(self.left + level), max(0.0, missing) / share.restore)

    def refusal(self, points: int, now: float) -> Taken:
        """There is not so much, and when there will be."""
        missing = points + self.owing(now) - self.left - self._in_the_bank(now)
        wait = max(0.0, missing) / self.budget.restore
        return Taken(granted=False, remaining=self.remaining(now), wait=wait)

    def owing(self, now: float) -> float:
        """What the bank has not been told of, less what it has restored since."""
        points, at = self._owing
        return max(0.0, points - (now - at) * self.budget.restore)

    def settled(self) -> None:
        """The bank has been told."""
        self._owing = (0.0, self.at)

    def _in_the_bank(self, now: float) -> float:
        return min(self.budget.capacity, self.level + (now - self.at) * self.budget.restore)


class Purses:
    """The purses of this gateway's clients."""

    def __init__(self, bank: Bank | None, clock: Callable[[], float] = monotonic) -> None:
        self._bank = bank
        self._clock = clock
        self._purses: OrderedDict[str, Purse] = OrderedDict()
        self._away_until = 0.0
        self._gateways = 1
        self._name = secrets.token_hex(8)

    def take(self, client: str, budget: Budget, points: int) -> Taken | Awaitable[Taken]:
        """Spend points of a client's; nothing is awaited while there are some at hand."""
        purse, now = self._purse(client, budget), self._clock()
        purse.used_at = now
        if purse.left >= points:
            purse.left -= points
            return Taken(granted=True, remaining=purse.remaining(now))
        if now < purse.dry_until and points >= purse.dry_of:
            return purse.refusal(points, now)
        return self._draw(client, purse, points)

    def refund(self, client: str, points: int) -> int | None:
        """Put back what was not needed; gives what may be spent now."""
        if purse := self._purses.get(client):
            purse.left += points
            return purse.remaining(self._clock())
        return None

    def owes(self, client: str, seconds: float) -> None:
        """A client is to wait: what it did could not be charged."""
        if purse := self._purses.get(client):
            purse.owed_until = self._clock() + seconds

    def debt(self, client: str) -> float:
        """How many seconds a client has to wait before anything is looked at."""
        purse = self._purses.get(client)
        return max(0.0, purse.owed_until - self._clock()) if purse else 0.0

    async def settle(self) -> int:
        """Give back what nobody spends; and learn how many gateways there are."""
        if self._bank is None or self._clock() < self._away_until:
            return 0
        try:
            self._gateways = await self._bank.present(self._name)
            await self._give_back(self._clock() - IDLE_SECONDS)
        except Unavailable:
            self._away()
        return 0

    async def close(self) -> None:
        """Give everything back."""
        try:
            await self._give_back(self._clock())
        except Unavailable:
            return

    def _purse(self, client: str, budget: Budget) -> Purse:
        purse = self._purses.get(client)
        if purse is None:
            purse = self._purses[client] = Purse(budget, self._clock())
            if len(self._purses) > MOST_PURSES:
                self._purses.popitem(last=False)
        else:
            self._purses.move_to_end(client)
        return purse

    async def _draw(self, client: str, purse: Purse, points: int) -> Taken:
        async with purse.lock:
            if purse.left >= points:  # somebody has drawn meanwhile
                purse.left -= points
                return Taken(granted=True, remaining=purse.remaining(self._clock()))
            if self._bank is None or self._clock() < self._away_until:
                return self._own(purse, points)
            return await self._drawn(self._bank, client, purse, points)

    async def _drawn(self, bank: Bank, client: str, purse: Purse, points: int) -> Taken:
        budget, kept, owing = purse.budget, purse.left, purse.owing(self._clock())
        missing = ceil(points - kept + owing)
        wish = max(missing, points * REQUESTS_AT_ONCE, budget.capacity // HANDFULS)
        purse.left = 0.0  # or others would spend it meanwhile
        try:
            grant = await bank.draw(client, budget, missing, wish)
        except Unavailable:
            self._away()
            purse.left += kept
            return self._own(purse, points)
        now = self._clock()
        purse.left += kept
        purse.known(grant.left, now)
        if grant.points < missing:
            purse.dry_until, purse.dry_of = now + DRY_SECONDS, points
            return purse.refusal(points, now)
        purse.left += grant.points - owing - points
        purse.settled()
        return Taken(granted=True, remaining=purse.remaining(now))

    def _own(self, purse: Purse, points: int) -> Taken:
        return purse.spend_own(points, purse.budget.part(self._gateways), self._clock())

    def _away(self) -> None:
        self._away_until = self._clock() + AWAY_SECONDS

    async def _give_back(self, used_before: float) -> None:
        """All together: there are as many as clients who come now and then."""
        back: list[Awaitable[None]] = []
        for client, purse in list(self._purses.items()):
            if purse.used_at > used_before or purse.lock.locked():
                continue
            points, purse.left = int(purse.left), 0.0
            if points and self._bank:
                back.append(self._bank.give_back(client, purse.budget, points))
            if purse.owed_until < self._clock():
                del self._purses[client]
        await asyncio.gather(*back)

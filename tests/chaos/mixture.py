"""Mutations of all kinds by many clients, each with reservations and payments of its own.

Deltas, transfers, counts and amounts are all different, so that each can be told from the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from tests.chaos.checker.run import Place
from tests.chaos.client import Client, GaveUp
from tests.chaos.history import Payload
from tests.chaos.shelves import Order, Shelves

CLIENTS = 32
PLENTY = 1_000_000
TOO_MANY = 100 * PLENTY
SHARE_ASKED_TWICE = 0.1
SHARE_TOO_MANY = 0.05
SHARE_OF_TWO_LINES = 0.3
PHASES = "REQUESTED", "UNKNOWN", "SUCCEEDED"
REPEATED = 0, 0, 1, 2
"""How often else the same is reported."""
WEIGHTS: Mapping[str, int] = {
    "adjust": 24,
    "count": 8,
    "transfer": 8,
    "receive": 8,
    "reserve": 28,
    "extend": 6,
    "release": 8,
    "commit": 14,
    "pay": 10,
    "refund": 6,
}

HOLDING: Mapping[str, int] = {"reserve": 10, "extend": 10, "release": 10, "commit": 20}
"""What holders of reservations do."""


async def stock_up(client: Client, shelves: Shelves) -> None:
    """Make everything there, so that what is refused is refused for a reason of ours."""
    for place in shelves.levels:
        await client.wish("adjustStock", changes=[_change(place, PLENTY)])


class Crowd:
    """Clients who between them wish so much, and go on `until` something is over."""

    def __init__(self, wishes: int, a_second: float, until: asyncio.Task[None]) -> None:
        self._left = wishes
        self._pauses_a_second = a_second / CLIENTS
        self._until = until

    async def works(self, days: Sequence[Day]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for day in days:
                tasks.create_task(self._works(day))

    async def _works(self, day: Day) -> None:
        while self._left > 0 or not self._until.done():
            self._left -= 1
            await day.deed()
            await asyncio.sleep(day.random.expovariate(self._pauses_a_second))


def days(
    client: Callable[[str], Client], shelves: Shelves, weights: Mapping[str, int] = WEIGHTS
) -> Sequence[Day]:
    """A day of each client."""
    return [Day(client(f"client {n}"), shelves, weights) for n in range(CLIENTS)]


class Day:
    """What one client does."""

    def __init__(
        self, client: Client, shelves: Shelves, weights: Mapping[str, int] = WEIGHTS
    ) -> None:
        self.random = client.random
        self._client = client
        self._shelves = shelves
        self._weights = weights
        self._held: list[str] = []
        self._sent: list[tuple[str, int]] = []
        self._paid: list[tuple[str, Order]] = []

    async def deed(self) -> None:
        """One wish, whatever becomes of it."""
        names, weights = list(self._weights), list(self._weights.values())
        do = getattr(self, f"_{self.random.choices(names, weights)[0]}")
        with suppress(GaveUp):  # the history says so
            await do()

    async def hold(self, reservations: int) -> None:
        """Reserve so often."""
        for _ in range(reservations):
            await self._reserve()

    async def _wish(self, kind: str, **input: Any) -> Payload | None:
        """The answer to a wish that was granted."""
        twice = self.random.random() < SHARE_ASKED_TWICE
        payload = await self._client.wish(kind, times=2 if twice else 1, **input)
        return None if payload["userErrors"] else payload

    async def _adjust(self) -> None:
        size = self._shelves.sizes()
        delta = size if self.random.random() < 0.6 else -size
        await self._wish("adjustStock", changes=[_change(self._place(), delta)])

    async def _count(self) -> None:
        place = self._place()
        seen = await self._shelves.look(self._shelves.levels[place])
        counted = seen["onHand"] + self._shelves.sizes()
        sku, location = place
        count = {"sku": sku, "location": location, "counted": counted}
        await self._wish("countStock", counts=[{**count, "seenVersion": seen["version"]}])

    async def _transfer(self) -> None:
        sku, source = self._place()
        others = [at for _, at in self._shelves.places(sku) if at != source]
        route = {"sku": sku, "source": source, "target": self.random.choice(others)}
        quantity = self._shelves.sizes()
        if payload := await self._wish("transferStock", **route, quantity=quantity):
            self._sent.append((payload["transfer"]["id"], quantity))

    async def _receive(self) -> None:
        if not self._sent:
            await self._transfer()
            return
        transfer, quantity = self._sent.pop(0)
        await self._wish("receiveTransfer", transfer=transfer, received=quantity)

    async def _reserve(self) -> None:
        greedy = self.random.random() < SHARE_TOO_MANY
        lines = [_line(place, self.random.randint(1, 3)) for place in self._places()]
        lines[-1]["quantity"] += TOO_MANY * greedy
        if payload := await self._wish("reserveStock", lines=lines, minutes=60):
            self._held.append(payload["reservation"]["id"])

    async def _extend(self) -> None:
        if not self._held:
            await self._reserve()
            return
        held = self.random.choice(self._held)
        await self._wish("extendReservation", reservation=held, minutes=90)

    async def _release(self) -> None:
        if not self._held:
            await self._reserve()
            return
        await self._wish("releaseReservation", reservation=self._held.pop(0))

    async def _commit(self) -> None:
        if not self._held:
            await self._reserve()
            return
        order = self._shelves.orders[0].id  # all for one: its journal tells of every level
        await self._wish("commitReservation", reservation=self._held.pop(0), order=order)

    async def _pay(self) -> None:
        order = self.random.choice(self._shelves.orders)
        size = PLENTY + self._shelves.sizes()
        amount = {"minor": size, "currency": order.currency}
        payloads = await self._report(
            "recordPayment",
            order=order.id,
            channel=order.channel,
            tender={"kind": "CARD", "provider": "stripe", "amount": amount},
            operation="CAPTURE",
            providerRef=f"pi_{self._client.signature}_{size}",
        )
        self._paid += [(each["payment"]["id"], order) for each in payloads[:1]]

    async def _refund(self) -> None:
        if not self._paid:
            await self._pay()
            return
        payment, order = self.random.choice(self._paid)
        size = self._shelves.sizes()
        await self._report(
            "recordRefund",
            payment=payment,
            amount={"minor": size, "currency": order.currency},
            providerRef=f"re_{self._client.signature}_{size}",
            reason="RETURN",
        )

    async def _report(self, kind: str, **input: Any) -> list[Payload]:
        """Say what a provider did; at times two say so at once, and one knows less than the other.

        Each asks under a key of its own: only the provider's name tells that it is the same.
        """
        known = ["SUCCEEDED", *self.random.choices(PHASES, k=self.random.choice(REPEATED))]
        self.random.shuffle(known)
        told = await asyncio.gather(*(self._wish(kind, **input, phase=each) for each in known))
        return [payload for payload in told if payload]

    def _place(self) -> Place:
        return self.random.choice(list(self._shelves.levels))

    def _places(self) -> list[Place]:
        levels = list(self._shelves.levels)
        two = self.random.random() < SHARE_OF_TWO_LINES
        return self.random.sample(levels, min(2 if two else 1, len(levels)))


def _change(place: Place, delta: int) -> dict[str, Any]:
    return {"sku": place[0], "location": place[1], "delta": delta, "reason": "CORRECTION"}


def _line(place: Place, quantity: int) -> dict[str, Any]:
    return {"sku": place[0], "location": place[1], "quantity": quantity}

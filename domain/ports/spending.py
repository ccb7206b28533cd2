"""Where all gateways keep what clients may spend."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from domain.budgets import Budget


class Grant(Struct, frozen=True):
    """What a draw came to: `points` were handed out, and so many are `left` for others."""

    points: int
    left: float


class Bank(Protocol):
    """A purse for each client, that fills up by itself."""

    async def draw(self, client: str, budget: Budget, least: int, wish: int) -> Grant:
        """Take up to `wish` points out of a client's purse, or none if there are not `least`.

        Raises:
            Unavailable: the bank does not answer in time.
        """
        ...

    async def give_back(self, client: str, budget: Budget, points: int) -> None:
        """Put points back that were drawn and not spent.

        Raises:
            Unavailable: the bank does not answer in time.
        """
        ...

    async def present(self, gateway: str) -> int:
        """Say that a gateway is there; gives how many there were in the last seconds.

        Raises:
            Unavailable: the bank does not answer in time.
        """
        ...

"""What telling providers to do something needs: the accounts they have, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from domain.channels.abilities import Writing
from domain.channels.instructing import Instructed, InstructionState
from domain.ids import OperationId
from domain.payments import Payment
from domain.ports.channels import Line

Counted = Callable[[Writing, str], None]
"""Told of each instruction that was sent or asked about, and in a word what came of it."""


def uncounted(_: Writing, __: str) -> None:
    """For nobody."""


class Providers:
    """The accounts that are connected; none, until `lines` are there."""

    def __init__(self, counted: Counted = uncounted) -> None:
        self.lines: Mapping[str, Line] = {}
        self.counted = counted

    def of(self, payment: Payment) -> Line | None:
        """The account through which a payment was made."""
        wanted = (payment.provider, payment.merchant_account)
        found = (
            line
            for line in self.lines.values()
            if (line.adapter.provider, line.account.account) == wanted
        )
        return next(found, None)


class Instructions(Protocol):
    """What providers were told, or are to be told. It is kept with the change that asks for it."""

    async def take(self, most: int) -> Sequence[Instructed]:
        """Some that are due, for this worker alone for a while; with this attempt counted."""
        ...

    async def find(self, id: OperationId) -> Instructed | None: ...

    async def later(
        self, id: OperationId, after: timedelta, state: InstructionState, why: str | None
    ) -> None:
        """Have it asked about again, unless it is closed."""
        ...

    async def close(self, id: OperationId) -> None: ...

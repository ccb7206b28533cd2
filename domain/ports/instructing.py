"""What telling providers to do something needs: the accounts they have, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol, TypeVar

from domain.channels.abilities import Repeats, Writing
from domain.channels.instructing import InstructionState
from domain.channels.links import Errand
from domain.ids import OperationId, OrderId, PaymentLinkId
from domain.payments import Payment, PaymentLink
from domain.ports.channels import Line, MakesLinks

Kept = TypeVar("Kept", covariant=True)

Counted = Callable[[Writing | Errand, str], None]
"""Told of each instruction that was sent or asked about, and in a word what came of it."""


def uncounted(_: Writing | Errand, __: str) -> None:
    """For nobody."""


class Providers:
    """The accounts that are connected; none, until `lines` are there."""

    def __init__(self, counted: Counted = uncounted) -> None:
        self.lines: Mapping[str, Line] = {}
        self.counted = counted

    def of(self, paid: Payment | PaymentLink) -> Line | None:
        """The account through which a payment was made, or may be."""
        wanted = (paid.provider, paid.merchant_account)
        found = (
            line
            for line in self.lines.values()
            if (line.adapter.provider, line.account.account) == wanted
        )
        return next(found, None)

    def that_link(self) -> Mapping[str, Line]:
        """The accounts that make links to pay by, and recognise what they are told again."""
        return {line.name: line for line in self.lines.values() if _makes_links(line)}


def _makes_links(line: Line) -> bool:
    can = line.adapter.capabilities
    is_able = isinstance(line.adapter, MakesLinks) and can.links is not None
    return is_able and can.repeats is Repeats.RECOGNISED and line.is_called


class Instructions(Protocol[Kept]):
    """What providers were told, or are to be told. It is kept with the change that asks for it."""

    async def take(self, most: int) -> Sequence[Kept]:
        """Some that are due, for this worker alone for a while; with this attempt counted."""
        ...

    async def find(self, id: OperationId) -> Kept | None: ...

    async def later(
        self, id: OperationId, after: timedelta, state: InstructionState, why: str | None
    ) -> None:
        """Have it asked about again, unless it is closed."""
        ...

    async def close(self, id: OperationId) -> None: ...


class Links(Protocol):
    """Links to pay by, as they are made and end. No viewer: the command knows reach."""

    async def find(self, id: PaymentLinkId) -> PaymentLink | None: ...

    async def of_order(self, id: OrderId) -> Sequence[PaymentLink]: ...

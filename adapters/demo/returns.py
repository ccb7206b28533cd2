"""Goods that come back, and the money that goes back for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from adapters.demo.courses import Comeback
from adapters.demo.dice import Dice
from adapters.demo.lines import CAPTURED, Moves
from adapters.demo.orders import Ticket
from domain import money
from domain.catalog import Location
from domain.ids import Kind, LocationId, ReturnId
from domain.money import Money
from domain.orders import (
    Disposition,
    DispositionKind,
    OrderLine,
    Return,
    ReturnLine,
    ReturnState,
)
from domain.payments import OperationPhase

DECIDED = frozenset({ReturnState.INSPECTED, ReturnState.CLOSED})
REASONS = ("Changed my mind", "Wrong grind", "Had one already", "Not as I had thought")
BROKEN = "Arrived broken"


class Credit(Struct, frozen=True):
    """Money that is to go back: minor units, why, when, and how far it got."""

    minor: int
    reason: str
    at: datetime
    phase: OperationPhase = OperationPhase.SUCCEEDED
    return_id: ReturnId | None = None


def returned(dice: Dice, ticket: Ticket, quarantine: Location) -> Return | None:
    """The return of a sale whose goods come back."""
    sale, order, comeback = ticket.sale, ticket.order, ticket.sale.course.comeback
    if comeback is None:
        return None
    return Return(
        id=dice.id(Kind.RETURN, sale.at(70)),
        version=1 + list(ReturnState).index(comeback.state),
        updated_at=sale.at(95),
        order_id=ticket.order_id,
        customer_id=order.customer_id,
        channel_id=order.channel_id,
        location_id=LocationId(ticket.back_at.id) if ticket.back_at else None,
        location_ids=order.location_ids,
        state=comeback.state,
        lines=tuple(_lines(dice, ticket, comeback, quarantine)),
    )


def _lines(
    dice: Dice, ticket: Ticket, comeback: Comeback, quarantine: Location
) -> Iterator[ReturnLine]:
    is_broken = comeback.goods is DispositionKind.SCRAP
    for line, move, worth in zip(ticket.order.lines, ticket.moves, ticket.worths, strict=True):
        if move.coming:
            yield ReturnLine(
                line.id,
                move.coming,
                BROKEN if is_broken else dice.one(REASONS),
                _creditable(ticket, line, move, worth),
                _dispositions(ticket, comeback, move, quarantine),
            )


def _creditable(ticket: Ticket, line: OrderLine, move: Moves, worth: int) -> Money:
    amount = money.portion(worth, move.gone, move.coming, line.ordered)
    return Money(amount, ticket.order.currency)


def _dispositions(
    ticket: Ticket, comeback: Comeback, move: Moves, quarantine: Location
) -> tuple[Disposition, ...]:
    """What became of the goods: they stay where they were taken in, unless locked away."""
    if ticket.back_at is None or comeback.state not in DECIDED:
        return ()
    locked = comeback.goods is DispositionKind.QUARANTINE
    where = LocationId((quarantine if locked else ticket.back_at).id)
    return (Disposition(comeback.goods, move.coming, where, ticket.sale.at(90)),)


def owed(ticket: Ticket, back: Return | None) -> list[Credit]:
    """What is owed to the customer: for goods that never came, and for goods that came back."""
    both = [_for_the_missing(ticket), _for_the_return(ticket, back)]
    return [credit for credit in both if credit and credit.minor]


def _for_the_missing(ticket: Ticket) -> Credit | None:
    sale, order = ticket.sale, ticket.order
    if sale.course.money not in CAPTURED:
        return None
    amount = sum(
        money.portion(worth, 0, move.gone, line.ordered)
        for line, move, worth in zip(order.lines, ticket.moves, ticket.worths, strict=True)
    )
    if all(line.cancelled == line.ordered for line in order.lines):
        amount += order.totals.delivery.gross_minor
    return Credit(amount, "Goods could not be delivered", sale.at(85))


def _for_the_return(ticket: Ticket, back: Return | None) -> Credit | None:
    comeback = ticket.sale.course.comeback
    if back is None or comeback is None or comeback.refund is None:
        return None
    amount = sum(line.creditable.minor for line in back.lines)
    reason = back.lines[0].reason
    return Credit(amount, reason, ticket.sale.at(96), comeback.refund, ReturnId(back.id))

"""What the journal tells of things that it did not see happen.

A thing that comes in whole is opened as it was found; one that another system speaks of again is
reported, with what differs. Who somebody is never stands in the journal, which is kept for ever:
of customers it counts what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from domain.customers import Customer
from domain.journal import Happening, Scalar
from domain.orders import Order
from domain.payments import SUMS, Payment
from domain.stock import StockLevel
from domain.values import Actor

LEVEL_NUMBERS = ("on_hand", "committed", "reserved", "unavailable", "free", "incoming")

Recorded = Customer | Order | Payment | StockLevel
Facts = Mapping[str, Scalar]
Changes = Mapping[str, tuple[Scalar, Scalar]]


class Story(Struct, frozen=True):
    """How one kind of thing is told of: its facts, and whose stories it belongs to."""

    opened: str
    reported: str
    facts: Callable[[Any], Facts]
    subjects: Callable[[Any], tuple[str | None, ...]]


def opened(value: Recorded, cause: str, actor: Actor) -> Happening:
    """What there is to tell of something that was not there before."""
    story = STORIES[type(value)]
    facts = {name: fact for name, fact in story.facts(value).items() if fact}
    found: Changes = {
        name: (0 if isinstance(fact, int) else None, fact) for name, fact in facts.items()
    }
    if isinstance(value, StockLevel):
        holds = value.reservations.items()
        found = {**found, **{key: (None, hold.quantity) for key, hold in holds}}
    return _told(value, story, story.opened, found, cause, actor)


def reported(there: Recorded, came: Recorded, cause: str, actor: Actor) -> Happening:
    """What there is to tell of something that another system spoke of again."""
    story = STORIES[type(came)]
    before, after = story.facts(there), story.facts(came)
    changed = {name: (before[name], fact) for name, fact in after.items() if before[name] != fact}
    return _told(came, story, story.reported, changed, cause, actor)


def _told(
    value: Recorded,
    story: Story,
    type: str,
    changes: Changes,
    cause: str,
    actor: Actor,
) -> Happening:
    return Happening(
        seq=value.version,
        type=type,
        at=value.updated_at,
        actor=actor,
        cause=cause,
        changes=changes,
        subjects=tuple(subject for subject in story.subjects(value) if subject),
    )


def _level(level: StockLevel) -> Facts:
    numbers: Facts = {name: getattr(level, name) for name in LEVEL_NUMBERS}
    return numbers


def _payment(payment: Payment) -> Facts:
    sums: Facts = {name: getattr(payment.standing, name) for name in SUMS}
    return {"state": payment.state, "amount": payment.minor, "currency": payment.currency, **sums}


def _order(order: Order) -> Facts:
    grand = order.totals.grand
    return {
        "state": order.state,
        "total": grand.gross_minor,
        "currency": grand.currency,
        "lines": len(order.lines),
        "units": sum(line.ordered for line in order.lines),
    }


def _customer(customer: Customer) -> Facts:
    return {
        "identities": len(customer.identities),
        "addresses": len(customer.addresses),
        "consents": len(customer.consents),
    }


STORIES: Mapping[type[Any], Story] = MappingProxyType(
    {
        StockLevel: Story("StockOpened", "StockReported", _level, lambda _: ()),
        Payment: Story(
            "PaymentOpened",
            "PaymentReported",
            _payment,
            lambda payment: (payment.order_id, payment.customer_id),
        ),
        Order: Story("OrderRecorded", "OrderReported", _order, lambda order: (order.customer_id,)),
        Customer: Story("CustomerRecorded", "CustomerReported", _customer, lambda _: ()),
    }
)
"""All that has a story from its first day."""

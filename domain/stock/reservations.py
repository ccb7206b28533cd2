"""Units promised for a while, and what may become of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from domain import ids
from domain.errors import BadInput
from domain.ids import Kind, LocationId, OrderId, ReservationId, Sku
from domain.refusals import Invalid, Refusal, Refused
from domain.stock.levels import ReservationState
from domain.values import MAX_INT, Actor, Count, Entity

MOST_LINES = 100
MOST_MINUTES = 24 * 60


class ReservationLine(Struct, frozen=True):
    """Units of one sku at one location."""

    sku: Sku
    location_id: LocationId
    quantity: Count


class Reservation(Entity, frozen=True, kw_only=True):
    """Units promised for a while to whoever asked; all of its lines, or none.

    `owner` is the principal that may end it; `order_id` the order it was committed to.
    """

    state: ReservationState
    lines: tuple[ReservationLine, ...]
    expires_at: datetime
    owner: str
    order_id: OrderId | None = None

    def state_at(self, now: datetime) -> ReservationState:
        """An ACTIVE one that has run out is EXPIRED, whether or not anybody has noticed."""
        if self.state is ReservationState.ACTIVE and self.expires_at <= now:
            return ReservationState.EXPIRED
        return self.state


RESERVATION_STEPS = MappingProxyType(
    {
        ReservationState.ACTIVE: frozenset(
            {
                ReservationState.PINNED,
                ReservationState.CONVERTED,
                ReservationState.RELEASED,
                ReservationState.EXPIRED,
            }
        ),
        ReservationState.PINNED: frozenset({ReservationState.CONVERTED, ReservationState.RELEASED}),
        ReservationState.CONVERTED: frozenset[ReservationState](),
        ReservationState.RELEASED: frozenset[ReservationState](),
        ReservationState.EXPIRED: frozenset[ReservationState](),
    }
)


class StepKind(StrEnum):
    """What a reservation wants of a level; the value is the change as the journal tells it."""

    RESERVE = "StockReserved"
    EXTEND = "ReservationExtended"
    PIN = "ReservationPinned"
    RELEASE = "ReservationReleased"
    COMMIT = "ReservationConverted"


class Step(Struct, frozen=True, kw_only=True):
    """What one reservation wants of one level.

    It is refused by the database once its clock is past `deadline`: by then somebody else may
    have taken it over. A RELEASE leaves PINNED units alone, unless it comes from who pinned them.
    """

    kind: StepKind
    reservation: ReservationId
    line: ReservationLine
    minutes: int = 0
    cause: str
    actor: Actor
    deadline: datetime
    subjects: tuple[str, ...] = ()
    even_pinned: bool = False


class StepOutcome(StrEnum):
    """What became of a step.

    KNOWN: the units were held already. ABSENT: they are not held (any more). PINNED: they wait for
    a payment, or are being committed. LATE: it came past its deadline. UNHEARD: nobody ever
    reported units of this sku at this location.
    """

    DONE = "DONE"
    KNOWN = "KNOWN"
    SHORT = "SHORT"
    ABSENT = "ABSENT"
    PINNED = "PINNED"
    LATE = "LATE"
    UNHEARD = "UNHEARD"


HELD = frozenset({StepOutcome.DONE, StepOutcome.KNOWN})


class Stepped(Struct, frozen=True):
    """What became of a step, how many units were free before it, and until when they are held."""

    outcome: StepOutcome
    free: int = 0
    until: datetime | None = None


def wanted(lines: Sequence[ReservationLine], minutes: int) -> tuple[ReservationLine, ...]:
    """The lines as one demand for each (sku, location), in an order that all requests share.

    Raises:
        Refused: a quantity or a duration is out of bounds.
    """
    problems = [*_problems(lines), *lasting(minutes)]
    if problems:
        raise Refused(problems)
    demand = Counter[tuple[Sku, LocationId]]()
    for line in lines:
        demand[line.sku, line.location_id] += line.quantity
    if max(demand.values()) > MAX_INT:
        why = f"No more than {MAX_INT} units of a product can be asked for at a location."
        raise Refused([Invalid(path=("lines",), why=why)])
    return tuple(ReservationLine(*place, demand[place]) for place in sorted(demand))


def lasting(minutes: int) -> list[Refusal]:
    """What is wrong with a duration."""
    if 1 <= minutes <= MOST_MINUTES:
        return []
    why = f"Units are held from 1 to {MOST_MINUTES} minutes, not {minutes}."
    return [Invalid(path=("minutes",), why=why)]


def sold_to(order: OrderId | None) -> list[Refusal]:
    """What is wrong with the name of an order."""
    try:
        if order is not None:
            ids.expect(Kind.ORDER, order)
    except BadInput as error:
        return [Invalid(path=("order",), why=error.message)]
    return []


def _problems(lines: Sequence[ReservationLine]) -> Iterable[Refusal]:
    if not 1 <= len(lines) <= MOST_LINES:
        yield Invalid(path=("lines",), why=f"Name from 1 to {MOST_LINES} lines.")
    for n, line in enumerate(lines):
        if not 1 <= line.quantity <= MAX_INT:
            why = f"At least 1 unit must be asked for, not {line.quantity}."
            yield Invalid(path=("lines", str(n), "quantity"), why=why)

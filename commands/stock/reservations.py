"""Units promised for a while: all that was asked for, or nothing.

Each level grants by itself; no lock spans two. The claim keeps what was asked, and the steps
derive their ids from it, so that a request that was cut off half-way is finished, or undone, by
whoever finds it.
"""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence, Set
from datetime import timedelta
from typing import NoReturn

from msgspec import Struct
from msgspec.structs import replace

from commands.running import Call, Command
from domain import ids, stock
from domain.errors import Unavailable
from domain.ids import Kind, OrderId, ReservationId
from domain.journal import Happening
from domain.ports import Stores
from domain.refusals import (
    IllegalTransition,
    InsufficientStock,
    NotFound,
    Refused,
    ReservationExpired,
)
from domain.stock import (
    HELD,
    RESERVATION_STEPS,
    Reservation,
    ReservationLine,
    ReservationState,
    Step,
    StepKind,
    StepOutcome,
    Stepped,
)
from domain.viewer import Action, DoneBy, Subject, Viewer, permitted, reach

TOO_LATE = "The request took too long and was given up. Ask again with the same key."


class ReserveStock(Struct, frozen=True):
    """What to hold, and for how long."""

    lines: tuple[ReservationLine, ...]
    minutes: int = 15


class ExtendReservation(Struct, frozen=True):
    """Hold it for so long from now on."""

    reservation: ReservationId
    minutes: int


class ReleaseReservation(Struct, frozen=True):
    """Let it go."""

    reservation: ReservationId


class CommitReservation(Struct, frozen=True):
    """The units are sold: they wait for an order."""

    reservation: ReservationId
    order: OrderId | None = None


async def _reserve(stores: Stores, call: Call, asked: ReserveStock) -> Reservation:
    lines = stock.wanted(asked.lines, asked.minutes)
    key = ReservationId(ids.derived(Kind.RESERVATION, call.cause))
    done = await _all(stores, call, key, lines, StepKind.RESERVE, minutes=asked.minutes)
    if any(each.outcome not in HELD for each in done):
        await _undo(stores, call, key, lines, done, HELD)
        await _refuse(stores, lines, done)
    until = min(each.until for each in done if each.until)
    reservation = Reservation(
        id=key,
        updated_at=until - timedelta(minutes=asked.minutes),
        state=ReservationState.ACTIVE,
        lines=lines,
        expires_at=until,
        owner=call.viewer.principal,
    )
    kept = await stores.holds.keep(reservation)
    if kept is not reservation:
        # It was held before. What had to be held anew had ended: the answer was forgotten.
        await _undo(stores, call, key, lines, done, {StepOutcome.DONE})
    return kept


async def _extend(stores: Stores, call: Call, asked: ExtendReservation) -> Reservation:
    if problems := stock.lasting(asked.minutes):
        raise Refused(problems)
    found = await _own(stores, call, asked.reservation)
    if found.state is not ReservationState.ACTIVE:
        raise _illegal(found.state, ReservationState.ACTIVE)
    done = await _all(stores, call, found.id, found.lines, StepKind.EXTEND, minutes=asked.minutes)
    if any(each.outcome is StepOutcome.ABSENT for each in done):
        if await _commits(stores, found):
            raise _illegal(ReservationState.CONVERTED, ReservationState.ACTIVE)
        # A commit that is under way has pinned what it wants: that is not ours to let go.
        await _undo(stores, call, found.id, found.lines, done, HELD)
        raise ReservationExpired(path=("reservation",), reservation=found.id)
    until = min(each.until for each in done if each.until)
    extended = replace(found, expires_at=until, version=found.version + 1)
    await stores.holds.change(extended)
    return extended


async def _release(stores: Stores, call: Call, asked: ReleaseReservation) -> Reservation:
    found = await _own(stores, call, asked.reservation)
    if found.state is ReservationState.RELEASED:
        return found
    _may_become(found, ReservationState.RELEASED)
    done = await _all(stores, call, found.id, found.lines, StepKind.RELEASE)
    outcomes = {each.outcome for each in done}
    if outcomes == {StepOutcome.PINNED}:
        raise _illegal(ReservationState.PINNED, ReservationState.RELEASED)
    if StepOutcome.DONE not in outcomes and await _commits(stores, found):
        raise _illegal(ReservationState.CONVERTED, ReservationState.RELEASED)
    return await _became(stores, found, ReservationState.RELEASED)


async def _commit(stores: Stores, call: Call, asked: CommitReservation) -> Reservation:
    """Where there are several lines, none may run out while the others are committed.

    The first line decides between two orders that want the same reservation.
    """
    if problems := stock.sold_to(asked.order):
        raise Refused(problems)
    found = await _own(stores, call, asked.reservation)
    if found.state is ReservationState.CONVERTED and found.order_id == asked.order:
        return found
    _may_become(found, ReservationState.CONVERTED)
    if len(found.lines) > 1:
        await stores.claims.keep_open(call.claim, call.request)
        pinned = await _all(stores, call, found.id, found.lines, StepKind.PIN)
        await _expect_all_there(stores, call, found, asked.order, pinned)
    subjects = (asked.order,) if asked.order else ()
    for lines in (found.lines[:1], found.lines[1:]):
        done = await _all(stores, call, found.id, lines, StepKind.COMMIT, subjects=subjects)
        await _expect_all_there(stores, call, found, asked.order, done)
    return await _became(stores, found, ReservationState.CONVERTED, asked.order)


async def _expect_all_there(
    stores: Stores,
    call: Call,
    found: Reservation,
    order: OrderId | None,
    done: Sequence[Stepped],
) -> None:
    """Nothing of it has run out; what is not held was committed before it was written down.

    Raises:
        ReservationExpired: something has; what was still held is let go.
        IllegalTransition: it was committed to another order.
    """
    if all(each.outcome is not StepOutcome.ABSENT for each in done):
        return
    commits = await _commits(stores, found)
    if not commits:
        await _undo(stores, call, found.id, found.lines, done, HELD, even_pinned=True)
        raise ReservationExpired(path=("reservation",), reservation=found.id)
    if any(each.subjects[1:] != ((order,) if order else ()) for each in commits):
        raise _illegal(ReservationState.CONVERTED, ReservationState.CONVERTED)


async def _commits(stores: Stores, found: Reservation) -> Sequence[Happening]:
    """What is told of its units that were committed."""
    story = await stores.holds.story(found)
    return [each for each in story if each.type == StepKind.COMMIT]


async def _became(
    stores: Stores, found: Reservation, state: ReservationState, order: OrderId | None = None
) -> Reservation:
    ended = replace(found, state=state, order_id=order, version=found.version + 1)
    await stores.holds.change(ended)
    return ended


async def _own(stores: Stores, call: Call, key: ReservationId) -> Reservation:
    """A reservation that the caller may change.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = await stores.holds.find(key)
    within = reach(call.viewer, Subject.RESERVATIONS)
    if found is None or (isinstance(within, DoneBy) and found.owner != within.principal):
        raise NotFound(path=("reservation",), what="reservation", key=key)
    return found


def _may_become(found: Reservation, state: ReservationState) -> None:
    if state not in RESERVATION_STEPS[found.state]:
        raise _illegal(found.state, state)


def _illegal(before: ReservationState, after: ReservationState) -> IllegalTransition:
    allowed = tuple(sorted(RESERVATION_STEPS[before]))
    return IllegalTransition(
        path=("reservation",), from_state=before, to_state=after, allowed=allowed
    )


async def _all(
    stores: Stores,
    call: Call,
    key: str,
    lines: Sequence[ReservationLine],
    kind: StepKind,
    *,
    minutes: int = 0,
    subjects: tuple[str, ...] = (),
    even_pinned: bool = False,
) -> Sequence[Stepped]:
    """Take the same step on every line.

    Raises:
        Unavailable: the claim ran out meanwhile.
    """
    steps = [
        Step(
            kind=kind,
            reservation=ReservationId(key),
            line=line,
            minutes=minutes,
            cause=call.cause,
            actor=call.actor,
            deadline=call.claim.deadline,
            subjects=subjects,
            even_pinned=even_pinned,
        )
        for line in lines
    ]
    if len(steps) == 1:
        done = [await stores.holds.step(steps[0])]  # as most are: no task for it
    else:
        done = await gather(*(stores.holds.step(step) for step in steps))
    if any(each.outcome is StepOutcome.LATE for each in done):
        raise Unavailable(TOO_LATE)
    return done


async def _undo(
    stores: Stores,
    call: Call,
    key: str,
    lines: Sequence[ReservationLine],
    done: Sequence[Stepped],
    outcomes: Set[StepOutcome],
    *,
    even_pinned: bool = False,
) -> None:
    """Let go what is held of a reservation that cannot be had whole."""
    held = [line for line, each in zip(lines, done, strict=True) if each.outcome in outcomes]
    await _all(stores, call, key, held, StepKind.RELEASE, even_pinned=even_pinned)


async def _refuse(
    stores: Stores, lines: Sequence[ReservationLine], done: Sequence[Stepped]
) -> NoReturn:
    """Say of each line that cannot be had what can, and where else there is some."""
    short = [(s, d) for s, d in zip(lines, done, strict=True) if d.outcome not in HELD]
    elsewhere = await gather(
        *(stores.holds.free_elsewhere(line.sku, line.location_id) for line, _ in short)
    )
    raise Refused(
        [
            InsufficientStock(
                path=("lines",),
                sku=line.sku,
                location_id=line.location_id,
                asked=line.quantity,
                sellable=each.free,
                elsewhere=tuple(others),
            )
            for (line, each), others in zip(short, elsewhere, strict=True)
        ]
    )


def _admitted(viewer: Viewer, _: object) -> None:
    permitted(viewer, Action.RESERVE_STOCK)


def _spans_levels(asked: ReserveStock) -> bool:
    """What is granted by one update needs nobody to finish it, and nothing runs for ever."""
    return len({(line.sku, line.location_id) for line in asked.lines}) > 1


def _never(_: object) -> bool:
    return False


RESERVE = Command(
    "reserveStock", ReserveStock, Reservation, _reserve, _admitted, is_open=_spans_levels
)
EXTEND = Command(
    "extendReservation", ExtendReservation, Reservation, _extend, _admitted, is_open=_never
)
RELEASE = Command(
    "releaseReservation", ReleaseReservation, Reservation, _release, _admitted, is_open=_never
)
COMMIT = Command(
    "commitReservation", CommitReservation, Reservation, _commit, _admitted, is_open=_never
)

"""Units that come, go, or are counted.

All of a request happens, or nothing: its levels change in one transaction, which keeps the answer
as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from msgspec import Struct

from commands.running import Call, Command, settled_within
from domain import incidents, stock
from domain.errors import Forbidden
from domain.ids import LocationId, TransferId
from domain.incidents import IncidentKind
from domain.ports import Place, Stores, Work
from domain.refusals import (
    InsufficientStock,
    Invalid,
    NotFound,
    PromisedStock,
    VersionConflict,
    refuse_any,
)
from domain.stock import Shift, ShiftKind, StockCount, StockDelta, StockLevel, Transfer
from domain.values import MAX_INT
from domain.viewer import Action, AtLocation, Viewer, permitted


class AdjustStock(Struct, frozen=True):
    """Changes of stock, with reasons."""

    changes: tuple[StockDelta, ...]
    occurred_at: datetime | None = None


class CountStock(Struct, frozen=True):
    """What a stock-take found."""

    counts: tuple[StockCount, ...]


class Levels(Struct, frozen=True):
    """The levels that changed, as they were then."""

    levels: tuple[StockLevel, ...]
    transfer: Transfer | None = None


async def _adjust(stores: Stores, call: Call, asked: AdjustStock) -> Levels:
    refuse_any(stock.wrong_deltas(asked.changes))
    fresh = await stores.unheard([(each.sku, each.location_id) for each in asked.changes])
    is_told = await stores.is_told(call.cause)

    async def body(work: Work) -> Levels:
        await begun(work, fresh)
        shifts = [
            Shift(
                kind=ShiftKind.ADJUST,
                sku=each.sku,
                location_id=each.location_id,
                by=stock.adjusted(each.delta),
                cause=call.cause,
                actor=call.actor,
                at=asked.occurred_at,
                reason=each.reason,
            )
            for each in sorted(asked.changes, key=lambda its: (its.sku, its.location_id))
        ]
        return await shifted(work, call, shifts, is_told=is_told)

    return await stores.transaction(body)


async def _count(stores: Stores, call: Call, asked: CountStock) -> Levels:
    refuse_any(stock.wrong_counts(asked.counts))
    fresh = await stores.unheard(
        [(each.sku, each.location_id) for each in asked.counts if each.seen_version == 0]
    )
    is_told = await stores.is_told(call.cause)

    async def body(work: Work) -> Levels:
        new = await begun(work, fresh)
        shifts = [
            Shift(
                kind=ShiftKind.COUNT,
                sku=each.sku,
                location_id=each.location_id,
                counted=each.counted,
                seen_version=1 if (each.sku, each.location_id) in new else each.seen_version,
                cause=call.cause,
                actor=call.actor,
            )
            for each in sorted(asked.counts, key=lambda its: (its.sku, its.location_id))
        ]
        return await shifted(work, call, shifts, is_told=is_told)

    return await stores.transaction(body)


async def shifted(
    work: Work,
    call: Call,
    shifts: Sequence[Shift],
    transfer: Transfer | None = None,
    *,
    is_told: bool,
) -> Levels:
    """Do all shifts, and keep the answer.

    What many want comes first: until then nobody is in the way of this transaction.
    """
    if is_told:
        return await _told_before(work, call, shifts, transfer)
    levels = [await work.shift(each) or await _refused(work, each) for each in shifts]
    for each in shifts:
        await _relieved(work, each)
    if transfer:
        await work.save(transfer)
    return await settled_within(work, call, Levels(tuple(levels), transfer))


async def _relieved(work: Work, shift: Shift) -> None:
    """What was counted is not short any more."""
    if shift.counted is not None:
        subject = incidents.of_shelf(shift.sku, shift.location_id)
        await work.relieve(
            IncidentKind.OVERSOLD, subject, shift.actor, incidents.COUNTED, shift.cause
        )


async def _told_before(
    work: Work, call: Call, shifts: Sequence[Shift], transfer: Transfer | None
) -> Levels:
    """An old request that came again after its answer was forgotten."""
    found = [await work.level(each.sku, each.location_id) for each in shifts]
    levels = tuple(level for level in found if level)
    there = await work.transfer(TransferId(transfer.id)) if transfer else None
    return await settled_within(work, call, Levels(levels, there))


async def _refused(work: Work, shift: Shift) -> StockLevel:
    """Say why a shift was not allowed."""
    level = await work.level(shift.sku, shift.location_id)
    if level is None:
        raise NotFound(what="stock level", key=f"{shift.sku} at {shift.location_id}")
    if shift.seen_version not in {None, level.version}:
        raise VersionConflict(
            subject=level.id, expected=shift.seen_version or 0, actual=level.version
        )
    if shift.counted is not None:
        promised = level.committed + level.reserved + level.unavailable
        raise PromisedStock(sku=level.sku, counted=shift.counted, promised=promised)
    if any(getattr(level, name) + change > MAX_INT for name, change in shift.by.items()):
        raise Invalid(why=f"No more than {MAX_INT} units of a product can be at a location.")
    raise InsufficientStock(
        sku=level.sku,
        location_id=level.location_id,
        asked=-shift.by.get("free", 0),
        sellable=level.free,
    )


async def begun(work: Work, places: Sequence[Place]) -> Set[Place]:
    """Begin levels where there are none still; gives where."""
    fresh = {place for place in places if not await work.level(*place)}
    for sku, location in sorted(fresh):
        if not await work.open(sku, location):
            raise NotFound(what="product or location", key=f"{sku} at {location}")
    return fresh


def admit_at(viewer: Viewer, places: Iterable[LocationId]) -> None:
    within = permitted(viewer, Action.MOVE_STOCK)
    if isinstance(within, AtLocation) and any(place != within.location for place in places):
        raise Forbidden("You may move stock at your own location only.")


def _admit_changes(viewer: Viewer, asked: AdjustStock) -> None:
    admit_at(viewer, [each.location_id for each in asked.changes])


def _admit_counts(viewer: Viewer, asked: CountStock) -> None:
    admit_at(viewer, [each.location_id for each in asked.counts])


ADJUST = Command("adjustStock", AdjustStock, Levels, _adjust, _admit_changes, keeps_answer=True)
COUNT = Command("countStock", CountStock, Levels, _count, _admit_counts, keeps_answer=True)

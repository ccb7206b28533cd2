"""Units that come, go, or are counted; and units on their way between two locations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from domain.ids import LocationId, Sku
from domain.refusals import Invalid, Refusal
from domain.values import MAX_INT, Actor, Count, Entity

MOST_CHANGES = 100
LONGEST_REASON = 200


class ShiftKind(StrEnum):
    """Why units move; the value is the change as the journal tells it."""

    ADJUST = "StockAdjusted"
    COUNT = "StockCounted"
    SEND = "StockSent"
    ANNOUNCE = "StockAnnounced"
    RECEIVE = "StockReceived"


class Shift(Struct, frozen=True, kw_only=True):
    """A change of one level by `by`, which may not take more than is there.

    `counted` sets the units that are there, if the level is still at `seen_version`; all that is
    neither promised nor set aside is then free.
    """

    kind: ShiftKind
    sku: Sku
    location_id: LocationId
    by: Mapping[str, int] = {}
    counted: Count | None = None
    seen_version: Count | None = None
    cause: str
    actor: Actor
    at: datetime | None = None
    reason: str | None = None
    subjects: tuple[str, ...] = ()


class StockDelta(Struct, frozen=True):
    """So many more units, or (negative) fewer, and why."""

    sku: Sku
    location_id: LocationId
    delta: int
    reason: str


class StockCount(Struct, frozen=True):
    """So many units were counted, by somebody who saw the level at a version."""

    sku: Sku
    location_id: LocationId
    counted: int
    seen_version: int


class TransferState(StrEnum):
    """Units are IN_TRANSIT from when they left until somebody received them."""

    IN_TRANSIT = "IN_TRANSIT"
    RECEIVED = "RECEIVED"


class Transfer(Entity, frozen=True, kw_only=True):
    """Units on their way between two locations; `received` may be fewer than were sent."""

    state: TransferState
    sku: Sku
    source_id: LocationId
    target_id: LocationId
    quantity: Count
    received: Count = 0
    sent_at: datetime


def arrived(transfer: Transfer, units: int) -> Transfer:
    """A transfer after so many of its units came."""
    return replace(
        transfer, state=TransferState.RECEIVED, received=units, version=transfer.version + 1
    )


def adjusted(delta: int) -> Mapping[str, int]:
    """Units that were found, bought, broken or lost."""
    return MappingProxyType({"on_hand": delta, "free": delta})


def sent(quantity: int) -> Mapping[str, int]:
    """Units that leave."""
    return adjusted(-quantity)


def announced(quantity: int) -> Mapping[str, int]:
    """Units that will come."""
    return MappingProxyType({"incoming": quantity})


def received(quantity: int, of: int) -> Mapping[str, int]:
    """Units that came, of those that were announced."""
    return MappingProxyType({"on_hand": quantity, "free": quantity, "incoming": -of})


def wrong_deltas(changes: Sequence[StockDelta]) -> Iterable[Refusal]:
    yield from _wrong_number("changes", len(changes))
    for n, change in enumerate(changes):
        if change.delta == 0 or abs(change.delta) > MAX_INT:
            why = "A change is some units more, or (negative) fewer, but not 0."
            yield Invalid(path=("changes", str(n), "delta"), why=why)
        if not 1 <= len(change.reason) <= LONGEST_REASON:
            why = f"A reason has from 1 to {LONGEST_REASON} characters."
            yield Invalid(path=("changes", str(n), "reason"), why=why)


def wrong_counts(counts: Sequence[StockCount]) -> Iterable[Refusal]:
    yield from _wrong_number("counts", len(counts))
    if len({(each.sku, each.location_id) for each in counts}) < len(counts):
        yield Invalid(path=("counts",), why="Count each product once at each location.")
    for n, each in enumerate(counts):
        if each.counted < 0:
            why = "There cannot be fewer than 0 units."
            yield Invalid(path=("counts", str(n), "counted"), why=why)


def wrong_way(source: LocationId, target: LocationId, quantity: int) -> Iterable[Refusal]:
    if quantity < 1:
        why = f"At least 1 unit must be sent, not {quantity}."
        yield Invalid(path=("quantity",), why=why)
    if source == target:
        yield Invalid(path=("target",), why="The units are there already.")


def _wrong_number(name: str, count: int) -> Iterable[Refusal]:
    if not 1 <= count <= MOST_CHANGES:
        yield Invalid(path=(name,), why=f"Name from 1 to {MOST_CHANGES} {name}.")

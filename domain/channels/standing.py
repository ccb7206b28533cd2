"""How a connected channel is doing, as all gateways together know it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import Struct

from domain.channels.abilities import Thing
from domain.channels.marks import Mark
from domain.ids import ChannelId
from domain.values import Count

SILENT_AFTER = timedelta(seconds=90)
"""Gateways say every half minute that they are connected; after that long, none is."""

LATE_AFTER = timedelta(minutes=1)
MOST_COUNTED = 10_000
"""Deliveries that wait or are parked, of all channels together; more are not counted.

Parked ones are counted first, then the newest of those that wait.
"""

MOST_SHOWN = 5
"""Parked deliveries that are shown of each adapter, the newest first."""


class AdapterState(StrEnum):
    """How a connected account is, by the worst that is known of it.

    DISABLED: no gateway has it connected now. DOWN: the last attempt to read it failed. REPLAYING:
    a reading of what changed is under way. DEGRADED: deliveries are parked, or one waits for more
    than a minute. UP: none of that.
    """

    UP = "UP"
    DEGRADED = "DEGRADED"
    REPLAYING = "REPLAYING"
    DOWN = "DOWN"
    DISABLED = "DISABLED"


class Heard(Struct, frozen=True):
    """Deliveries since the last time: new ones, repeated ones, refused ones; the last new one."""

    taken: Count = 0
    repeated: Count = 0
    refused: Count = 0
    last_at: datetime | None = None


class Connection(Struct, frozen=True, kw_only=True):
    """An account that gateways have connected; `id` is its name in their configuration.

    `seen_at` is when a gateway last said so. The counts are since the account was first connected,
    and seconds old; those of a gateway that was killed lack its last seconds.
    """

    id: str = msgspec.field(name="_id")
    channel_id: ChannelId
    provider: str
    account: str
    capabilities: tuple[str, ...] = ()
    seen_at: datetime | None = None
    heard_at: datetime | None = None
    taken: Count = 0
    repeated: Count = 0
    refused: Count = 0


class ParkedDelivery(Struct, frozen=True, kw_only=True):
    """A delivery that a person must look at, and why."""

    delivery: str = msgspec.field(name="_id")
    received_at: datetime
    attempts: Count = 0
    why: str | None = None


class Queue(Struct, frozen=True, kw_only=True):
    """What of one endpoint is not applied."""

    waiting: Count = 0
    parked: Count = 0
    oldest_at: datetime | None = None
    newest_parked: tuple[ParkedDelivery, ...] = ()


class ReadingStatus(Struct, frozen=True, kw_only=True):
    """How far what changed was read: the next reading, or the one under way, begins at `since`."""

    thing: Thing
    is_backfill: bool
    since: datetime
    is_running: bool
    count: Count
    read_at: datetime | None
    due_at: datetime | None
    failed: str | None


class AdapterStatus(Struct, frozen=True, kw_only=True):
    """How one connected account is doing."""

    code: str
    provider: str
    account: str
    state: AdapterState
    capabilities: Sequence[str]
    lag_ms: int
    last_event_at: datetime | None
    backlog: int
    parked: int
    parked_deliveries: Sequence[ParkedDelivery]
    readings: Sequence[ReadingStatus]
    last_error: str | None
    taken: int
    repeated: int
    refused: int


def status(
    connection: Connection, queue: Queue, marks: Sequence[Mark], now: datetime
) -> AdapterStatus:
    """All that is known of one account, at `now` by the database's clock."""
    readings = [reading(mark) for mark in marks if mark.thing]
    # A backfill is somebody's own, who may have left it; it says nothing of how the channel is.
    own = [each for each in readings if not each.is_backfill]
    late = now - queue.oldest_at if queue.oldest_at else timedelta()
    return AdapterStatus(
        code=connection.id,
        provider=connection.provider,
        account=connection.account,
        state=_state(connection, queue, own, late, now),
        capabilities=connection.capabilities,
        lag_ms=max(0, late // timedelta(milliseconds=1)),
        last_event_at=connection.heard_at,
        backlog=queue.waiting,
        parked=queue.parked,
        parked_deliveries=queue.newest_parked,
        readings=readings,
        last_error=next((each.failed for each in own if each.failed), None),
        taken=connection.taken,
        repeated=connection.repeated,
        refused=connection.refused,
    )


def reading(mark: Mark) -> ReadingStatus:
    """A mark, as people read it. A backfill has no place in the list of what is due."""
    is_backfill = mark.id.startswith("backfill:")
    return ReadingStatus(
        thing=mark.thing or Thing.PAYMENT,
        is_backfill=is_backfill,
        since=mark.since,
        is_running=mark.page is not None,
        count=mark.count,
        read_at=mark.read_at,
        due_at=None if is_backfill else mark.due,
        failed=mark.failed,
    )


def _state(
    connection: Connection,
    queue: Queue,
    readings: Sequence[ReadingStatus],
    late: timedelta,
    now: datetime,
) -> AdapterState:
    if connection.seen_at is None or now - connection.seen_at > SILENT_AFTER:
        return AdapterState.DISABLED
    if any(each.failed for each in readings):
        return AdapterState.DOWN
    if any(each.is_running for each in readings):
        return AdapterState.REPLAYING
    if queue.parked or late > LATE_AFTER:
        return AdapterState.DEGRADED
    return AdapterState.UP

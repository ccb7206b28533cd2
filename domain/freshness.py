"""How old an answer is, and what may be called live."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

KASSA = "kassa"
"""The source whose numbers are decided here; they are as old as the read."""

LIVE_WITHIN = timedelta(minutes=1)
STALE_AFTER = timedelta(hours=24)


class FreshnessState(StrEnum):
    """LIVE: true now. CACHED: recent. STALE: too old to trust. UNREACHABLE: the source is down."""

    LIVE = "LIVE"
    CACHED = "CACHED"
    STALE = "STALE"
    UNREACHABLE = "UNREACHABLE"


class Freshness(Struct, frozen=True):
    """Where an answer came from and how old it is."""

    source: str
    as_of: datetime
    age_ms: int
    state: FreshnessState
    reason: str | None = None


def graded(source: str, observed_at: datetime, now: datetime) -> Freshness:
    """The freshness of a number that `source` told at `observed_at`."""
    if source == KASSA:
        return Freshness(source, now, 0, FreshnessState.LIVE)
    age = max(now - observed_at, timedelta())
    state = _state(age)
    reason = "NO_RECENT_REPORT" if state is FreshnessState.STALE else None
    return Freshness(source, observed_at, age // timedelta(milliseconds=1), state, reason)


def _state(age: timedelta) -> FreshnessState:
    if age <= LIVE_WITHIN:
        return FreshnessState.LIVE
    return FreshnessState.CACHED if age <= STALE_AFTER else FreshnessState.STALE

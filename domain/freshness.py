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


class Shortfall(StrEnum):
    """Why nothing newer is known, when a channel was to be asked for it."""

    CHANNEL_UNAVAILABLE = "CHANNEL_UNAVAILABLE"
    CHANNEL_TIMEOUT = "CHANNEL_TIMEOUT"
    CHANNEL_RATE_LIMITED = "CHANNEL_RATE_LIMITED"
    CHANNEL_AUTH = "CHANNEL_AUTH"
    CHANNEL_BAD_DATA = "CHANNEL_BAD_DATA"
    STILL_ASKING = "STILL_ASKING"
    NOT_ASKED = "NOT_ASKED"
    NOT_THERE = "NOT_THERE"
    NOT_APPLIED = "NOT_APPLIED"


OUT_OF_REACH = frozenset(
    {
        Shortfall.CHANNEL_UNAVAILABLE,
        Shortfall.CHANNEL_TIMEOUT,
        Shortfall.CHANNEL_AUTH,
        Shortfall.CHANNEL_BAD_DATA,
    }
)
"""The channel itself cannot be read; of all others it is only known that this is too old."""


class Heard(Struct, frozen=True):
    """What came of asking a channel: it was so `at` that time, or why nothing is known."""

    at: datetime | None = None
    shortfall: Shortfall | None = None


class Confirmed(Struct, frozen=True):
    """The channel was asked, and had nothing newer than this version."""

    at: datetime
    version: int


def told_at(at: datetime | None, confirmed: Confirmed | None, version: int) -> datetime | None:
    """How old what was told `at` some time is; a confirmation is of one version."""
    if at and confirmed and confirmed.version == version:
        return max(at, confirmed.at)
    return at


def after_asking(known: Freshness, heard: Heard | None, now: datetime) -> Freshness:
    """`known` of before, with what came of asking, if anybody was asked."""
    if heard is None:
        return known
    if heard.at:
        return graded(known.source, max(known.as_of, heard.at), now)
    if heard.shortfall is None:
        return known
    lost = heard.shortfall in OUT_OF_REACH
    state = FreshnessState.UNREACHABLE if lost else FreshnessState.STALE
    return Freshness(known.source, known.as_of, known.age_ms, state, heard.shortfall)

"""A number is as fresh as its report, and never called live beyond its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.freshness import KASSA, LIVE_WITHIN, STALE_AFTER, FreshnessState, graded
from tests.making import NOW

TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("age", "state", "reason"),
    [
        (timedelta(), "LIVE", None),
        (LIVE_WITHIN, "LIVE", None),
        (LIVE_WITHIN + TICK, "CACHED", None),
        (STALE_AFTER, "CACHED", None),
        (STALE_AFTER + TICK, "STALE", "NO_RECENT_REPORT"),
        (timedelta(days=900), "STALE", "NO_RECENT_REPORT"),
        (-timedelta(hours=1), "LIVE", None),
    ],
)
def test_a_reported_number_ages(age: timedelta, state: str, reason: str | None):
    found = graded("erp", NOW - age, NOW)

    assert (found.state, found.reason) == (FreshnessState(state), reason)
    assert (found.source, found.as_of) == ("erp", NOW - age)
    assert found.age_ms == max(0, age // timedelta(milliseconds=1))


def test_a_number_decided_here_is_live_however_long_nobody_touched_it():
    found = graded(KASSA, NOW - timedelta(days=900), NOW)

    assert (found.state, found.as_of, found.age_ms) == (FreshnessState.LIVE, NOW, 0)


@given(seconds=st.integers(-(10**6), 10**9))
def test_live_means_reported_within_the_time_allowed(seconds: int):
    age = timedelta(seconds=seconds)

    found = graded("erp", NOW - age, NOW)

    assert (found.state is FreshnessState.LIVE) == (age <= LIVE_WITHIN)
    assert found.age_ms >= 0

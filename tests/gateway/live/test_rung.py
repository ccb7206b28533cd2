"""What the doorbell brought along follows on what is known, or is not used."""

from datetime import UTC, datetime

import pytest

from domain.journal import JournalEntry
from domain.values import SYSTEM_ACTOR
from gateway.live.rung import MOST_HELD, Rung


def entry(n):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return JournalEntry(
        n=n,
        aggregate="stk_1",
        seq=n,
        type="StockReserved",
        at=now,
        recorded_at=now,
        actor=SYSTEM_ACTOR,
        cause="test",
        changes={},
        subjects=(),
    )


def rung_with(*numbers):
    rung = Rung()
    for n in numbers:
        rung.add(entry(n))
    return rung


@pytest.mark.parametrize(
    ("told", "at", "next"),
    [
        ((), 3, []),
        ((4, 5, 6), 3, [4, 5, 6]),
        ((2, 3, 4, 5), 3, [4, 5]),
        ((4, 6), 3, [4]),
        ((5, 6), 3, []),
        ((4, 4, 5), 3, [4, 5]),
        ((4, 5, 4, 5, 6), 3, [4, 5, 6]),
        ((1, 2, 3), 3, []),
    ],
)
def test_what_follows_is_taken(told, at, next):
    assert [each.n for each in rung_with(*told).behind(at)] == next


def test_what_was_taken_is_gone():
    rung = rung_with(4, 5)

    rung.behind(3)

    assert not rung
    assert rung.behind(3) == []


def test_what_does_not_follow_waits_until_the_journal_was_read():
    rung = rung_with(4, 6, 7)
    rung.behind(3)

    assert rung
    assert rung.behind(4) == []
    assert [each.n for each in rung.behind(5)] == [6, 7]


def test_nobody_who_listens_costs_little():
    rung = rung_with(*range(1, 2 * MOST_HELD))

    assert rung.behind(0) == []
    assert len(rung.behind(MOST_HELD - 1)) == MOST_HELD

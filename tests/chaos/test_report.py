"""What a fault cost is read off the history; the page shows what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.chaos import report
from tests.chaos.__main__ import PAGE, RESULT, TABLE
from tests.chaos.history import Answered, Asked, Event, Fault, Healed
from tests.chaos.report import Outage

DONE = {"userErrors": [], "replayed": False}
REFUSED = {"userErrors": [{"code": "INSUFFICIENT_STOCK"}], "replayed": False}


def write(op: int, asked: float, answered: float, payload: object = DONE) -> list[Event]:
    return [
        Asked(at=asked, op=op, gateway=0),
        Answered(at=answered, op=op, gateway=0, payload=payload),
    ]


def history(*groups: Sequence[Event]) -> list[Event]:
    return sorted((line for group in groups for line in group), key=lambda line: line.at)


KILLED: list[Event] = [
    Fault(at=10.0, name="primary killed", target="mongod-0"),
    Healed(at=16.0, name="primary killed", target="mongod-0"),
]


def test_a_write_asked_for_before_the_fault_does_not_show_recovery():
    lines = history(KILLED, write(1, 9.9, 10.1), write(2, 10.0, 13.0), write(3, 13.0, 13.1))

    assert report.outages(lines) == [Outage("primary killed", 3.0, 2.9)]


@pytest.mark.parametrize("payload", [REFUSED, {**DONE, "replayed": True}])
def test_what_wrote_nothing_does_not_show_recovery(payload):
    lines = history(KILLED, write(1, 11.0, 11.1, payload), write(2, 12.0, 14.0))

    assert report.outages(lines) == [Outage("primary killed", 4.0, 4.0)]


def test_the_last_request_counts_for_a_wish_that_was_asked_for_several_times():
    lines = history(KILLED, [Asked(at=9.0, op=1, gateway=1)], write(1, 12.0, 12.5))

    assert report.outages(lines)[0].first_write_seconds == 2.5


def written(result: Mapping[str, Any]) -> str:
    return report.table(result["faults"])


def test_the_page_shows_the_committed_result():
    shown = TABLE.search(PAGE.read_text())

    assert shown
    assert shown[0] == (written(json.loads(RESULT.read_text())) if RESULT.exists() else "")

"""The live benchmark runs through, briefly, and what it writes has the figures that are read."""

from __future__ import annotations

import json

import msgspec
import pytest

from bench.live import report
from bench.live.__main__ import found
from bench.live.measure import QUICK, Figures, Plan, Seen
from bench.live.messages import LET_GO, TOOK, changes
from bench.live.report import Found
from bench.live.servers import ALL
from bench.spread import Spread


@pytest.mark.timeout(180)
async def test_every_change_is_seen_and_every_server_tells():
    result = await found(QUICK, list(ALL))

    assert result.seen.missing == 0
    assert result.seen.deliveries > 0
    assert result.figures.keys() | result.absent.keys() == ALL.keys()
    sizes = [each.bytes_per_message for each in result.figures.values()]
    assert max(sizes) < 1.1 * min(sizes)
    assert all(each.delivered > 0 for each in result.figures.values())


def figures(cpu: float) -> Figures:
    spread = Spread(cpu, cpu * 0.9, cpu * 1.1)
    return Figures(
        cpu_us_per_message=spread, delivered=1.0, bytes_per_message=300, kib_per_subscriber=40.0
    )


FOUND = Found(
    seen=Seen(p50_ms=10, p99_ms=90, max_ms=99, changes_per_s=300, deliveries=60_000, missing=0),
    figures={"kassa": figures(20), "graphql-ws": figures(50), "strawberry": figures(100)},
    absent={},
    plan=Plan(),
    machine={"CPU": "a loom"},
)


def test_the_figures_have_their_names():
    kept = json.loads(msgspec.json.encode(report.shown(FOUND)))

    assert kept["seen_p99_ms"] == 90
    assert kept["cpu_us_per_message"] == {"kassa": 20, "graphql-ws": 50, "strawberry": 100}
    assert kept["kib_per_subscriber"] == 40


def test_a_ratio_has_the_range_that_the_rounds_allow():
    assert "| `graphql-ws` | **50** (45 to 55) | 0.40, 0.33 to 0.49 (0.6) |" in report.markdown(
        FOUND
    )


def test_who_is_absent_is_named_with_the_reason():
    left = {name: FOUND.figures[name] for name in ("kassa", "strawberry")}
    alone = msgspec.structs.replace(FOUND, figures=left, absent={"graphql-ws": "No Node."})

    page = report.markdown(alone)

    assert "Not measured: `graphql-ws`. No Node." in page
    assert "graphql-ws" not in report.shown(alone)["cpu_us_per_message"]


@pytest.mark.parametrize(
    ("kind", "before", "after"), [(TOOK, None, "1 ACTIVE"), (LET_GO, "1 ACTIVE", None)]
)
def test_a_change_is_known_by_its_reservation(kind, before, after):
    entry = {"type": kind, "changes": [{"path": "free"}, {"path": "reservations.rsv_1"}]}
    event = {"entries": [entry], "before": before, "after": after}
    message = msgspec.json.encode({"payload": {"data": {"stockChanged": event}}})

    assert list(changes(message)) == [(kind, "rsv_1")]

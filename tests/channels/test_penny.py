"""An invented provider passes as a channel without a line about it outside of its folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.channels import penny
from tests.channels.conformance import Conformance, Example
from tests.channels.paying import event, movement, payment, signs

ROOT = Path(__file__).parents[2]
TAKEN = movement("mv_1", "take", 5_00)
PAID = payment("pp_1", 5_00, TAKEN)
BACK = movement("mv_2", "give_back", 2_00, of="mv_1")

BODIES = [
    event("ev_1", "payment.changed", payment=PAID),
    event("ev_2", "payment.moved", payment_id="pp_1", movement=BACK),
    event("ev_3", "payment.touched", payment_id="pp_1"),
]
UNKNOWN = [
    event("ev_4", "payment.polished"),
    event("ev_5", "payment.changed", payment={**PAID, "method": "shells"}),
    event(
        "ev_6", "payment.moved", payment_id="pp_1", movement={**BACK, "status": "half", "id": "m"}
    ),
    event("ev_7", "payment.moved", payment_id="pp_1", movement={**BACK, "type": "spun", "id": "n"}),
]


class TestPenny(Conformance):
    @pytest.fixture
    def example(self) -> Example:
        return Example(opens=penny.adapter, signs=signs, bodies=BODIES, unknown=UNKNOWN)


def test_nothing_else_of_kassa_knows_its_name():
    rooms = ["gateway", "schema", "resolvers", "loaders", "commands", "domain", "storage"]
    command = ["grep", "-riwl", "penny", "--include=*.py", *rooms, "adapters"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout == ""

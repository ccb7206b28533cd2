"""A seed decides what breaks, in which order and for how long."""

from __future__ import annotations

from random import Random

from tests.chaos import nemesis
from tests.chaos.history import Begun, History, read
from tests.chaos.nemesis import FAULTS, Step


def plan_of(seed: int) -> list[Step]:
    return nemesis.plan(Random(seed), list(FAULTS), 1.0, 4.0)


def test_the_same_seed_plans_the_same_faults():
    assert plan_of(1) == plan_of(1)
    assert plan_of(1) != plan_of(2)


def test_a_plan_has_each_fault_once():
    assert sorted(step.fault for step in plan_of(1)) == sorted(FAULTS)


def test_a_history_is_read_as_it_was_written(tmp_path):
    with History(tmp_path / "history.jsonl") as history:
        history.add(Begun(scenario="mixture", seed=1, plan=[]))
        history.invoked("client", "adjustStock", "key", {"changes": []})

        assert list(read(history.path)) == history.lines

"""Names of operations in figures are bounded, whatever is registered or asked."""

from __future__ import annotations

import secrets

import pytest
from graphql import OperationDefinitionNode, parse

from gateway.execution.engine import Outcome
from gateway.metrics import instruments
from gateway.metrics.operations import MOST_NAMES, OTHERS, Counting
from gateway.seeing import SEVERAL, UNCHOSEN, Seen, name

NAMES = {
    "query Mine { channels { code } }": "query channels",
    "query Mine { a: channels { code } }": "query channels",
    "{ channels { code } locations { code } }": f"query {SEVERAL}",
    "{ ...F } fragment F on Query { channels { code } }": f"query {SEVERAL}",
    "mutation Mine { reserveStock { replayed } }": "mutation reserveStock",
}


def seen(text: str, *, is_registered: bool = False) -> Seen:
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found = Seen()
    found.is_registered = is_registered
    found.outcome = Outcome(executed=True, data={}, errors=(), operation=operation)
    return found


def called(text: str, *, is_registered: bool = False) -> str:
    return name(seen(text).operation, is_registered=is_registered)


@pytest.mark.parametrize("text", NAMES)
def test_an_operation_that_nobody_registered_is_called_by_its_root_field(text: str):
    assert called(text) == NAMES[text]


def test_a_registered_one_by_its_name_if_it_has_one():
    assert called("query Mine { channels { code } }", is_registered=True) == "Mine"
    assert called("{ channels { code } }", is_registered=True) == "query channels"


def test_what_was_refused_has_no_name():
    assert name(None, is_registered=True) == UNCHOSEN


def test_more_names_than_anybody_reads_are_counted_together():
    counting, mark = Counting(), secrets.token_hex(4)

    for n in range(MOST_NAMES + 5):
        one = seen(f"query Of_{mark}_{n} {{ channels {{ code }} }}", is_registered=True)
        counting.begins(one)
        counting.ends(one)
    counting.settle()

    told = [
        sample
        for family in instruments.OPERATIONS.collect()
        for sample in family.samples
        if mark in sample.labels["operation"] or sample.labels["operation"] == OTHERS
    ]
    assert len(told) == MOST_NAMES + 1
    assert next(each.value for each in told if each.labels["operation"] == OTHERS) == 5

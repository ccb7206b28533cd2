"""Lost answers of the database: the level is asked again, and nothing happens twice."""

from __future__ import annotations

from collections import Counter

import pytest
from pymongo.errors import AutoReconnect

from storage.mongo.driver import idempotent
from tests.races.checking import check_journal, check_levels
from tests.trading import SYSTEM, mugs, text_of

ENDS = {"releaseReservation": (10, 0, 0), "commitReservation": (7, 0, 3)}
"""And how many units are free, reserved and committed then."""


@pytest.fixture
def lost(monkeypatch):
    """Every other answer to an update of a level; gives how many there were."""
    answered, answers = idempotent._found, Counter()

    async def found(database, command):
        answer = await answered(database, command)
        answers["lost" if answers.total() % 2 == 0 else "heard"] += 1
        if answers["lost"] > answers["heard"]:
            raise AutoReconnect("connection closed")
        return answer

    monkeypatch.setattr(idempotent, "_found", found)
    return answers


@pytest.mark.parametrize("end", ENDS)
async def test_a_hold_is_taken_once_and_ended_once(stall, lost, end):
    told = await asked(stall, "reserveStock", "1", lines=[mugs(3)])
    held = await stall.numbers()
    ended = await asked(stall, end, "2", reservation=told["reservation"]["id"])

    assert lost["lost"] == lost["heard"] == 2
    assert held == (7, 3, 0)
    assert await stall.numbers() == ENDS[end]
    assert not ended["userErrors"]
    await check_levels(stall)
    await check_journal(stall)


async def asked(stall, mutation, key, **given):
    variables = {"input": {"idempotencyKey": key * 8, **given}}
    answer = await stall.gateways[0].post(text_of(mutation), SYSTEM, **variables)
    assert "errors" not in answer, answer
    (told,) = answer["data"].values()
    return told

"""Staff see what a level holds, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from domain.stock.levels import MOST_HOLDS
from tests.trading import CLERKS, MUG, NOBODY, Trading, more, mugs, place

HOLDS = """query ($sku: String!, $at: [ID!]) { product(sku: $sku) { levels(locations: $at) {
  reserved holds { reservation quantity state until } } } }"""


async def _level(stall: Trading, token: str | None = CLERKS[0]) -> dict[str, Any]:
    data = await stall.kassa.ask(HOLDS, token, sku=MUG, at=[place(0)])
    [level] = data["product"]["levels"]
    return level


async def test_a_level_shows_its_holds_the_next_to_run_out_first(stall: Trading):
    long = await stall.reserved(mugs(3), minutes=60)
    short = await stall.reserved(mugs(2), minutes=5)

    level = await _level(stall)

    assert [hold["reservation"] for hold in level["holds"]] == [short, long]
    assert [hold["quantity"] for hold in level["holds"]] == [2, 3]
    assert {hold["state"] for hold in level["holds"]} == {"ACTIVE"}
    assert sum(hold["quantity"] for hold in level["holds"]) == level["reserved"]


async def test_what_was_sold_or_let_go_is_held_no_longer(stall: Trading):
    sold, let_go = [await stall.reserved(mugs(1)) for _ in range(2)]
    await stall.do("commitReservation", reservation=sold)
    await stall.do("releaseReservation", reservation=let_go)

    assert (await _level(stall))["holds"] == []


async def test_what_ran_out_is_not_shown_even_before_anybody_noticed(stall: Trading):
    held = await stall.reserved(mugs(1))
    await stall.runs_out(held, 0)

    assert (await _level(stall))["holds"] == []


async def test_no_more_are_shown_than_anybody_can_look_at(stall: Trading):
    await stall.do("adjustStock", changes=[more(90)])
    for _ in range(MOST_HOLDS + 1):
        await stall.reserved(mugs(1))

    assert len((await _level(stall))["holds"]) == MOST_HOLDS


@pytest.mark.parametrize("token", [None, NOBODY])
async def test_nobody_else_sees_levels_at_all(stall: Trading, token: str | None):
    data = await stall.kassa.ask(HOLDS, token, sku=MUG, at=[place(0)])

    assert not data["product"] or data["product"]["levels"] == []

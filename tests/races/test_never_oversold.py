"""Many want what few can have: nobody is promised what is not there."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from tests.races.checking import check_journal, check_levels
from tests.trading import SYSTEM, mugs, text_of
from tests.wishes import wish


async def test_of_500_who_want_one_of_100_units_exactly_100_get_it(stall):
    answers = await asyncio.gather(
        *(stall.do("reserveStock", n % 3, lines=[mugs(1, at=2)]) for n in range(500))
    )

    granted = [each["reservation"]["id"] for each in answers if each["reservation"]]
    assert len(granted) == len(set(granted)) == 100
    codes = Counter(each["userErrors"][0]["code"] for each in answers if each["userErrors"])
    assert codes == {"INSUFFICIENT_STOCK": 400}
    assert await stall.numbers(2) == (0, 100, 0)
    await check_journal(stall)


async def test_60_copies_at_once_over_three_gateways_hold_units_once(stall):
    given = {"idempotencyKey": "a-key", "lines": [mugs(2), mugs(1, at=1)]}

    answers = await asyncio.gather(*(stall.do("reserveStock", n % 3, **given) for n in range(60)))

    assert {each["reservation"]["id"] for each in answers if each["reservation"]}
    assert len({str({**each, "replayed": 0}) for each in answers}) == 1
    assert sum(not each["replayed"] for each in answers) <= 1
    assert await stall.numbers(0) == (8, 2, 0)
    await check_journal(stall)


async def test_lines_in_opposite_order_never_block_each_other(stall):
    lines = [mugs(1), mugs(1, at=1)]

    answers = await asyncio.gather(
        *(stall.do("reserveStock", n % 3, lines=lines[:: 1 - 2 * (n % 2)]) for n in range(40))
    )

    assert sum(bool(each["reservation"]) for each in answers) <= 4
    levels = {level["location_id"]: level for level in await check_levels(stall)}
    holds = [set(level["reservations"]) for level in levels.values()]
    held = {each["reservation"]["id"] for each in answers if each["reservation"]}
    assert sorted(map(len, holds)) == sorted([0, len(held), len(held)])
    await check_journal(stall)


async def test_whatever_is_asked_at_once_the_numbers_add_up(stall):
    chances = [random.Random(n) for n in range(9)]
    buyers = [_buyer(stall, chance, n % 3) for n, chance in enumerate(chances)]

    codes = sum(await asyncio.gather(*buyers), Counter())

    assert set(codes) <= EXPECTED, codes
    assert codes["OK"] > 40
    await check_journal(stall)


EXPECTED = {
    "OK",
    "INSUFFICIENT_STOCK",
    "VERSION_CONFLICT",
    "ILLEGAL_TRANSITION",
    "RESERVATION_EXPIRED",
    "UNAVAILABLE",
}


async def _buyer(stall, chance, gateway):
    """Asks for this and that, one after the other."""
    codes, held, sent = Counter(), [], []
    for n in range(14):
        mutation, given = await wish(stall, chance, held, sent)
        key = f"{gateway}-{chance.random()}-{n}"
        variables = {"input": {"idempotencyKey": key, **given}}
        answer = await stall.gateways[gateway].post(text_of(mutation), SYSTEM, **variables)
        if errors := answer.get("errors"):
            codes[errors[0]["extensions"]["code"]] += 1
            continue
        done = answer["data"]["done"]
        codes[done["userErrors"][0]["code"] if done["userErrors"] else "OK"] += 1
        held += [done["reservation"]["id"]] if done.get("reservation") else []
        sent += [done["transfer"]["id"]] if done.get("transfer") else []
        if held and chance.random() < 0.1:
            await stall.runs_out(chance.choice(held))
    return codes

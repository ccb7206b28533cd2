"""The checker accepts a day on which all went well, and catches whatever is planted into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msgspec
import pytest

from tests.chaos import checker, mixture
from tests.chaos.checker import Run
from tests.chaos.client import Client
from tests.chaos.history import Event, History
from tests.chaos.paper import Shop, Values
from tests.chaos.planting import PLANTS, Lines, Plant

WISHES = 200
EACH = [(claim, plant) for claim, plants in PLANTS.items() for plant in plants]


async def day_of(shop: Shop, history: History) -> None:
    """One client's day in a shop on paper."""
    shop.note("before", history)
    client = Client("client", [shop.door], history, seed=1)
    await mixture.stock_up(client, shop.shelves)
    day = mixture.Day(client, shop.shelves)
    for _ in range(WISHES):
        await day.deed()
    shop.note("after", history)
    shop.tell(history)


@pytest.fixture(scope="module")
async def good(tmp_path_factory) -> Lines:
    """The history of a day on which nothing broke."""
    path = tmp_path_factory.mktemp("paper") / "history.jsonl"
    with History(path) as history:
        await day_of(Shop(), history)
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def broken(lines: Lines) -> Mapping[str, object]:
    return checker.broken(Run(msgspec.convert(lines, list[Event])))


def test_a_good_day_is_accepted(good):
    assert broken(good) == {}


def test_a_good_day_has_wishes_of_all_kinds(good):
    wished = {line["kind"] for line in good if line["event"] == "invoked"}
    told = {line["op"]: line["payload"] for line in good if line["event"] == "answered"}
    codes = {error["code"] for payload in told.values() for error in payload["userErrors"]}

    assert len(wished) == 10
    assert {"INSUFFICIENT_STOCK"} <= codes


def test_every_claim_has_a_plant():
    assert PLANTS.keys() == checker.CHECKS.keys()


@pytest.mark.parametrize(("claim", "plant"), EACH, ids=[plant.__name__ for _, plant in EACH])
def test_the_checker_catches(good, claim: str, plant: Plant):
    lines = deepcopy(good)

    plant(lines)

    assert claim in broken(lines)


class Hasty(Shop):
    """Acknowledges before it writes, and then does not write every tenth change."""

    def _change(self, place: Any, holds: Any = None, **by: int) -> Values:
        before = deepcopy(self.levels[place])
        shown = super()._change(place, holds, **by)
        if before["version"] % 10 == 9:
            self.levels[place] |= before
        return shown


class Forgetful(Shop):
    """Knows no keys: whoever asks again is served again."""

    async def door(self, kind: str, input: Mapping[str, Any]) -> Mapping[str, Any]:
        self._answers.clear()
        return await super().door(kind, input)


class Generous(Shop):
    """Checks what is free first, and takes it later."""

    def reserveStock(self, input: Mapping[str, Any]) -> Values:  # noqa: N802
        for line in input["lines"]:
            self.levels[line["sku"], line["location"]]["free"] += line["quantity"]
        answer = super().reserveStock(input)
        for line in input["lines"]:
            self.levels[line["sku"], line["location"]]["free"] -= line["quantity"]
        return answer


class Careless(Shop):
    """Takes a journal's number before it writes the entry, and sometimes loses the entry."""

    def _journalled(self, thing: Values, changes: Any) -> Values:
        made = super()._journalled(thing, changes)
        if made["version"] % 10 == 9:
            made["journal"] = made["journal"][:-1]
        return made


@pytest.mark.parametrize(
    ("shop", "claim"),
    [
        (Hasty, "units_moved_as_wished"),
        (Forgetful, "a_repeated_answer_says_so"),
        (Generous, "it_always_adds_up"),
        (Careless, "sequences_have_no_holes"),
    ],
)
async def test_the_checker_catches_a_shop_that_is(shop: type[Shop], claim: str, tmp_path):
    with History(tmp_path / "history.jsonl") as history:
        await day_of(shop(), history)

    assert claim in checker.broken(Run(history.lines))

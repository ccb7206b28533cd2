"""Five hundred who want one of a hundred units, all at once, while something breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tests.chaos.checker.run import Place
from tests.chaos.client import Client, GaveUp
from tests.chaos.shelves import Shelves

UNITS = 100
BUYERS = 500


class Rush:
    """The buyers of one place; `started` is set when the first few have their answer."""

    def __init__(self, place: Place, enough: int) -> None:
        self.started = asyncio.Event()
        self._line = {"sku": place[0], "location": place[1], "quantity": 1}
        self._enough = enough

    async def of(self, buyers: list[Client]) -> None:
        await asyncio.gather(*(self._buys(buyer) for buyer in buyers))
        self.started.set()

    async def _buys(self, buyer: Client) -> None:
        with suppress(GaveUp):  # the history says so
            await buyer.wish("reserveStock", lines=[self._line], minutes=60)
        self._enough -= 1
        if self._enough < 0:
            self.started.set()


async def lay_out(keeper: Client, shelves: Shelves, place: Place) -> None:
    """Leave exactly `UNITS` that may be promised."""
    free = (await shelves.look(shelves.levels[place]))["free"]
    change = {"sku": place[0], "location": place[1], "delta": UNITS - free, "reason": "CORRECTION"}
    payload = await keeper.wish("adjustStock", changes=[change])
    assert _free(payload) == UNITS, payload


def _free(payload: Mapping[str, Any]) -> int:
    return payload["levels"][0]["free"]

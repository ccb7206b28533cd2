"""What people at work want of the shop next, drawn by chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tests.trading import Trading, counted, more, moved, mugs


async def wish(
    shop: Trading,
    chance: random.Random,
    held: Sequence[str],
    sent: Sequence[str],
    *,
    reserving: int = 1,
) -> tuple[str, dict[str, Any]]:
    """A mutation and what it is given.

    `held` are reservations and `sent` transfers there are; `reserving` is how much likelier a small
    reservation is than anything else.
    """
    at, units = chance.randrange(3), chance.randint(1, 4)
    wishes: list[tuple[str, dict[str, Any]]] = [
        *[("reserveStock", {"lines": [mugs(units, at=at)]})] * reserving,
        ("reserveStock", {"lines": [mugs(1, at=n) for n in range(3)]}),
        ("adjustStock", {"changes": [more(chance.choice([-3, 4]), at=at)]}),
        ("transferStock", moved(units, at, (at + 1) % 3)),
    ]
    if held:
        one = {"reservation": chance.choice(held)}
        wishes += [("releaseReservation", one), ("commitReservation", one)]
        wishes += [("extendReservation", {**one, "minutes": 20})]
    if sent:
        wishes.append(("receiveTransfer", {"transfer": chance.choice(sent)}))
    if chance.random() < 0.1:
        version = (await shop.level(at))["version"]
        return "countStock", {"counts": [counted(chance.randint(0, 30), version, at=at)]}
    return chance.choice(wishes)

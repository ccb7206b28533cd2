"""How steps on one level go together."""

from __future__ import annotations

import asyncio

from tests.holding import a_step


async def test_those_who_come_back_at_once_still_go_together(shelf, monkeypatch):
    holds, sizes = shelf.stores.holds, list[int]()
    answered = holds._step_all

    async def counted(steps):
        sizes.append(len(steps))
        return await answered(steps)

    monkeypatch.setattr(holds, "_step_all", counted)

    async def come_three_times(n: int) -> None:
        for again in range(3):
            await holds.step(a_step(10 * n + again))

    await asyncio.gather(*(come_three_times(n) for n in range(30)))

    assert sum(sizes) == 90
    assert len(sizes) <= 8

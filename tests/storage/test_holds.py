"""How steps on one level go together."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from domain.ids import Kind, ReservationId, Sku
from domain.stock import ReservationLine, Step, StepKind
from domain.values import SYSTEM_ACTOR
from tests.making import NOW, at_location, new_id


def a_step(n: int) -> Step:
    return Step(
        kind=StepKind.RESERVE,
        reservation=ReservationId(new_id(Kind.RESERVATION, n)),
        line=ReservationLine(Sku("SKU-0"), at_location(0), 1),
        minutes=1,
        cause=f"request-{n}",
        actor=SYSTEM_ACTOR,
        deadline=NOW + timedelta(days=36_500),
    )


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

    await asyncio.gather(*(come_three_times(n) for n in range(40)))

    assert sum(sizes) == 120
    assert len(sizes) <= 8

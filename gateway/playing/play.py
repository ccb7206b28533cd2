"""Playing a day against the clock, with a line for whatever is worth telling."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from secrets import token_hex
from time import monotonic

from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from domain.money import Currency, Money
from gateway.playing import shop
from gateway.playing.asking import Api
from gateway.playing.day import CLOSES, HOUR, OPENS, Deed, planned
from gateway.playing.deeds import Trader

MOST_AT_ONCE = 8
DAY = (CLOSES - OPENS) * HOUR


class Wish(Struct, frozen=True):
    """How long to play, how fast the day passes, which day, where, and as whom."""

    minutes: float
    speed: float
    seed: int
    url: str
    token: str

    @property
    def seconds(self) -> float:
        """How long it takes: until the shop closes, or until the time is up."""
        return min(self.minutes * 60, DAY / self.speed)


async def play(wish: Wish, out: Console) -> None:
    """Play a day, or as much of it as there is time for.

    Raises:
        Unavailable: there is no shop there, or it went away.
        BadInput: the graph refuses us.
    """
    async with Api(wish.url, wish.token) as api:
        found = await shop.read(api)
        deeds = [deed for deed in planned(found, wish.seed) if deed.at / wish.speed <= wish.seconds]
        trader = Trader(api, f"demo {wish.seed} {token_hex(4)}")
        out.print(
            f"{len(deeds)} things happen in {len(found.sellers)} channels of {escape(wish.url)} in "
            f"{wish.seconds / 60:.1f} minutes; Ctrl-C ends it.",
            soft_wrap=True,
        )
        try:
            with _progress(out) as progress:
                await Playing(wish, trader, progress).through(deeds)
        finally:
            _sum_up(trader, out)


def _progress(out: Console) -> Progress:
    columns = (
        TextColumn("[bold]{task.fields[clock]}[/]"),
        BarColumn(),
        TextColumn("{task.fields[done]}"),
    )
    return Progress(*columns, console=out, transient=True)


class Playing:
    """One day under way."""

    def __init__(self, wish: Wish, trader: Trader, progress: Progress) -> None:
        self._wish = wish
        self._trader = trader
        self._progress = progress
        self._task: TaskID = progress.add_task("", total=wish.seconds, clock=_clock(0), done="")
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._began = monotonic()

    async def through(self, deeds: Sequence[Deed]) -> None:
        """Do everything at its time; the first that cannot be done ends the day."""
        try:
            async with asyncio.TaskGroup() as group:
                for deed in deeds:
                    await self._until(deed.at / self._wish.speed)
                    group.create_task(self._do(deed))
                await self._until(self._wish.seconds)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _until(self, seconds: float) -> None:
        while (left := self._began + seconds - monotonic()) > 0:
            self._tell()
            await asyncio.sleep(min(left, 0.1))

    async def _do(self, deed: Deed) -> None:
        async with self._room:
            line = await self._trader.do(deed)
        if line:
            self._progress.console.print(
                f"[dim]{_clock(deed.at)}[/] {escape(line)}", soft_wrap=True
            )

    def _tell(self) -> None:
        passed = monotonic() - self._began
        done = ", ".join(f"{count} {what}" for what, count in self._trader.done.items())
        clock = _clock(passed * self._wish.speed)
        self._progress.update(self._task, completed=passed, clock=clock, done=done)


def _clock(seconds: float) -> str:
    minutes = int(min(seconds, DAY) // 60)
    return f"{OPENS + minutes // 60:02}:{minutes % 60:02}"


def _sum_up(trader: Trader, out: Console) -> None:
    done = ", ".join(f"{count} {what}" for what, count in sorted(trader.done.items()))
    sums = [Money(minor, Currency(code)) for code, minor in trader.minor.items()]
    taken = ", ".join(f"{each.amount} {each.currency}" for each in sums)
    out.print(
        f"The day is over: {done or 'nothing happened'}. Taken: {taken or 'nothing'}.",
        soft_wrap=True,
    )

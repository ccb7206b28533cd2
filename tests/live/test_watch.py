"""`kassa watch`, through a gateway that ends and is started again."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.console import Console

from domain.errors import BadInput, Unavailable
from gateway import following
from gateway.following import About, Wish, chosen
from gateway.identity.admission import Admission
from gateway.identity.door import Door
from tests.trading import MUG, ORDERS, mugs, place, tender


class Terminal:
    """What `kassa watch` writes."""

    def __init__(self, wish: Wish) -> None:
        self._written = io.StringIO()
        out = Console(file=self._written, width=200)
        self.watching = asyncio.create_task(following.watch(wish, out))

    async def shows(self, text: str, times: int = 1) -> str:
        async with asyncio.timeout(20):
            while self._written.getvalue().count(text) < times:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return self._written.getvalue()

    async def close(self) -> None:
        self.watching.cancel()
        await asyncio.wait([self.watching])


@asynccontextmanager
async def watching(
    about: About,
    address: str,
    token: str = "dev.system",  # noqa: S107
    **given: object,
) -> AsyncIterator[Terminal]:
    nothing = {"skus": None, "location": None, "orders": None, "customer": None}
    terminal = Terminal(Wish(about, chosen(about, **{**nothing, **given}), address, token))
    try:
        yield terminal
    finally:
        await terminal.close()


async def test_it_comes_back_and_tells_what_it_missed(stall, serve):
    async with serve() as address:
        terminal = Terminal(Wish(About.STOCK, {"skus": [MUG]}, address, "dev.system"))
        await terminal.shows("free 100 of 100")
        await stall.do("reserveStock", lines=[mugs(1)])
        await terminal.shows("free 9 of 10")
    await terminal.shows("not connected")
    await stall.do("reserveStock", lines=[mugs(1)])
    async with serve():
        await terminal.shows("nothing was missed")
        written = await terminal.shows("free 8 of 10")
        await terminal.close()

    assert "Units were reserved." in written
    assert written.count(" → ") == 2


class Uncertain(Door):
    """A door that cannot say who somebody is, until `knows`."""

    knows = False

    async def who(self, authorization: str | None) -> Admission:
        if not self.knows:
            raise Unavailable("The issuer of these credentials does not answer. Try again.")
        return await super().who(authorization)


async def test_it_comes_again_until_somebody_knows_who_it_is(serve):
    door = Uncertain(is_development=True)
    async with (
        serve(door=door) as address,
        watching(About.STOCK, address, skus=[MUG]) as terminal,
    ):
        await terminal.shows("The issuer of these credentials does not answer")
        door.knows = True

        await terminal.shows("free 100 of 100")


@pytest.mark.parametrize("about", [About.ORDERS, About.PAYMENTS])
async def test_orders_and_payments_have_lines_too(stall, serve, about):
    async with serve() as address, watching(about, address, orders=[ORDERS[0]]) as terminal:
        await terminal.shows("T-0" if about is About.ORDERS else "no payments yet")
        await stall.do("recordPayment", **tender(kind="CASH", provider="till"))
        await terminal.shows("PAID" if about is About.ORDERS else "by CASH (till)")


@pytest.mark.parametrize(
    ("token", "given", "said"),
    [
        ("dev.system", {}, "at least one of"),
        ("nonsense", {"skus": [MUG]}, "Refused"),
        ("dev.partner.x", {"location": place(0)}, "Refused"),
    ],
)
async def test_what_cannot_be_watched_is_said_in_a_sentence(serve, token, given, said):
    async with serve() as address, watching(About.STOCK, address, token, **given) as terminal:
        with pytest.raises(BadInput, match=said):
            await terminal.watching

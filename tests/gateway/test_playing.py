"""`kassa demo`: a day of trade through the API of a running shop."""

from __future__ import annotations

import asyncio
import io
import signal
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from domain.errors import Unavailable
from gateway import playing
from gateway.playing.day import Rush, planned
from gateway.playing.shop import Offer, Seller, Shop
from tests.processes import Serving, run, serving

SELLER = Seller("chn_1", "WEBSHOP", "Web shop", "SEK")
TILL = Seller("chn_2", "POS", "Tills", "SEK")
TO_BE_SOLD = [
    Offer(seller, f"MUG-{n}", f"Mug {n}", 9_900, f"loc_{n % 3}", f"Place {n % 3}", 5 + n)
    for n in range(12)
    for seller in (SELLER, TILL)
]
MORNING = playing.Wish(minutes=0.1, speed=3_600, seed=3, url="", token="dev.system")  # noqa: S106
"""Until 14 o'clock, in six seconds."""


class Saying(io.StringIO):
    """What is said, and when the first of it was."""

    def __init__(self) -> None:
        super().__init__()
        self.began = asyncio.Event()

    def write(self, text: str) -> int:
        self.began.set()
        return super().write(text)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory):
    with serving(tmp_path_factory.mktemp("shop") / "data") as found:
        yield found


def test_the_same_seed_and_shop_make_the_same_day():
    shop = Shop(TO_BE_SOLD)

    assert planned(shop, 7) == planned(shop, 7)
    assert planned(shop, 7) != planned(shop, 8)


def test_a_day_is_in_order_and_has_a_rush_on_something_scarce():
    day = planned(Shop(TO_BE_SOLD), 7)

    assert [deed.at for deed in day] == sorted(deed.at for deed in day)
    [rush] = [deed for deed in day if isinstance(deed, Rush)]
    assert rush.offer.sellable < rush.buyers


async def test_a_day_is_played_through_the_api_and_breaks_nothing(shop: Serving):
    before = _takings(shop)
    said = await _played(shop)

    assert "40 wanted " in said
    assert "070-123 45 67 asks for W-" in said
    assert "came back to" in said
    assert "The day is over: " in said
    assert _takings(shop) > before
    assert _declined(shop)


async def test_a_shop_that_goes_away_is_a_sentence(tmp_path: Path):
    out = Saying()
    with serving(tmp_path / "data") as found:
        day = asyncio.create_task(playing.play(replace(MORNING, url=found.url), Console(file=out)))
        await out.began.wait()
        await asyncio.to_thread(found.end, signal.SIGTERM)

        with pytest.raises(Unavailable, match="There is no shop at http"):
            await day

    assert "The day is over" in out.getvalue()


def test_without_a_shop_it_says_how_to_start_one():
    refused = run("demo", "--url", "http://127.0.0.1:1")

    assert refused.returncode == 1
    assert "Start one with `make run`" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_token_that_is_none_is_a_sentence(shop: Serving):
    refused = run("demo", "--url", shop.url, "--token", "nobody")

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "credentials" in refused.stderr


async def _played(shop: Serving) -> str:
    out = io.StringIO()
    await playing.play(replace(MORNING, url=shop.url), Console(file=out, width=200))
    return out.getvalue()


def _takings(shop: Serving) -> int:
    """How many payments were made on playing, of the newest hundred."""
    query = "{ payments(first: 100) { edges { node { merchantAccount } } } }"
    found = shop.ask(query, role="system")["data"]["payments"]["edges"]
    return sum(edge["node"]["merchantAccount"] == "demo" for edge in found)


def _declined(shop: Serving) -> bool:
    query = "{ payments(first: 100, states: [DECLINED]) { edges { node { merchantAccount } } } }"
    found = shop.ask(query, role="system")["data"]["payments"]["edges"]
    return any(edge["node"]["merchantAccount"] == "demo" for edge in found)

"""Commands that ask the graph: explain, watch, demo."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated

import typer

from gateway import asking, following, playing
from gateway.terminal import Embedded, database, out, sentences


def explain(
    query: Annotated[str, typer.Argument(help="The query; `-` reads it from standard input.")],
    variables: Annotated[str, typer.Option(help="Its variables, as JSON.")] = "{}",
    operation: Annotated[str | None, typer.Option(help="Which, where there are several.")] = None,
    token: Annotated[str, typer.Option(help="As whom: a development token.")] = "dev.system",  # noqa: S107
    embedded: Embedded = False,
) -> None:
    """Execute a query and show its plan: what is read for which field, and how long it takes."""
    text = typer.get_text_stream("stdin").read() if query == "-" else query
    with database(embedded=embedded) as settings:
        asyncio.run(asking.run(settings, asking.Question(text, variables, operation, token), out))


def watch(
    about: Annotated[following.About, typer.Argument(help="What to watch.")],
    sku: Annotated[list[str] | None, typer.Option(help="Stock of this product.")] = None,
    location: Annotated[str | None, typer.Option(help="What happens at a location, by id.")] = None,
    order: Annotated[
        list[str] | None, typer.Option(help="An order or its payments, by id.")
    ] = None,
    customer: Annotated[str | None, typer.Option(help="What is a customer's, by id.")] = None,
    url: Annotated[str, typer.Option(help="Where the shop is.")] = "http://127.0.0.1:8000",
    token: Annotated[str, typer.Option(help="As whom: a development token.")] = "dev.system",  # noqa: S107
    after: Annotated[str | None, typer.Option(help="Go on behind this cursor.")] = None,
) -> None:
    """Write a line whenever stock, orders or payments change. A lost connection loses nothing."""
    chosen = following.chosen(about, skus=sku, location=location, orders=order, customer=customer)
    with sentences(), suppress(KeyboardInterrupt):
        asyncio.run(following.watch(following.Wish(about, chosen, url, token, after), out))


def demo(
    minutes: Annotated[
        float, typer.Option(min=0.05, max=120, help="Play for no longer than this.")
    ] = 6,
    speed: Annotated[
        float, typer.Option(min=1, max=3_600, help="Seconds of the day in one of ours.")
    ] = 120,
    seed: Annotated[int, typer.Option(help="Which day: the same seed plays the same.")] = 1,
    url: Annotated[str, typer.Option(help="Where the shop is.")] = "http://127.0.0.1:8000",
    token: Annotated[str, typer.Option(help="As whom: a token that may sell.")] = "dev.system",  # noqa: S107
) -> None:
    """Play a day of trade through the API of a running shop, so that its console lives.

    It sells, declines, refunds, delivers and answers the telephone; what it does stays done.
    """
    with sentences(), suppress(KeyboardInterrupt):
        asyncio.run(playing.play(playing.Wish(minutes, speed, seed, url, token), out))

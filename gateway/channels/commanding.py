"""`kassa channel` and `kassa inbox`: what is connected, and what became of what it sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from domain.channels.abilities import Thing
from domain.channels.inbox import DeliveryState, Kept
from domain.errors import BadInput
from gateway import bootstrap, importing
from gateway import settings as environment
from gateway.channels import judging
from gateway.settings import Settings
from gateway.terminal import Embedded, complain, database, out, problems, sentences

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
NONE = "No channels are connected. KASSA_CHANNELS names the file that connects them."

channel = typer.Typer(no_args_is_help=True, help="The channels that are connected.")
inbox = typer.Typer(no_args_is_help=True, help="What channels sent, and what became of it.")

Endpoint = Annotated[str | None, typer.Option("--channel", help="Of this channel alone.")]


@channel.command("list")
def listed() -> None:
    """Show which channels are connected, where they post to, and what they can do."""
    with sentences():
        asyncio.run(_listed(environment.read()))


@channel.command()
def check() -> None:
    """Check the configuration, and ask each channel once. Leaves with status 1 if one is wrong."""
    with sentences():
        wrong = asyncio.run(_checked(environment.read()))
    if wrong:
        raise typer.Exit(1)


@channel.command()
def sync(
    name: Annotated[str, typer.Argument(help="Which channel, as in the configuration.")],
    since: Annotated[
        datetime, typer.Option(help="All that changed since then, in UTC.", formats=FORMATS)
    ],
    embedded: Embedded = False,
) -> None:
    """Bring in all that changed at a channel since a time.

    It may be cut off, and goes on where it was when it is asked the same again.
    """
    with database(embedded=embedded) as settings, importing.bars(problems) as bars:

        def told(thing: Thing, more: int) -> None:
            bars(f"Reading {thing} changes", more, 0)

        count = asyncio.run(bootstrap.synced(settings, name, since.replace(tzinfo=UTC), told))
    out.print(f"{count} changes of {escape(name)} are in.")


@channel.command()
def stock(
    name: Annotated[str, typer.Argument(help="Which channel, as in the configuration.")],
    most: Annotated[int, typer.Option(min=1, max=10_000, help="So many rows.")] = 20,
    embedded: Embedded = False,
) -> None:
    """Show what a shop shows of our stock: what is still to be told first, and why it waits."""
    with database(embedded=embedded) as settings:
        table = asyncio.run(_stocked(settings, name, most))
    out.print(table)


@inbox.command("list")
def deliveries(
    state: Annotated[DeliveryState | None, typer.Option(help="Only these. [all]")] = None,
    endpoint: Endpoint = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the newest.")] = 50,
    embedded: Embedded = False,
) -> None:
    """Show what was sent, the newest first."""
    with database(embedded=embedded) as settings:
        found = asyncio.run(_deliveries(settings, state, endpoint, most))
    out.print(_table(found) if found else "There is nothing.")


@inbox.command()
def show(
    id: Annotated[str, typer.Argument(help="As `kassa inbox list` shows it.")],
    embedded: Embedded = False,
) -> None:
    """Show one delivery as it came: it may hold what is nobody else's business."""
    with database(embedded=embedded) as settings:
        found = asyncio.run(_delivery(settings, id))
    out.print(_table([found]))
    for name, value in (found.headers or {}).items():
        typer.echo(f"{name}: {value}")
    body = "It is forgotten." if found.body is None else found.body.decode(errors="replace")
    typer.echo(f"\n{body}")


@inbox.command()
def replay(
    id: Annotated[str | None, typer.Argument(help="This one alone. [all that are parked]")] = None,
    endpoint: Endpoint = None,
    embedded: Embedded = False,
) -> None:
    """Have what is parked tried anew, by whichever gateway runs."""
    with database(embedded=embedded) as settings:
        count = asyncio.run(_replayed(settings, endpoint, id))
    out.print(f"{count} deliveries are tried anew.")


async def _listed(settings: Settings) -> None:
    async with bootstrap.unconnected(settings) as lines:
        table = Table()
        for name in ("channel", "provider", "account", "posts to", "can"):
            table.add_column(name, overflow="fold")
        for name, line in lines.items():
            texts = (name, line.adapter.provider, line.account.account, f"/webhooks/{name}")
            table.add_row(*map(escape, (*texts, "; ".join(judging.abilities(line)))))
        out.print(table if lines else NONE)


async def _checked(settings: Settings) -> bool:
    """Is anything wrong?"""
    is_wrong = False
    async with bootstrap.unconnected(settings) as lines:
        if not lines:
            out.print(NONE)
        for name, line in lines.items():
            problems = list(judging.unheard(line))
            if not problems and (why := await judging.unreachable(line)):
                problems.append(why)
            for problem in problems:
                complain(f"{name}: {problem}")
            for remark in judging.remarks(line):
                out.print(f"{escape(name)}: {remark}", soft_wrap=True)
            if not problems:
                out.print(f"{escape(name)}: ready.")
            is_wrong = is_wrong or bool(problems)
    return is_wrong


async def _stocked(settings: Settings, name: str, most: int) -> Table:
    async with bootstrap.unconnected(settings) as lines:
        if name not in lines or not lines[name].push_stock:
            known = ", ".join(each for each, line in lines.items() if line.push_stock) or "none"
            raise BadInput(
                f"No channel {name!r} is told of stock (`push_stock`). Told are: {known}."
            )
    counts, rows = await bootstrap.pushed(settings, name, most)
    table = Table(caption=", ".join(f"{count} {sort}" for sort, count in counts.items()))
    for each in ("sku", "place", "shows", "ours", "acknowledged", "waits since", "tries", "why"):
        table.add_column(each, overflow="fold")
    for row in rows:
        numbers = ("?" if each is None else str(each) for each in (row.shown, row.told))
        times = (
            f"{each:%Y-%m-%d %H:%M:%S}" if each else "" for each in (row.acknowledged_at, row.since)
        )
        texts = (row.sku, row.place, *numbers, *times, str(row.attempts), row.why or "")
        table.add_row(*map(escape, texts))
    return table


async def _deliveries(
    settings: Settings, state: DeliveryState | None, endpoint: str | None, most: int
) -> Sequence[Kept]:
    async with bootstrap.kept(settings) as found:
        return await found.list(state, endpoint, most)


async def _delivery(settings: Settings, id: str) -> Kept:
    async with bootstrap.kept(settings) as found:
        kept = await found.find(id)
    if kept is None:
        raise BadInput(f"There is no delivery {id!r}. `kassa inbox list` shows those there are.")
    return kept


async def _replayed(settings: Settings, endpoint: str | None, id: str | None) -> int:
    async with bootstrap.kept(settings) as found:
        return await found.replay(endpoint, id)


def _table(found: Sequence[Kept]) -> Table:
    table = Table()
    for name in ("delivery", "came", "state", "attempts", "why"):
        table.add_column(name, overflow="fold")
    for each in found:
        came = f"{each.received_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(escape(each.id), came, each.state, str(each.attempts), escape(each.why or ""))
    return table

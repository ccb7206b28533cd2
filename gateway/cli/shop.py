"""Commands for what a shop holds: seed, import, migrate, check."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gateway import bootstrap, checking, importing
from gateway.terminal import Embedded, complain, database, out, problems, sentences


class Scale(StrEnum):
    """How large the demo shop is."""

    SMALL = "small"
    BENCH = "bench"


def seed(
    embedded: Embedded = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Throw away what the database holds first.")
    ] = False,
    scale: Annotated[
        Scale, typer.Option(help="`bench`: 20,000 customers, 100,000 orders, 2,000 products.")
    ] = Scale.SMALL,
) -> None:
    """Put the demo shop into an empty database."""
    with database(embedded=embedded) as settings:
        with importing.bars(out) as told:
            told(f"Making the {scale} shop", 0, 0)
            shop = asyncio.run(
                bootstrap.seeded(
                    settings,
                    reset=reset,
                    size=bootstrap.SIZES[scale],
                    told=partial(told, "Writing documents"),
                )
            )
        out.print(
            f"The demo shop is there: {len(shop.customers)} customers, {len(shop.orders)} orders, "
            f"{len(shop.payments)} payments, {len(shop.products)} products at "
            f"{len(shop.locations)} locations.",
            soft_wrap=True,
        )


def bring_in(
    folder: Annotated[Path, typer.Argument(help="Where the files are.")],
    describe: Annotated[
        bool, typer.Option("--describe", help="Only propose a mapping, as TOML.")
    ] = False,
    mapping: Annotated[
        Path | None, typer.Option(help="What the columns mean. [FOLDER/kassa.toml]")
    ] = None,
    tolerate: Annotated[
        float, typer.Option(min=0, max=100, help="Bad rows per file, in per cent.")
    ] = 5.0,
    quarantine: Annotated[
        Path | None, typer.Option(help=f"Where bad rows go. [{importing.QUARANTINE}]")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report here too, as JSON.")] = None,
    embedded: Embedded = False,
) -> None:
    """Bring your own customers, products, stock, orders and payments in, from CSV or NDJSON.

    Doing it again changes nothing; a row that changed changes one document.
    """
    if describe:
        with sentences():
            typer.echo(importing.describe(folder), nl=False)
        return
    plan = importing.Plan(folder, mapping, quarantine, tolerate, report)
    with database(embedded=embedded) as settings:
        if not importing.run(settings, plan, out).agrees:
            complain("The sums of the files and of the database differ; see the report.")
            raise typer.Exit(1)


def migrate(embedded: Embedded = False) -> None:
    """Create the collections, validators and indexes that this version needs."""
    with database(embedded=embedded) as settings:
        for line in asyncio.run(bootstrap.migrated(settings)):
            out.print(line)


def check(
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
    most: Annotated[
        int, typer.Option(min=1, max=100_000, help="Name so many ids of what is broken, at most.")
    ] = checking.MOST,
    embedded: Embedded = False,
) -> None:
    """Check what must always be true of stock, payments, ledger and journal. Changes nothing.

    Leaves with status 1 if anything is broken. Gateways may go on working meanwhile.
    """
    with database(embedded=embedded) as settings:
        with importing.bars(problems) as told:
            checks = asyncio.run(bootstrap.checked(settings, most, told))
        if as_json:
            typer.echo(checking.as_json(checks))
        else:
            checking.show(checks, out)
        if not checking.all_hold(checks):
            raise typer.Exit(1)

"""The command `kassa`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from gateway import (
    asking,
    bootstrap,
    checking,
    following,
    greeting,
    importing,
    keys,
    registering,
    serving,
)
from gateway import settings as environment
from gateway.channels import commanding
from gateway.terminal import Embedded, complain, database, out, problems, sentences
from schema import views
from schema.contracts import Contract
from schema.fields import Column

HELP = """Kassa: one GraphQL graph over customer, order, payment and stock.

Settings are environment variables:

KASSA_MONGODB_URL, KASSA_REDIS_URL: your servers, where not --embedded

KASSA_MONGODB_DATABASE: the database in MongoDB (kassa)

KASSA_MONGODB_DRIVER: pymongo or motor (pymongo)

KASSA_DATA: where embedded servers keep their files (.kassa)

KASSA_HOST, KASSA_PORT: where to listen (127.0.0.1, 8000)

KASSA_CHECK_SECONDS: how often a gateway checks a little of what must always be true (10; 0: never)

KASSA_LIMITS: enforce what clients may cost, measure it only, or off (enforce)

KASSA_DOCUMENTS: the manifest of registered documents (none)

KASSA_AD_HOC: everybody or partners may ask others (in production: partners)

KASSA_COUNTRY: whose phone numbers need no country code (SE)

KASSA_ENV: development or production (development)

KASSA_ISSUERS: a file that says whose tokens are taken (none)

KASSA_PEPPER_FILE: a file with the secret that keys are kept under (one of the database's own)

KASSA_CHANNELS: a file that says which channels are connected (none)

KASSA_ALLOW_OLD_SERVERS: start production on servers with known security holes (false)

KASSA_SUBGRAPH: serve this subgraph alone, for a router (everything)
"""


class Scale(StrEnum):
    """How large the demo shop is."""

    SMALL = "small"
    BENCH = "bench"


EXPOSED = (
    "[bold red]Other machines can reach this address, and whoever does can act as anybody:[/] "
    "development tokens prove nothing.\n"
)

app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(registering.app, name="documents")

Subgraph = Annotated[
    Column | None,
    typer.Option("--subgraph", help="Only what this subgraph owns, as a router wants it."),
]


app.add_typer(keys.app, name="keys")
app.add_typer(commanding.channel, name="channel")
app.add_typer(commanding.inbox, name="inbox")


@app.command()
def serve(
    embedded: Embedded = False,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="How many server processes share the port.")
    ] = 1,
    subgraph: Subgraph = None,
) -> None:
    """Serve the graph until Ctrl-C. With --embedded, an empty database gets the demo shop.

    Without it, KASSA_MONGODB_URL and KASSA_REDIS_URL say where your servers are.
    """
    with sentences():
        settings = bootstrap.check(environment.read())
        settings = replace(settings, subgraph=subgraph or settings.subgraph)
        with (
            serving.ending_on_sigterm(),
            serving.listening(settings) as sock,
            serving.beside(settings, wanted=embedded) as ready,
        ):
            offers = asyncio.run(bootstrap.prepared(ready, with_demo=embedded))
            if settings.is_development:
                greeting.greet(out, serving.address(sock), offers, settings.subgraph)
                if serving.is_exposed(sock):
                    out.print(EXPOSED, soft_wrap=True)
            else:
                greeting.announce(out, serving.address(sock), settings.subgraph)
            serving.run(ready, sock, workers)


@app.command()
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


@app.command("import")
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


@app.command()
def migrate(embedded: Embedded = False) -> None:
    """Create the collections, validators and indexes that this version needs."""
    with database(embedded=embedded) as settings:
        for line in asyncio.run(bootstrap.migrated(settings)):
            out.print(line)


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
def schema(
    subgraph: Subgraph = None,
    contract: Annotated[
        Contract | None, typer.Option("--contract", help="Only what this audience may ask.")
    ] = None,
    scopes: Annotated[
        bool, typer.Option("--scopes", help="The whole, in which each field names what it needs.")
    ] = False,
    check: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Compare the snapshots in this folder; 1 if any differs."
        ),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write all snapshots into this folder.")
    ] = None,
) -> None:
    """Print the schema (SDL): of the whole graph, or of a part of it."""
    if sum(map(bool, (subgraph, contract, scopes))) > 1:
        raise typer.BadParameter("Choose a subgraph, a contract or --scopes.")
    if check:
        _compare(check)
    elif write:
        for name, view in views.everything().items():
            (write / f"{name}.graphql").write_text(view.sdl)
    else:
        whole = views.guarded() if scopes else views.named(subgraph)
        view = views.contract(contract) if contract else whole
        typer.echo(view.sdl, nl=False)


def _compare(folder: Path) -> None:
    wanted = {f"{name}.graphql": view.sdl for name, view in views.everything().items()}
    found = {path.name: path.read_text() for path in folder.glob("*.graphql")}
    if wrong := sorted(name for name in wanted | found if wanted.get(name) != found.get(name)):
        complain(f"{', '.join(wrong)} in {folder}: not what the schema says. Run `make schema`.")
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the `kassa` script."""
    app(prog_name="kassa")

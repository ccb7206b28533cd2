"""The command `kassa`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from msgspec.structs import replace

from gateway import bootstrap, greeting, keys, registering, serving, sessions
from gateway import settings as environment
from gateway.channels import commanding, practice
from gateway.cli import asking, schema, shop, till
from gateway.cli.options import Subgraph
from gateway.doctoring import doctor
from gateway.metrics import exposing
from gateway.terminal import Embedded, out, sentences

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

KASSA_METRICS: where Prometheus may read figures, such as 127.0.0.1:9464 (nowhere)

KASSA_TRACES: the OTLP collector that traces are sent to, such as http://127.0.0.1:4318 (none)

KASSA_COUNTRY: whose phone numbers need no country code (SE)

KASSA_ENV: development or production (development)

KASSA_CONSOLE: serve the console at / (in production: false)

KASSA_CHANNELS: a file that says which channels are connected (none)

KASSA_ISSUERS: a file that says whose tokens are taken (none)

KASSA_PEPPER_FILE: a file with the secret that keys and cards are kept under (one of its own)

KASSA_ALLOW_OLD_SERVERS: start production on servers with known security holes (false)

KASSA_SUBGRAPH: serve this subgraph alone, for a router (everything)
"""

EXPOSED = (
    "[bold red]Other machines can reach this address, and whoever does can act as anybody:[/] "
    "development tokens prove nothing.\n"
)

app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(registering.app, name="documents")
app.add_typer(keys.app, name="keys")
app.add_typer(sessions.app, name="sessions")
app.add_typer(commanding.channel, name="channel")
app.add_typer(commanding.inbox, name="inbox")
app.add_typer(till.app, name="till")


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
            exposing.exposed(settings, workers) as figures,
        ):
            offers = asyncio.run(bootstrap.prepared(ready, with_demo=embedded))
            if embedded:
                practice.begin(settings)
            if figures:
                out.print(f"\nFigures for Prometheus are at {figures}", soft_wrap=True)
            if settings.is_development:
                greeting.greet(out, serving.address(sock), offers, settings.subgraph)
                if serving.is_exposed(sock):
                    out.print(EXPOSED, soft_wrap=True)
            else:
                greeting.announce(out, serving.address(sock), settings.subgraph)
            serving.run(ready, sock, workers)


app.command()(shop.seed)
app.command("import")(shop.bring_in)
app.command()(shop.migrate)
app.command()(shop.check)
app.command()(doctor)
app.command()(asking.explain)
app.command()(asking.watch)
app.command()(asking.demo)
app.command()(schema.schema)


def main() -> None:
    """Entry point of the `kassa` script."""
    app(prog_name="kassa")

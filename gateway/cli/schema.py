"""The command that prints the schema, and compares its snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Subgraph
from gateway.terminal import complain
from schema import views
from schema.contracts import Contract


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

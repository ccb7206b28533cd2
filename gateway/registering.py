"""`kassa documents`, which writes the manifest of registered documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway import manifest as manifests
from gateway import settings as environment
from gateway.execution.documents import Documents
from gateway.settings import SettingsError
from gateway.terminal import out, sentences
from schema import views

app = typer.Typer(help="Documents that front ends may ask for by their hash.", no_args_is_help=True)


@app.command()
def register(
    files: Annotated[list[Path], typer.Argument(help="Files of GraphQL, or manifests.")],
    manifest: Annotated[Path | None, typer.Option(help="Where to write. [KASSA_DOCUMENTS]")] = None,
) -> None:
    """Add documents to the manifest, after checking them against the graph.

    Gateways read it when they start.
    """
    with sentences():
        path = manifest or environment.read().documents
        if path is None:
            raise SettingsError("Set KASSA_DOCUMENTS to the manifest's path, or use --manifest.")
        documents = Documents(views.unified().core)
        before = manifests.read(path) if path.exists() else ()
        fresh = [each for file in files for each in manifests.operations(file, documents)]
        manifests.write(path, [*{each.id: each for each in (*before, *fresh)}.values()])
    for each in fresh:
        out.print(f"sha256:{each.id}  {each.name}", soft_wrap=True, markup=False)

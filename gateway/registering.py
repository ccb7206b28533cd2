"""The manifest of registered documents, and `kassa documents`, which writes it.

Source: https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from graphql import OperationDefinitionNode
from msgspec import Struct
from rich.console import Console

from gateway import settings as environment
from gateway.execution.documents import Documents
from gateway.execution.measuring import REGISTERED
from gateway.settings import SettingsError
from schema import views

FORMAT, VERSION = "apollo-persisted-query-manifest", 1
MANIFEST = ".json"

app = typer.Typer(help="Documents that front ends may ask for by their hash.", no_args_is_help=True)
out = Console(highlight=False)


class Operation(Struct, frozen=True):
    """One document: `id` is the SHA-256 of `body`."""

    id: str
    name: str
    type: str
    body: str


class Manifest(Struct, frozen=True):
    """All of them."""

    format: str = FORMAT
    version: int = VERSION
    operations: Sequence[Operation] = ()


def read(path: Path | None) -> Mapping[str, str]:
    """Texts by hash; none without a path.

    Raises:
        SettingsError: the manifest cannot be read, or holds a text under another's hash.
    """
    return {each.id: each.body for each in _read(path).operations} if path else {}


def write(path: Path, operations: Sequence[Operation]) -> None:
    """Write a manifest, whole or not at all."""
    shown = msgspec.json.format(msgspec.json.encode(Manifest(operations=operations)), indent=2)
    beside = path.with_suffix(".new")
    beside.write_bytes(shown + b"\n")
    beside.replace(path)


def operations(file: Path, documents: Documents) -> Iterator[Operation]:
    """What a file of GraphQL holds, as one document; or a manifest, as many.

    Raises:
        SettingsError: one of them is not valid here; says which, and why.
    """
    if file.suffix == MANIFEST:
        named = [(each.name, each.body) for each in _read(file).operations]
    else:
        named = [(file.stem, _text(file))]
    for name, body in named:
        yield _operation(str(file), name, body, documents)


@app.command()
def register(
    files: Annotated[list[Path], typer.Argument(help="Files of GraphQL, or manifests.")],
    manifest: Annotated[Path | None, typer.Option(help="Where to write. [KASSA_DOCUMENTS]")] = None,
) -> None:
    """Add documents to the manifest, after checking them against the graph.

    Gateways read it when they start.
    """
    try:
        path = manifest or environment.read().documents
        if path is None:
            raise SettingsError("Set KASSA_DOCUMENTS to the manifest's path, or use --manifest.")
        documents = Documents(views.unified().core)
        found = {each.id: each for each in _read(path).operations} if path.exists() else {}
        fresh = [each for file in files for each in operations(file, documents)]
        write(path, [*{**found, **{each.id: each for each in fresh}}.values()])
    except SettingsError as error:
        typer.echo(f"kassa: {error}", err=True)
        raise typer.Exit(1) from None
    for each in fresh:
        out.print(f"sha256:{each.id}  {each.name}", soft_wrap=True, markup=False)


def _read(path: Path) -> Manifest:
    try:
        found = msgspec.json.decode(_text(path), type=Manifest)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{path} is no manifest of documents: {error}.") from error
    for each in found.operations:
        if each.id != _hash(each.body):
            raise SettingsError(f"{path}: {each.name} is not what its hash says: {each.id}.")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from error


def _operation(file: str, unnamed: str, body: str, documents: Documents) -> Operation:
    prepared = documents.prepare(body, REGISTERED)
    if prepared.document is None:
        raise SettingsError(f"{file}: {prepared.errors[0].message}")
    nodes = [
        each for each in prepared.document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    if not nodes:
        raise SettingsError(f"{file} has no operation.")
    name = ",".join(each.name.value for each in nodes if each.name) or unnamed
    return Operation(_hash(body), name, nodes[0].operation.value, body)


def _hash(body: str) -> str:
    return sha256(body.encode()).hexdigest()

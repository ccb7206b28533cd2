"""The manifest of registered documents.

Source: https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from graphql import OperationDefinitionNode
from msgspec import Struct

from gateway.execution.documents import Documents
from gateway.execution.measuring import REGISTERED
from gateway.settings import SettingsError
from gateway.trusted import digest

FORMAT, VERSION = "apollo-persisted-query-manifest", 1
SUFFIX = ".json"


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


def texts(path: Path | None) -> Mapping[str, str]:
    """Texts by hash; none without a path.

    Raises:
        SettingsError: the manifest cannot be read, or holds a text under another's hash.
    """
    return {each.id: each.body for each in read(path)} if path else {}


def read(path: Path) -> Sequence[Operation]:
    """What a manifest holds.

    Raises:
        SettingsError: it cannot be read, or holds a text under another's hash.
    """
    try:
        found = msgspec.json.decode(_text(path), type=Manifest)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{path} is no manifest of documents: {error}.") from error
    for each in found.operations:
        if each.id != digest(each.body):
            raise SettingsError(f"{path}: {each.name} is not what its hash says: {each.id}.")
    return found.operations


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
    if file.suffix == SUFFIX:
        named = [(each.name, each.body) for each in read(file)]
    else:
        named = [(file.stem, _text(file))]
    for name, body in named:
        yield _operation(str(file), name, body, documents)


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
    return Operation(digest(body), name, nodes[0].operation.value, body)

"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

from schema.fields import Column

Subgraph = Annotated[
    Column | None,
    typer.Option("--subgraph", help="Only what this subgraph owns, as a router wants it."),
]

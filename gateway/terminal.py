"""What all commands of `kassa` share: where they write, what may go wrong, the database."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from domain.errors import KassaError
from gateway import bootstrap, serving
from gateway import settings as environment
from gateway.embedded import EmbeddedError
from gateway.serving import PortTaken
from gateway.settings import Settings, SettingsError

SENTENCES = (SettingsError, EmbeddedError, PortTaken, KassaError)
"""What may go wrong in a way that one sentence explains."""

out = Console(highlight=False)
problems = Console(stderr=True, highlight=False)

Embedded = Annotated[
    bool,
    typer.Option(
        "--embedded",
        help="Run MongoDB and Redis as child processes, with their files in KASSA_DATA.",
    ),
]


@contextmanager
def sentences() -> Generator[None]:
    """Say what is wrong in one sentence, and leave with status 1. Ctrl-C is no error."""
    try:
        yield
    except SENTENCES as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def complain(sentence: str) -> None:
    problems.print(f"[bold red]kassa:[/] {escape(sentence)}", soft_wrap=True)


@contextmanager
def database(*, embedded: bool) -> Generator[Settings]:
    with (
        sentences(),
        serving.ending_on_sigterm(),
        serving.beside(bootstrap.check(environment.read()), wanted=embedded) as settings,
    ):
        yield settings

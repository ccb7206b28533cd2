"""What `kassa serve` says first."""

from __future__ import annotations

from rich.console import Console
from rich.syntax import Syntax

from gateway.examples import Example
from gateway.welcome import Welcome
from schema.fields import Column


def greet(out: Console, url: str, offers: Welcome, subgraph: Column | None = None) -> None:
    """Say where the graph is, who one may be, and what to ask first."""
    announce(out, url, subgraph)
    out.print("Send a development token as `Authorization: Bearer <token>`:\n")
    width = max(len(guise.label) for guise in offers.roles)
    for guise in offers.roles:
        out.print(f"  {guise.label:<{width}}  {guise.token}", soft_wrap=True, markup=False)
    for example in offers.examples[:1]:
        _show(out, example)
    out.print("\nCtrl-C ends it; the data stays.\n")


def announce(out: Console, url: str, subgraph: Column | None = None) -> None:
    """Say where the graph is."""
    what = f"The subgraph [bold]{subgraph}[/] of Kassa" if subgraph else "[bold]Kassa[/]"
    place = f"[link={url}]{url}[/link]  (GraphQL at {url}/graphql)"
    out.print(f"\n{what} is at {place}\n", soft_wrap=True)


def _show(out: Console, example: Example) -> None:
    out.print(f"\nA query to paste, as a {example.role}:\n")
    # As text, for a `Syntax` is cut at the width of the terminal, and then cannot be pasted.
    colours = Syntax("", "graphql", background_color="default")
    out.print(colours.highlight(example.query), soft_wrap=True, end="")

"""`kassa sessions`: takes from people what they are signed in with, before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from domain.errors import BadInput
from domain.sessions import RevokedSessions
from gateway import bootstrap
from gateway.settings import Settings
from gateway.terminal import Embedded, database, out

app = typer.Typer(no_args_is_help=True, help="Who is signed in with a token of your issuers.")

Issuer = Annotated[
    str | None, typer.Option(help="Whose `sub` it is; may be left out where there is one issuer.")
]


@app.command()
def revoke(
    subject: Annotated[str, typer.Argument(help="The `sub` of the tokens.")],
    issuer: Issuer = None,
    embedded: Embedded = False,
) -> None:
    """Have the tokens that somebody has by now open nothing any more, within five seconds.

    Have your issuer sign them out as well; who signs in again a minute later is let in.
    """
    with database(embedded=embedded) as settings:
        named = _named(subject, issuer, bootstrap.issuing(settings))
        asyncio.run(_revoke(settings, RevokedSessions(named, datetime.now(UTC))))
    out.print(f"Revoked: {escape(named)}.", soft_wrap=True)


@app.command("list")
def listed(embedded: Embedded = False) -> None:
    """Show whose sessions were revoked, and when last."""
    with database(embedded=embedded) as settings:
        found = asyncio.run(_all(settings))
    out.print(_table(found) if found else "No sessions were revoked.")


def _named(subject: str, issuer: str | None, issuers: Collection[str]) -> str:
    """The subject, as viewers have it.

    Raises:
        BadInput: it cannot be told whose it is.
    """
    if not issuers:
        raise BadInput("No tokens are taken: KASSA_ISSUERS names no issuer.")
    if issuer is None and len(issuers) > 1:
        raise BadInput(f"Say with --issuer whose subject it is: {', '.join(issuers)}.")
    if issuer is not None and issuer not in issuers:
        raise BadInput(f"There is no issuer {issuer!r}. There are: {', '.join(issuers)}.")
    return f"{issuer or next(iter(issuers))}#{subject}"


async def _revoke(settings: Settings, revoked: RevokedSessions) -> None:
    async with bootstrap.sessions(settings) as kept:
        await kept.revoke(revoked)


async def _all(settings: Settings) -> Sequence[RevokedSessions]:
    async with bootstrap.sessions(settings) as kept:
        return await kept.revoked()


def _table(found: Sequence[RevokedSessions]) -> Table:
    table = Table()
    table.add_column("whose", overflow="fold")
    table.add_column("tokens until", no_wrap=True)
    for each in found:
        table.add_row(escape(each.subject), f"{each.at:%Y-%m-%d %H:%M:%S}")
    return table

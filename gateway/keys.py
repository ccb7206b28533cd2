"""`kassa keys`: keys for partners and devices, made, listed, changed and revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from msgspec import Struct
from rich.markup import escape
from rich.table import Table

from domain import api_keys, ids, scopes
from domain.api_keys import ApiKey, ApiKeyId, Mode
from domain.errors import BadInput
from domain.ids import ChannelId, Kind, LocationId
from domain.ports import Repositories
from domain.scopes import Scope
from domain.viewer import SYSTEM
from gateway import bootstrap
from gateway.settings import Settings
from gateway.terminal import Embedded, database, out

MOST_DAYS = 3650
USUAL_DAYS = 365

app = typer.Typer(no_args_is_help=True, help="Keys for partners and devices.")

Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help=f"Good for this alone: {', '.join(scopes.Scope)}. [everything]"),
]

KeyId = Annotated[str, typer.Argument(help="Its id, as `kassa keys list` shows it.")]


class Wish(Struct, frozen=True):
    """What the command line says of a new key."""

    name: str
    channels: Sequence[str]
    location: str | None
    scopes: Sequence[str]
    days: int


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="By which you will know it again.")],
    channel: Annotated[
        list[str] | None, typer.Option(help="For a partner: what is sold here, by code or id.")
    ] = None,
    location: Annotated[
        str | None, typer.Option(help="For a device: where it stands, by code or id.")
    ] = None,
    scope: Scopes = None,
    days: Annotated[
        int, typer.Option(min=0, max=MOST_DAYS, help="Good for so many days; 0: until revoked.")
    ] = USUAL_DAYS,
    embedded: Embedded = False,
) -> None:
    """Make a key, and show it: once, for it is not kept."""
    wish = Wish(name, channel or (), location, scope or (), days)
    with database(embedded=embedded) as settings:
        key, text = asyncio.run(_created(settings, wish))
    out.print(_table([key]))
    out.print("The key, which is shown only now; send it as `Authorization: Bearer <key>`:\n")
    typer.echo(text)


@app.command("list")
def listed(embedded: Embedded = False) -> None:
    """Show all keys, but for what opens anything."""
    with database(embedded=embedded) as settings:
        keys = asyncio.run(_all(settings))
    out.print(_table(keys) if keys else "There are no keys. `kassa keys create` makes one.")


@app.command("scopes")
def rescoped(
    key: KeyId,
    scope: Scopes = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Good for all that its role may.")
    ] = False,
    embedded: Embedded = False,
) -> None:
    """Change what a key is good for, within five seconds: these scopes, and no others.

    What it has open ends, and may be opened again with what it is good for then.
    """
    with database(embedded=embedded) as settings:
        if bool(scope) == everything:
            raise BadInput("Say what the key is good for: `--scope` once or more, or --everything.")
        found = asyncio.run(_rescoped(settings, key, scopes.scopes(scope or ())))
    out.print(_table([found]))


@app.command()
def revoke(
    key: KeyId,
    embedded: Embedded = False,
) -> None:
    """Have a key open nothing any more, within five seconds and for ever."""
    with database(embedded=embedded) as settings:
        found = asyncio.run(_revoked(settings, key))
    out.print(f"Revoked: {escape(found.name)} ({found.id}).", soft_wrap=True)


async def _created(settings: Settings, wish: Wish) -> tuple[ApiKey, str]:
    mode = Mode.TEST if settings.is_development else Mode.LIVE
    now = datetime.now(UTC)
    async with bootstrap.keys(settings) as (kept, peppers, repositories):
        channels = await _channels(repositories, wish.channels)
        location = await _location(repositories, wish.location) if wish.location else None
        text = api_keys.new_text(mode)
        key = ApiKey(
            id=ApiKeyId(ids.mint(Kind.API_KEY, now)),
            digest=api_keys.digest(text, peppers[0]),
            hint=text[-api_keys.HINT_DIGITS :],
            name=api_keys.named(wish.name),
            mode=mode,
            role=api_keys.belongs(channels, location),
            channels=channels,
            location_id=location,
            scopes=_kept(scopes.scopes(wish.scopes)),
            created_at=now,
            expires_at=now + timedelta(days=wish.days) if wish.days else None,
        )
        await kept.add(key)
    return key, text


async def _all(settings: Settings) -> Sequence[ApiKey]:
    async with bootstrap.keys(settings) as (kept, *_):
        return await kept.all()


async def _revoked(settings: Settings, key: str) -> ApiKey:
    async with bootstrap.keys(settings) as (kept, *_):
        return _there(key, await kept.revoke(ApiKeyId(key), datetime.now(UTC)))


async def _rescoped(settings: Settings, key: str, wanted: frozenset[Scope]) -> ApiKey:
    async with bootstrap.keys(settings) as (kept, *_):
        return _there(key, await kept.rescope(ApiKeyId(key), _kept(wanted)))


def _kept(wanted: frozenset[Scope]) -> tuple[Scope, ...] | None:
    """Scopes as a key keeps them; none stands for everything."""
    return tuple(sorted(wanted)) or None


def _there(key: str, found: ApiKey | None) -> ApiKey:
    if found is None:
        raise BadInput(f"There is no key {key!r}. `kassa keys list` shows those there are.")
    return found


async def _channels(repositories: Repositories, wanted: Sequence[str]) -> tuple[ChannelId, ...]:
    there = await repositories.channels.all(SYSTEM)
    known = {name: ChannelId(each.id) for each in there for name in (each.code, each.id)}
    for each in wanted:
        if each not in known:
            codes = ", ".join(channel.code for channel in there)
            raise BadInput(f"There is no channel {each!r}. There are: {codes or 'none'}.")
    return tuple(sorted({known[each] for each in wanted}))


async def _location(repositories: Repositories, wanted: str) -> LocationId:
    there = await repositories.catalog.locations(SYSTEM, None, None)
    for each in there:
        if wanted in (each.code, each.id):
            return LocationId(each.id)
    codes = ", ".join(each.code for each in there)
    raise BadInput(f"There is no location {wanted!r}. There are: {codes or 'none'}.")


def _table(keys: Sequence[ApiKey]) -> Table:
    table = Table()
    table.add_column("key", no_wrap=True)
    for name in ("whose", "good for", "until"):
        table.add_column(name, overflow="fold")
    for key in keys:
        things = key.location_id or "\n".join(key.channels)
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        table.add_row(
            f"{key.id}\n{key.mode.prefix}…{key.hint}",
            f"{escape(key.name)}\n{key.role} {things}",
            "\n".join(key.scopes) if key.scopes else f"all that a {key.role} may",
            f"{_until(key)}\nused: {used}",
        )
    return table


def _until(key: ApiKey) -> str:
    if key.revoked_at:
        return f"[red]revoked[/]\n{key.revoked_at:%Y-%m-%d}"
    return f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "revoked"

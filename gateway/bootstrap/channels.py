"""Channels as they are configured, with the adapters that speak to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from typing import NamedTuple, cast

import httpx2

from adapters.http import HttpTransport, client
from commands.channels import applying, syncing
from commands.channels.asking import Asking
from commands.channels.news import Receiving
from domain import ids
from domain.channels.abilities import Thing
from domain.channels.accounts import Account, Misconfigured
from domain.channels.inbox import DeliveryState
from domain.ids import ChannelId, Kind
from domain.money import Currency
from domain.operations import Channel
from domain.ports import Stores
from domain.ports.asking import AskedTold, unheard
from domain.ports.channels import CallFailed, Line, Opens
from domain.ports.receiving import Inbox
from domain.ports.timing import Timed, untimed
from gateway import upkeep
from gateway.bootstrap.opening import opened
from gateway.channels import configuring
from gateway.channels.configuring import Configuration, Configured, Keeping
from gateway.settings import Settings, SettingsError
from gateway.webhooks import Webhooks
from storage.mongo.asking import MongoKnown
from storage.mongo.driver import Database
from storage.mongo.inbox import MongoInbox
from storage.mongo.incidents import MongoIncidents
from storage.mongo.journal.leader import Leader
from storage.mongo.leases import Lease
from storage.mongo.marks import MongoMarks
from storage.mongo.migrate import WITH_OUTBOX, migrate
from storage.mongo.operations import channel_id
from storage.mongo.stores import MongoStores

MOST_AT_ONCE = 20
"""More at once would keep deliveries waiting for their acknowledgement."""

NO_URL = "http://127.0.0.1:9"
"""Where nobody is: for channels that are never called."""

Lines = Mapping[str, Line]


class Doors(NamedTuple):
    """Where channels come in, and where they are asked."""

    webhooks: Webhooks
    asking: Asking


def configuration(settings: Settings) -> Configuration:
    """What the settings say is connected.

    Raises:
        SettingsError: the file cannot be used, and what to change.
    """
    if settings.channels is None:
        return Configuration()
    found = configuring.load(settings.channels, is_development=settings.is_development)
    for each in found.channels:
        opens(each)
    return found


def opens(configured: Configured) -> Opens:
    """The adapter of its kind: a folder of ours, or any module by its whole name.

    Raises:
        SettingsError: there is none.
    """
    kind = configured.entry.kind
    module = kind if "." in kind else f"adapters.{kind}"
    try:
        found = getattr(import_module(module), "adapter", None)
    except ImportError as error:
        raise SettingsError(f"channels.{configured.name}: {module} cannot be loaded.") from error
    if not callable(found):
        raise SettingsError(f"channels.{configured.name}: there is no channel of kind {kind!r}.")
    return cast("Opens", found)


def line(
    configured: Configured,
    channel: ChannelId,
    http: httpx2.AsyncClient,
    timed: Timed = untimed,
) -> Line:
    """An account with its adapter.

    Raises:
        SettingsError: its adapter cannot work with what is configured.
    """
    entry = configured.entry
    account = Account(
        name=configured.name,
        channel_id=channel,
        account=entry.account,
        base_url=entry.base_url,
        key=configured.key,
        currency=Currency(entry.currency) if entry.currency else None,
        locations=entry.locations,
        options=entry.options,
    )
    transport = HttpTransport(http, entry.base_url or NO_URL, timed=timed)
    try:
        adapter = opens(configured)(account, transport)
    except Misconfigured as error:
        raise SettingsError(f"channels.{configured.name}: {error}") from error
    return Line(
        account=account,
        adapter=adapter,
        secrets=configured.secrets,
        poll_seconds=entry.poll_seconds,
    )


@asynccontextmanager
async def connected(
    settings: Settings,
    chosen: Database,
    stores: Stores,
    found: Configuration,
    timed: Callable[[str], Timed] = lambda _: untimed,
) -> AsyncGenerator[Lines]:
    """All lines, as long as they are needed; channels that are not there yet are added."""
    async with client(allows_loopback=settings.is_development) as http:
        lines: dict[str, Line] = {}
        for each in found.channels:
            key = await channel_id(chosen, await _channel(each, stores))
            lines[each.name] = line(each, key, http, timed(each.name))
        yield lines


@asynccontextmanager
async def unconnected(settings: Settings) -> AsyncGenerator[Lines]:
    """All lines without a database, to look at and to call."""
    found = configuration(settings)
    async with client(allows_loopback=settings.is_development) as http:
        nobody = ChannelId(ids.derived(Kind.CHANNEL, "none"))
        yield {each.name: line(each, nobody, http) for each in found.channels}


@asynccontextmanager
async def kept(settings: Settings) -> AsyncGenerator[Inbox]:
    """What channels sent."""
    async with opened(settings) as chosen:
        await migrate(chosen)
        yield MongoInbox(chosen)


async def _channel(configured: Configured, stores: Stores) -> Channel:
    entry = configured.entry
    return Channel(
        id=ids.derived(Kind.CHANNEL, configured.code),
        updated_at=await stores.now(),
        code=configured.code,
        kind=entry.sort,
        name=entry.title or configured.code,
        currency=Currency(entry.currency) if entry.currency else None,
    )


@asynccontextmanager
async def taking(
    doors: Doors,
    settings: Settings,
    chosen: Database,
    stores: Stores,
    timed: Callable[[str], Timed],
) -> AsyncGenerator[Mapping[str, tuple[upkeep.Job, float]]]:
    """Channels post to these and are asked, meanwhile; gives what is to be done with it."""
    found = configuration(settings)
    async with connected(settings, chosen, stores, found, timed) as lines:
        doors.webhooks.lines = doors.asking.lines = lines
        try:
            yield jobs(chosen, receiving(chosen, stores), lines, found.keeping)
        finally:
            await upkeep.ended(doors.asking.close())


def doors(chosen: Database, stores: Stores, told: AskedTold = unheard) -> Doors:
    """Nobody comes in or is asked before the channels are connected."""
    asking = Asking(receiving(chosen, stores), MongoKnown(chosen), told)
    return Doors(Webhooks(stores, MongoInbox(chosen)), asking)


def receiving(chosen: Database, stores: Stores) -> Receiving:
    """Where news are kept and recorded."""
    return Receiving(stores, MongoInbox(chosen), MongoIncidents(chosen))


def jobs(
    chosen: Database, parts: Receiving, lines: Lines, keeping: Keeping
) -> Mapping[str, tuple[upkeep.Job, float]]:
    """What is done with what channels send, and to hear of what they did not."""
    if not lines:
        return {}
    return {
        **{
            f"reading {each.name} {thing}": (reading(chosen, parts, each, thing), 1.0)
            for each in lines.values()
            for thing in each.adapter.capabilities.windows
        },
        "inbox": (partial(applying.work, parts, lines, MOST_AT_ONCE), 0.1),
        "forgetting": (forgetting(parts, keeping), 3600.0),
    }


def reading(chosen: Database, parts: Receiving, line: Line, thing: Thing) -> upkeep.Job:
    """Reads what changed at a channel, if this gateway is the one that does."""
    lease, marks = Lease(chosen, f"reading {line.name} {thing}"), MongoMarks(chosen)

    async def read() -> int:
        return await syncing.turn(parts, marks, line, thing) if await lease.hold() else 0

    return read


async def synced(
    settings: Settings, name: str, since: datetime, told: Callable[[Thing, int], None]
) -> int:
    """Read all that changed at a channel since a time; gives how many news there were.

    Raises:
        SettingsError: no such channel is connected, or it cannot be read.
    """
    found = configuration(settings)
    async with opened(settings) as chosen:
        await migrate(chosen)
        stores, count = MongoStores(chosen), 0
        parts = receiving(chosen, stores)
        async with connected(settings, chosen, stores, found) as lines:
            if name not in lines:
                known = ", ".join(lines) or "none"
                raise SettingsError(f"There is no channel {name!r}. There are: {known}.")
            for thing in sorted(lines[name].adapter.capabilities.windows):
                say = partial(told, thing)
                try:
                    count += await syncing.backfill(
                        parts, MongoMarks(chosen), lines[name], thing, since, say
                    )
                except CallFailed as error:
                    why = f"{name} cannot be read now: {error.why} The next run goes on from here."
                    raise SettingsError(why) from error
        leader = Leader(chosen, WITH_OUTBOX)
        while await leader.append():
            pass
    return count


def forgetting(parts: Receiving, keeping: Keeping) -> upkeep.Job:
    """Forgets what was in deliveries, when it was kept for long enough."""
    days: Mapping[DeliveryState, int] = {
        DeliveryState.APPLIED: keeping.days,
        DeliveryState.PARKED: keeping.parked_days,
    }

    async def forget() -> int:
        now = await parts.stores.now()
        for state, kept in days.items():
            await parts.inbox.forget(state, now - timedelta(days=kept))
        return 0

    return forget

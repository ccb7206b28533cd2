"""Channels as they are configured, with the adapters that speak to them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from time import monotonic
from typing import NamedTuple, cast

import httpx2
from msgspec.structs import replace

from adapters.http import HttpTransport, client
from commands.channels import applying, gaps, syncing
from commands.channels.asking import Asking
from commands.channels.news import Receiving
from commands.payments import opening, settling
from domain import ids
from domain.channels.abilities import Setting, Thing
from domain.channels.accounts import Misconfigured, Secret
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
from gateway.bootstrap import pushing
from gateway.bootstrap.opening import opened
from gateway.bootstrap.peppering import of_cards
from gateway.channels import configuring, practice, presence
from gateway.channels.configuring import Configuration, Configured, Keeping
from gateway.settings import Settings, SettingsError
from gateway.webhooks import Webhooks
from storage.mongo.asking import MongoKnown
from storage.mongo.connections import MongoConnections
from storage.mongo.driver import Database
from storage.mongo.inbox import MongoInbox
from storage.mongo.incidents import MongoIncidents
from storage.mongo.journal.leader import Leader
from storage.mongo.leases import LEASE, Lease
from storage.mongo.marks import MongoMarks
from storage.mongo.migrate import WITH_OUTBOX, migrate
from storage.mongo.operations import channel_id
from storage.mongo.pushes import MongoPushes
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
    found = Configuration()
    if settings.channels:
        found = configuring.load(settings.channels, is_development=settings.is_development)
    for each in found.channels:
        opens(each)
    if (till := practice.till(settings)) and till.name not in {e.name for e in found.channels}:
        return replace(found, channels=(*found.channels, till))
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
    channels: Mapping[str, ChannelId],
    http: httpx2.AsyncClient,
    timed: Timed = untimed,
    pepper: Secret | None = None,
) -> Line:
    """An account with its adapter.

    Raises:
        SettingsError: its adapter cannot work with what is configured.
    """
    entry, account = configured.entry, configured.account(channels, pepper)
    transport = HttpTransport(http, entry.base_url or NO_URL, timed=timed)
    try:
        adapter = opens(configured)(account, transport)
    except Misconfigured as error:
        raise SettingsError(f"channels.{configured.name}: {error}") from error
    if entry.push_stock and adapter.capabilities.sets_stock is Setting.NONE:
        why = "`push_stock` is for shops; this kind of channel shows no stock of ours."
        raise SettingsError(f"channels.{configured.name}: {why}")
    return Line(
        account=account,
        adapter=adapter,
        secrets=configured.secrets,
        poll_seconds=entry.poll_seconds,
        push_stock=entry.push_stock,
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
    pepper = await of_cards(settings, chosen)
    async with client(allows_loopback=settings.is_development) as http:
        channels = {
            each.name: await channel_id(chosen, await _channel(each, stores))
            for each in found.channels
        }
        yield {
            each.name: line(each, channels, http, timed(each.name), pepper)
            for each in found.channels
        }


@asynccontextmanager
async def unconnected(settings: Settings) -> AsyncGenerator[Lines]:
    """All lines without a database, to look at and to call."""
    found = configuration(settings)
    async with client(allows_loopback=settings.is_development) as http:
        nobody = ChannelId(ids.derived(Kind.CHANNEL, "none"))
        channels = {each.name: nobody for each in found.channels}
        yield {each.name: line(each, channels, http) for each in found.channels}


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
        doors.webhooks.lines = doors.asking.lines = stores.providers.lines = lines
        bell = doors.webhooks.bell
        told = presence.telling(MongoConnections(chosen), lines, doors.webhooks.hearing)
        shown = [each for each in lines.values() if each.push_stock]
        try:
            yield {
                **jobs(chosen, receiving(chosen, stores), lines, found.keeping, bell),
                **pushing.jobs(chosen, pushing.telling(chosen, stores), shown),
                **({"connections": (told, presence.EVERY_SECONDS)} if lines else {}),
            }
        finally:
            await upkeep.ended(doors.asking.close())


def doors(chosen: Database, stores: Stores, told: AskedTold = unheard) -> Doors:
    """Nobody comes in or is asked before the channels are connected."""
    asking = Asking(receiving(chosen, stores), MongoKnown(chosen), told)
    return Doors(Webhooks(stores, MongoInbox(chosen)), asking)


def receiving(chosen: Database, stores: Stores) -> Receiving:
    """Where news are kept and recorded."""
    return Receiving(stores, MongoInbox(chosen), MongoIncidents(chosen), MongoPushes(chosen))


def jobs(
    chosen: Database, parts: Receiving, lines: Lines, keeping: Keeping, bell: upkeep.Bell
) -> Mapping[str, tuple[upkeep.Job, float]]:
    """What is done with what channels send, and to hear of what they did not."""
    settle: Mapping[str, tuple[upkeep.Job, float]] = {
        "instructions": (partial(settling.work, parts.stores, MOST_AT_ONCE), 1.0),
        "payment links": (partial(opening.work, parts.stores, MOST_AT_ONCE), 1.0),
    }
    if not lines:
        return settle
    return {
        **settle,
        **{
            f"reading {each.name} {thing}": (reading(chosen, parts, each, thing), 1.0)
            for each in lines.values()
            if each.is_called
            for thing in each.adapter.capabilities.windows
        },
        "inbox": (bell.wakes(partial(applying.work, parts, lines, MOST_AT_ONCE), 1.0), 0.0),
        "gaps": (partial(gaps.look, parts.stores, parts.incidents, lines, MOST_AT_ONCE), 60.0),
        "forgetting": (forgetting(parts, keeping), 3600.0),
    }


def reading(chosen: Database, parts: Receiving, line: Line, thing: Thing) -> upkeep.Job:
    """Reads what changed at a channel, if this gateway is the one that does.

    Until the next reading is due nobody is asked anything, not even the database.
    """
    lease, marks = Lease(chosen, f"reading {line.name} {thing}"), MongoMarks(chosen)
    others = min(LEASE, timedelta(seconds=line.poll_seconds))
    due = monotonic()

    async def read() -> int:
        nonlocal due
        if monotonic() < due:
            return 0
        rest = await syncing.turn(parts, marks, line, thing) if await lease.hold() else others
        due = monotonic() + rest.total_seconds()
        return 0 if rest else 1

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
        stores, count = MongoStores(chosen, owners=found.owners), 0
        parts = receiving(chosen, stores)
        async with connected(settings, chosen, stores, found) as lines:
            stores.providers.lines = lines
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

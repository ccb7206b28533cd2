"""Who is let in, and which servers, as the settings say."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from functools import partial

from domain.api_keys import Mode
from domain.ports import Repositories
from domain.ports.knowing import ApiKeys, Sessions
from gateway import floors, manifest, observing
from gateway.bootstrap import channels
from gateway.bootstrap.opening import bell, opened
from gateway.bootstrap.peppering import peppers
from gateway.console import config as console
from gateway.console.config import Provider
from gateway.identity import issuers
from gateway.identity.door import Door
from gateway.identity.keyring import KeyRing
from gateway.identity.revoked import Revoked
from gateway.identity.tokens import Tokens
from gateway.settings import Settings, SettingsError, peppered
from storage.mongo import MongoRepositories, driver
from storage.mongo.api_keys import MongoApiKeys
from storage.mongo.driver import Database
from storage.mongo.migrate import migrate
from storage.mongo.sessions import MongoSessions

NO_CREDENTIALS = (
    "KASSA_ENV=production needs to know whom to let in: set KASSA_ISSUERS to a file that names "
    "your OpenID provider, or KASSA_PEPPER_FILE to one with the secret that keys are kept under."
)


def check(settings: Settings) -> Settings:
    """`settings`, if this version can run with them.

    Raises:
        SettingsError: it cannot, and why.
        Unavailable: the driver that they name is not installed.
    """
    if not settings.is_development and not (settings.issuers or settings.pepper_file):
        raise SettingsError(NO_CREDENTIALS)
    if settings.issuers:
        issuers.load(settings.issuers, is_development=settings.is_development)
    if settings.pepper_file:
        peppered(settings.pepper_file)
    driver.client(settings.mongodb_driver.value)
    manifest.texts(settings.documents)
    observing.check(settings)
    channels.configuration(settings)
    return settings


def providers(settings: Settings) -> Sequence[Provider]:
    """At which of the issuers the console may sign somebody in."""
    if settings.issuers is None:
        return ()
    found = issuers.load(settings.issuers, is_development=settings.is_development)
    return console.providers(found.values())


async def floored(settings: Settings) -> None:
    """Refuse servers that are too old for production.

    Raises:
        SettingsError: one of them is, and which.
        Unavailable: one of them does not answer.
    """
    doorbell = bell(settings)
    async with opened(settings) as chosen:
        try:
            floors.check("MongoDB", await chosen.version())
            floors.check(*await doorbell.version())
        finally:
            await doorbell.close()


@asynccontextmanager
async def keys(
    settings: Settings,
) -> AsyncGenerator[tuple[ApiKeys, Sequence[bytes], Repositories]]:
    """Where keys are kept, and under what."""
    async with opened(settings) as chosen:
        await migrate(chosen)
        under = await peppers(settings, chosen)
        yield MongoApiKeys(chosen), under, MongoRepositories(chosen)


@asynccontextmanager
async def sessions(settings: Settings) -> AsyncGenerator[Sessions]:
    """Where it is kept which sessions were revoked."""
    async with opened(settings) as chosen:
        await migrate(chosen)
        yield MongoSessions(chosen)


def issuing(settings: Settings) -> Collection[str]:
    """The URLs of the issuers whose tokens are taken.

    Raises:
        SettingsError: they name issuers that cannot be used.
    """
    if settings.issuers is None:
        return ()
    return issuers.load(settings.issuers, is_development=settings.is_development)


def door(settings: Settings, chosen: Database) -> Door:
    """Who is let in, as the settings say.

    Raises:
        SettingsError: they name issuers that cannot be used.
    """
    is_development = settings.is_development
    tokens = None
    if settings.issuers:
        found = issuers.load(settings.issuers, is_development=is_development)
        revoked = Revoked(MongoSessions(chosen))
        tokens = Tokens(found, revoked=revoked, is_development=is_development)
    mode = Mode.TEST if is_development else Mode.LIVE
    under = partial(peppers, settings, chosen)
    takes_keys = is_development or settings.pepper_file
    keys = KeyRing(MongoApiKeys(chosen), under, mode) if takes_keys else None
    return Door(is_development=is_development, tokens=tokens, keys=keys)

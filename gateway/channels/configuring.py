"""Which channels are connected: one TOML file of the operator's.

    [channels.shop-payments]
    kind = "stripe"
    account = "acct_1ABC"
    key = { env = "STRIPE_KEY" }
    secrets = [{ file = "/run/secrets/stripe-webhook" }]
    currency = "EUR"

A secret never stands in the file: it names where the secret is. Several `secrets` are active at
once, so that they can be changed without losing a delivery.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from domain import addresses, money, ownership
from domain.channels.accounts import Account, Secret
from domain.ids import ChannelId
from domain.money import Currency
from domain.operations import ChannelKind
from domain.ownership import DEFAULTS, Override, Owners
from gateway.settings import SettingsError

NAME = re.compile("[a-z0-9][a-z0-9-]{0,39}")
LEAST_SECRET = 8
MOST_CHANNELS = 200

Text = Annotated[str, Meta(min_length=1, max_length=100)]
Days = Annotated[int, Meta(ge=1, le=3650)]


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a secret is: a variable of the environment, or a file that holds nothing else."""

    env: Text | None = None
    file: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account, as it stands in the file. `channel` is our code for it, by default its name."""

    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=100)]
    account: Text
    channel: Text | None = None
    title: Text | None = None
    sort: ChannelKind = ChannelKind.PAYMENT_PROVIDER
    base_url: Annotated[str, Meta(max_length=500)] | None = None
    key: Source | None = None
    secrets: Annotated[tuple[Source, ...], Meta(max_length=4)] = ()
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    locations: Mapping[str, str] = {}
    poll_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 60.0
    push_stock: bool = False
    sends_from: Text | None = None
    options: Mapping[str, Any] = {}


class Keeping(Struct, frozen=True, forbid_unknown_fields=True):
    """For how many days bodies of deliveries are kept: applied ones, and parked ones."""

    days: Days = 30
    parked_days: Days = 90


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    channels: Annotated[Mapping[str, Entry], Meta(max_length=MOST_CHANNELS)] = {}
    keeping: Keeping = Keeping()
    owners: Mapping[str, str | Override] = {}


class Configured(Struct, frozen=True, kw_only=True):
    """An account whose secrets are read."""

    name: str
    entry: Entry
    key: Secret | None
    secrets: tuple[Secret, ...]

    @property
    def code(self) -> str:
        return self.entry.channel or self.name

    def account(self, channels: Mapping[str, ChannelId], pepper: Secret | None) -> Account:
        """As its adapter sees it; `channels` are those of all accounts, by their names."""
        entry = self.entry
        return Account(
            name=self.name,
            channel_id=channels[self.name],
            account=entry.account,
            base_url=entry.base_url,
            key=self.key,
            currency=Currency(entry.currency) if entry.currency else None,
            locations=entry.locations,
            options=entry.options,
            pepper=pepper,
            channels=channels,
            is_told_stock=entry.push_stock,
            sends_from=entry.sends_from,
        )


class Configuration(Struct, frozen=True):
    """All that is connected."""

    channels: tuple[Configured, ...] = ()
    keeping: Keeping = Keeping()
    owners: Owners = DEFAULTS


def load(
    path: Path, *, is_development: bool, environ: Mapping[str, str] = os.environ
) -> Configuration:
    """The channels of a file, with their secrets.

    Raises:
        SettingsError: it cannot be read, or says what cannot be; the message says what to change.
    """
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise SettingsError(f"{path} says what cannot be: {error}.") from error
    channels: list[Configured] = []
    for name, entry in found.channels.items():
        try:
            channels.append(_configured(name, entry, environ, is_development=is_development))
        except ValueError as error:
            raise SettingsError(f"{path}, channels.{name[:40]}: {error}") from error
    try:
        table = _owners(found.owners, channels)
    except ValueError as error:
        raise SettingsError(f"{path}, owners: {error}") from error
    return Configuration(tuple(channels), found.keeping, table)


def _owners(said: Mapping[str, str | Override], channels: Sequence[Configured]) -> Owners:
    overrides = {
        name: Override(each) if isinstance(each, str) else each for name, each in said.items()
    }
    found = ownership.owners(overrides, [each.name for each in channels])
    counts = found.of("stock", "on_hand").authority
    if any(each.name == counts and each.entry.push_stock for each in channels):
        raise ValueError(
            f"stock.on_hand: {counts} cannot count the stock and be told of it (`push_stock`)."
        )
    return found


def _configured(
    name: str, entry: Entry, environ: Mapping[str, str], *, is_development: bool
) -> Configured:
    if not NAME.fullmatch(name):
        raise ValueError("A name has up to 40 small letters, digits and dashes.")
    if not entry.account.isprintable():
        raise ValueError("`account` has characters that cannot be shown.")
    if entry.currency and entry.currency not in money.known_currencies():
        raise ValueError(f"{entry.currency!r} is no ISO 4217 currency.")
    if entry.base_url:
        why = addresses.wrong_url(entry.base_url, is_development=is_development)
        if why:
            raise ValueError(f"`base_url` cannot be used. {why}")
    if why := _untold(entry):
        raise ValueError(f"`push_stock` {why}")
    if entry.sends_from is not None and entry.sends_from not in entry.locations:
        raise ValueError("`sends_from` is none of its `locations`.")
    key = _secret("key", entry.key, environ) if entry.key else None
    secrets = tuple(_secret("secrets", each, environ) for each in entry.secrets)
    if len(set(secrets)) < len(secrets):
        raise ValueError("Two of its `secrets` are the same.")
    return Configured(name=name, entry=entry, key=key, secrets=secrets)


def _untold(entry: Entry) -> str | None:
    """Why it cannot be told of stock, though it should be."""
    codes = list(entry.locations.values())
    if entry.push_stock and not codes:
        return "needs `locations`: the channel's names of places, and our codes."
    if entry.push_stock and len(set(codes)) < len(codes):
        return "would offer the same units twice: two of its `locations` are the same of ours."
    return None


def _secret(field: str, source: Source, environ: Mapping[str, str]) -> Secret:
    if (source.env is None) == (source.file is None):
        raise ValueError(f'`{field}` needs either {{ env = "…" }} or {{ file = "…" }}.')
    text = _of_environment(field, source.env, environ) if source.env else _of_file(field, source)
    if len(text) < LEAST_SECRET or not text.isascii() or not text.isprintable():
        raise ValueError(
            f"`{field}`: what {source.env or source.file} holds is no secret: it has "
            f"{LEAST_SECRET} or more printable ASCII characters in one line."
        )
    return Secret(text)


def _of_environment(field: str, name: str, environ: Mapping[str, str]) -> str:
    if not environ.get(name):
        raise ValueError(f"`{field}`: the environment has no {name}.")
    return environ[name]


def _of_file(field: str, source: Source) -> str:
    try:
        return Path(source.file or "").read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise ValueError(f"`{field}`: {source.file} cannot be read.") from error

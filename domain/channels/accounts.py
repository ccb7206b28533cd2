"""A channel's account, as the operator configured it."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from msgspec import Struct

from domain.ids import ChannelId
from domain.money import Currency
from domain.values import Actor, ActorKind


class Secret:
    """A text that nobody sees by accident: not in a log, an error or a `repr`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for those who sign and check with it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(•••)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


class Misconfigured(Exception):
    """Something in the configuration of an account cannot be; the sentence says what to change."""


class Account(Struct, frozen=True, kw_only=True):
    """What an adapter knows of itself. `name` is that of the configuration and of the endpoint.

    `key` opens their API. `locations` translate the channel's names of places into our codes,
    `options` are what only this kind of channel understands. `pepper` is what fingerprints of
    cards are hashed under; without it none is kept. `channels` are those of all the accounts that
    are connected, by the accounts' names. A shop that `is_told_stock` sells units of ours; what it
    does not say from where it sends is sent from `sends_from`, by its own name for the place.
    """

    name: str
    channel_id: ChannelId
    account: str
    base_url: str | None = None
    key: Secret | None = None
    currency: Currency | None = None
    locations: Mapping[str, str] = {}
    options: Mapping[str, Any] = {}
    pepper: Secret | None = None
    channels: Mapping[str, ChannelId] = {}
    is_told_stock: bool = False
    sends_from: str | None = None

    @property
    def default_place(self) -> str | None:
        """From where it sends, if it does not say: as configured, or from its only place."""
        if self.sends_from is not None or len(self.locations) != 1:
            return self.sends_from
        [only] = self.locations
        return None if only == "*" else only

    def hashed(self, provider: str, fingerprint: str) -> str | None:
        """A card's fingerprint as it is kept: another for every account, and of no use elsewhere.

        HMAC-SHA256, in hexadecimal, under a key of its own that is made of the pepper.
        """
        if self.pepper is None:
            return None
        key = hmac.digest(self.pepper.reveal().encode(), b"fingerprints of cards", sha256)
        scoped = "\x00".join((provider, self.account, fingerprint))
        return hmac.new(key, scoped.encode(), sha256).hexdigest()

    def code_of(self, name: str) -> str | None:
        """Our code for a place; `*` stands for all those that the channel calls as we do."""
        return self.locations.get(name) or (name if "*" in self.locations else None)

    @property
    def actor(self) -> Actor:
        """As whom the journal knows what came from there."""
        return Actor(ActorKind.ADAPTER, self.name, channel_id=self.channel_id)

"""People who buy, the evidence by which channels know them, and their points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from domain import freshness, phones
from domain.errors import BadInput
from domain.freshness import Confirmed
from domain.ids import (
    ChannelId,
    CustomerId,
    LoyaltyAccountId,
    LoyaltyEntryId,
    OrderId,
)
from domain.pages import Ordering
from domain.values import Count, Entity, MetadataEntry, Points, Seen, visible
from domain.viewer import Role, Viewer

MOST_FOUND = 50
"""A search that would find more people than this is not a search for a person."""

LONGEST_IDENTITY = 254
MASK = "•••"
SHORT = 8
"""A value no longer than this is masked whole."""


class IdentityKind(StrEnum):
    """By what a channel knows a person."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    LOYALTY_NO = "LOYALTY_NO"
    CARD_FINGERPRINT = "CARD_FINGERPRINT"
    EXTERNAL_ACCOUNT = "EXTERNAL_ACCOUNT"
    DEVICE = "DEVICE"


class EvidenceStrength(StrEnum):
    """PROVEN: the person showed control of it. STRONG: a trusted channel says so. WEAK: a hint."""

    PROVEN = "PROVEN"
    STRONG = "STRONG"
    WEAK = "WEAK"


class LookupPurpose(StrEnum):
    """Why staff look a person up."""

    SALE = "SALE"
    SERVICE_CALL = "SERVICE_CALL"
    RETURN = "RETURN"
    PICKUP = "PICKUP"


class ConsentPurpose(StrEnum):
    """What a person allowed, or did not."""

    SERVICE = "SERVICE"
    MARKETING_EMAIL = "MARKETING_EMAIL"
    MARKETING_SMS = "MARKETING_SMS"
    PERSONALISATION = "PERSONALISATION"
    CARD_RECOGNITION = "CARD_RECOGNITION"
    PROFILING = "PROFILING"


class LoyaltyKind(StrEnum):
    """Why points moved."""

    EARN = "EARN"
    EARN_REVERSAL = "EARN_REVERSAL"
    REDEEM = "REDEEM"
    REDEEM_REVERSAL = "REDEEM_REVERSAL"
    EXPIRE = "EXPIRE"
    ADJUST = "ADJUST"
    MERGE_IN = "MERGE_IN"
    MERGE_OUT = "MERGE_OUT"


CLEAR_FOR = frozenset({Role.SHOPPER, Role.SUPPORT, Role.SYSTEM})
"""Who reads contact data in full: the person (a shopper reaches nobody else) and who must call."""

OF_CARDS = frozenset({IdentityKind.CARD_FINGERPRINT})
NEVER_CLEAR = frozenset({IdentityKind.CARD_FINGERPRINT, IdentityKind.DEVICE})

MOST_CARDS = 20
"""Who pays with as many is hardly one person; no more are kept."""


class IdentityQuery(Struct, frozen=True):
    """By what somebody is looked up, as given."""

    kind: IdentityKind
    value: str


class Identity(Struct, frozen=True):
    """One piece of evidence. `value` is normalised for comparing; `given` is as it came.

    `label` is what people call something whose value says nothing to them.
    """

    kind: IdentityKind
    value: str
    strength: EvidenceStrength
    source_id: ChannelId | None = None
    verified_at: datetime | None = None
    given: str | None = None
    wallet_token: bool = False
    label: str | None = None

    def shown_to(self, viewer: Viewer) -> str:
        """The value as far as `viewer` may read it."""
        clear = viewer.role in CLEAR_FOR and self.kind not in NEVER_CLEAR
        return self.value if clear else self.masked

    @property
    def masked(self) -> str:
        """Enough to recognise, not enough to use."""
        if self.label:
            return self.label
        if self.kind is IdentityKind.EMAIL:
            name, _, host = self.value.partition("@")
            return f"{name[:1]}{MASK}@{host}"
        if self.kind is IdentityKind.PHONE:
            return f"{self.value[:3]}{MASK}{self.value[-2:]}"
        return f"{MASK}{self.value[-4:]}" if len(self.value) > SHORT else MASK


class Consent(Struct, frozen=True):
    """What a person allowed or refused, when and where."""

    purpose: ConsentPurpose
    granted: bool
    at: datetime
    channel_id: ChannelId
    evidence: str | None = None


class Address(Struct, frozen=True):
    """A postal address that a person keeps with us."""

    id: str
    lines: tuple[str, ...]
    city: str
    country: str
    postcode: str | None = None
    is_default_delivery: bool = False


class ChannelAccount(Struct, frozen=True, kw_only=True):
    """What a channel calls a person, and what it said of them last."""

    channel_id: ChannelId
    ref: str
    seen: Seen
    name: str | None = None


class Customer(Entity, frozen=True, kw_only=True):
    """A person who buys."""

    number: str
    display_name: str | None = None
    identities: tuple[Identity, ...] = ()
    consents: tuple[Consent, ...] = ()
    preferences: tuple[MetadataEntry, ...] = ()
    addresses: tuple[Address, ...] = ()
    accounts: tuple[ChannelAccount, ...] = ()

    confirmed: Confirmed | None = None

    @property
    def told_by(self) -> ChannelAccount | None:
        """As whom the channel knows them that told of them last; None: they are Kassa's own."""
        return max(self.accounts, key=lambda each: each.seen.as_of, default=None)

    @property
    def told_at(self) -> datetime | None:
        at = self.told_by.seen.as_of if self.told_by else None
        return freshness.told_at(at, self.confirmed, self.version)

    def allows(self, purpose: ConsentPurpose) -> bool | None:
        """What they said last of a purpose; None if nothing."""
        said = [consent for consent in self.consents if consent.purpose is purpose]
        return max(said, key=lambda consent: consent.at).granted if said else None

    def identities_for(self, viewer: Viewer) -> Sequence[Identity]:
        """By what `viewer` may know them: staff not by their card unless they allow it."""
        if viewer.role is Role.SHOPPER:
            return self.identities
        reachable = self.identities if self._may_be_reached else ()
        hidden = () if self.allows(ConsentPurpose.CARD_RECOGNITION) else OF_CARDS
        return [each for each in reachable if each.kind not in hidden]

    def addresses_for(self, viewer: Viewer) -> Sequence[Address]:
        """Where `viewer` may know them to live."""
        is_told = viewer.role is Role.SHOPPER or self._may_be_reached
        return self.addresses if is_told else ()

    def preferences_for(self, viewer: Viewer) -> Sequence[MetadataEntry]:
        """What `viewer` may know that they like: staff only what they allow to be used."""
        if viewer.role is Role.SHOPPER or self.allows(ConsentPurpose.PERSONALISATION):
            return visible(self.preferences, viewer)
        return ()

    @property
    def _may_be_reached(self) -> bool:
        """Serving who bought needs no consent, but they may object."""
        return self.allows(ConsentPurpose.SERVICE) is not False


class LoyaltyAccount(Entity, frozen=True, kw_only=True):
    """Points of one customer; the balance is the sum of the entries."""

    customer_id: CustomerId
    balance: Count = 0
    pending: Count = 0
    reserved: Count = 0
    tier: str | None = None


class LoyaltyEntry(Struct, frozen=True, kw_only=True):
    """One movement of points, never changed afterwards."""

    id: LoyaltyEntryId = msgspec.field(name="_id")
    account_id: LoyaltyAccountId
    customer_id: CustomerId
    kind: LoyaltyKind
    points: Points
    at: datetime
    channel_id: ChannelId
    order_id: OrderId | None = None
    reverses_id: LoyaltyEntryId | None = None
    expires_at: datetime | None = None


NEWEST_ENTRY_FIRST = Ordering("loyalty", ("at", "id"), (datetime, str), descending=True)


def normalised(kind: IdentityKind, value: str, country: str) -> str:
    """`value` as identities of `kind` are compared.

    Raises:
        BadInput: it cannot be such an identity.
    """
    if not value.strip() or len(value) > LONGEST_IDENTITY:
        raise BadInput(f"An identity has from 1 to {LONGEST_IDENTITY} characters.")
    if kind is IdentityKind.PHONE:
        return phones.comparable(value, country)
    if kind is IdentityKind.EMAIL:
        return _email(value.strip())
    return value.strip()


def _email(value: str) -> str:
    name, _, host = value.partition("@")
    if not name or not host:
        raise BadInput("An e-mail address has a name, an @ and a host.")
    return value.casefold()

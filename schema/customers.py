"""Customers, their identities and their points."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import ID

from domain import customers, suggestions
from domain.customers import (
    ConsentPurpose,
    EvidenceStrength,
    IdentityKind,
    LookupPurpose,
    LoyaltyKind,
)
from domain.scopes import Scope
from domain.viewer import Subject
from resolvers import asking, journal
from resolvers import customers as resolvers
from resolvers import orders as order_resolvers
from schema.fields import Column, attribute, batched, enumerated, shows
from schema.guards import Needs
from schema.operations import Channel, JournalConnection
from schema.orders import ORDER_FILTERS, Order, OrderConnection
from schema.scalars import Country
from schema.shared import (
    EITHER_WAY,
    FORWARD,
    Connection,
    Freshness,
    MetadataEntry,
    Node,
    Versioned,
)

CONTACT = Needs(Scope.CONTACT, ())
BEHAVIOUR = Needs(Scope.BEHAVIOUR, ())
MERGE = Needs(Scope.MERGE, ())

enumerated(IdentityKind, EvidenceStrength, ConsentPurpose, LoyaltyKind, LookupPurpose)


@strawberry.input(description="By what to look somebody up.")
class IdentityInput:
    """By what to look somebody up."""

    kind: IdentityKind = strawberry.field(description="What sort of identity.")
    value: str = strawberry.field(
        description="The identity, as written: a phone number may have spaces or no country."
    )


@shows(customers.Identity, guarded=Scope.CONTACT)
class Identity:
    """Evidence by which a channel knows a person. Several people may share one."""

    kind: IdentityKind = attribute("What sort of evidence.")
    masked: str = batched(
        resolvers.shown, "Its value, masked but for the person and for who must call them."
    )
    strength: EvidenceStrength = attribute("How much it proves.")
    verified_at: datetime | None = attribute("When it was proven.")
    source: Channel | None = batched(resolvers.identity_source, "Which channel brought it.")
    wallet_token: bool = attribute("A wallet's stand-in for a card: never enough to merge.")


@shows(customers.Consent)
class Consent:
    """What a person allowed or refused."""

    purpose: ConsentPurpose = attribute("For what.")
    granted: bool = attribute("Allowed, or refused.")
    at: datetime = attribute("When.")
    channel: Channel = batched(resolvers.consent_channel, "Through which channel.")
    evidence: str | None = attribute("What shows it.")


@shows(customers.Address, guarded=Scope.CONTACT)
class Address:
    """A postal address that a person keeps with the retailer."""

    id: ID = attribute("Opaque; names the address within its customer.")
    lines: list[str] = attribute("Street and number, line by line.")
    postcode: str | None = attribute("The postcode.")
    city: str = attribute("The city.")
    country: Country = attribute("The country.")
    is_default_delivery: bool = attribute("Is it where parcels go unless said otherwise?")


@shows(customers.LoyaltyEntry, keys=["id"], guarded=Subject.POINTS)
class LoyaltyEntry(Node):
    """One movement of points."""

    kind: LoyaltyKind = attribute("Why points moved.")
    points: int = attribute("How many; negative when taken.")
    at: datetime = attribute("When.")
    channel: Channel = batched(resolvers.entry_channel, "Through which channel.")
    order: Order | None = batched(resolvers.entry_order, "For which order.")
    reverses: LoyaltyEntry | None = batched(
        resolvers.entry_reverses, "Which movement it takes back."
    )
    expires_at: datetime | None = attribute("How long the points are good.")


@strawberry.type(description="A page of movements of points.")
class LoyaltyEntryConnection(Connection[LoyaltyEntry]):
    """A page of movements of points."""


@shows(customers.LoyaltyAccount, keys=["id"], guarded=Subject.POINTS)
class LoyaltyAccount(Node, Versioned):
    """A customer's points; the balance is the sum of the entries."""

    balance: int = attribute("Points to spend.")
    pending: int = attribute("Points earned, but not yet good.")
    reserved: int = attribute("Points set aside for an order that is not paid yet.")
    tier: str | None = attribute("The customer's level.")
    entries: LoyaltyEntryConnection = batched(
        resolvers.entries, "How it came about, newest first.", **FORWARD
    )


CustomerRef = Annotated["Customer", strawberry.lazy("schema.customers")]


@shows(suggestions.MergeSuggestion, guarded=Scope.MERGE)
class MergeSuggestion:
    """Somebody who might be the same person. Nobody is merged for it."""

    other: CustomerRef | None = batched(resolvers.suggested, "The other one.")
    score: int = attribute("How much speaks for it, up to 100: `docs/identity.md` has the sums.")
    evidence: list[Identity] = batched(
        resolvers.shared, "What both have, as the other one has it.", None, CONTACT
    )
    conflicts: list[str] = batched(resolvers.conflicts, "What speaks against it, in sentences.")


@shows(customers.Customer, keys=["id", "number"], guarded=Subject.CUSTOMERS)
class Customer(Node, Versioned):
    """A person who buys, with one history over all channels."""

    number: str = attribute("What the retailer calls them; unique.")
    display_name: str | None = attribute("A name for people.")
    identities: list[Identity] = batched(
        resolvers.identities, "By what channels know them.", None, CONTACT
    )
    consents: list[Consent] = attribute("What they allowed or refused.")
    preferences: list[MetadataEntry] = batched(
        resolvers.preferences,
        "What they like, as far as the viewer may read it.",
        None,
        BEHAVIOUR,
    )
    addresses: list[Address] = batched(
        resolvers.addresses, "Addresses they keep with the retailer.", None, CONTACT
    )
    merge_suggestions: list[MergeSuggestion] = batched(
        resolvers.merge_suggestions,
        "For who serves people: who might be the same person, the likeliest first.",
        None,
        MERGE,
    )
    loyalty: LoyaltyAccount | None = batched(resolvers.loyalty, "Their points.")
    freshness: Freshness = batched(
        asking.customer_freshness,
        "Which channel told of them last, and how old that is; `kassa` itself is live.",
    )
    orders: OrderConnection = batched(
        order_resolvers.of_customers,
        "Their orders in every channel, newest first.",
        Column.ORDERS,
        **EITHER_WAY,
        **ORDER_FILTERS,
    )
    journal: JournalConnection = batched(
        journal.journal,
        "What happened to it, and because of it, the oldest first.",
        Column.OPERATIONS,
        **FORWARD,
    )

"""Customers: parents and arguments in, domain values out."""

from __future__ import annotations

from collections.abc import Sequence

from domain import customers, ids, pages
from domain.customers import (
    Address,
    Consent,
    Customer,
    Identity,
    IdentityQuery,
    LookupPurpose,
    LoyaltyAccount,
    LoyaltyEntry,
)
from domain.errors import BadInput
from domain.ids import CustomerId, Kind, LoyaltyAccountId
from domain.lookups import lookup
from domain.operations import Channel
from domain.orders import Order
from domain.pages import Cursor, Page
from domain.values import MetadataEntry
from resolvers import asking
from resolvers.context import Info
from resolvers.reading import looks_at


@looks_at(inside={Customer: ["id"]})
async def customer(
    info: Info, *, id: str | None, number: str | None, max_age: int | None
) -> Customer | None:
    if (id is None) == (number is None):
        raise BadInput("Ask for a customer by id or by number.")
    if id is None:
        found = await info.context.customers.by_number.one(number)
    else:
        key = CustomerId(ids.expect(Kind.CUSTOMER, id))
        found = await info.context.customers.by_id.one(key)
    return await asking.one(Customer, found, info, max_age)


async def find_customers(
    info: Info, *, by: IdentityQuery, purpose: LookupPurpose
) -> Sequence[Customer]:
    value = customers.normalised(by.kind, by.value, info.context.country)
    found = await info.context.customers.found_by(by.kind, value)
    if info.viewer.is_staff:
        seen = lookup(info.viewer, info.context.now, by.kind, purpose, len(found))
        await info.context.stores.keep(seen)
    facts = {"role": info.viewer.role, "by": by.kind, "purpose": purpose, "found": len(found)}
    info.context.audit("customers looked up", facts)
    return found


@looks_at(whole=True)
def shown(identities: Sequence[Identity], info: Info) -> Sequence[str]:
    return [identity.shown_to(info.viewer) for identity in identities]


@looks_at("source_id")
async def identity_source(identities: Sequence[Identity], info: Info) -> Sequence[Channel | None]:
    return await info.context.channels.by_id.many([each.source_id for each in identities])


@looks_at("channel_id")
async def consent_channel(consents: Sequence[Consent], info: Info) -> Sequence[Channel | None]:
    return await info.context.channels.by_id.many([consent.channel_id for consent in consents])


@looks_at("identities", "consents", inside={Identity: ...})
def identities(people: Sequence[Customer], info: Info) -> Sequence[Sequence[Identity]]:
    return [person.identities_for(info.viewer) for person in people]


@looks_at("addresses", "consents", inside={Address: ...})
def addresses(people: Sequence[Customer], info: Info) -> Sequence[Sequence[Address]]:
    return [person.addresses_for(info.viewer) for person in people]


@looks_at("preferences", "consents")
def preferences(people: Sequence[Customer], info: Info) -> Sequence[Sequence[MetadataEntry]]:
    return [person.preferences_for(info.viewer) for person in people]


@looks_at("id")
async def loyalty(people: Sequence[Customer], info: Info) -> Sequence[LoyaltyAccount | None]:
    keys = [CustomerId(person.id) for person in people]
    return await info.context.customers.account_of.many(keys)


@looks_at("id")
async def entries(
    accounts: Sequence[LoyaltyAccount], info: Info, *, first: int | None, after: Cursor | None
) -> Sequence[Page[LoyaltyEntry] | None]:
    batch = info.context.customers.entry_page.asked(pages.forward(first, after))
    return await batch.many([LoyaltyAccountId(account.id) for account in accounts])


@looks_at("channel_id")
async def entry_channel(entries: Sequence[LoyaltyEntry], info: Info) -> Sequence[Channel | None]:
    return await info.context.channels.by_id.many([entry.channel_id for entry in entries])


@looks_at("order_id")
async def entry_order(entries: Sequence[LoyaltyEntry], info: Info) -> Sequence[Order | None]:
    return await info.context.orders.by_id.many([entry.order_id for entry in entries])


@looks_at("reverses_id")
async def entry_reverses(
    entries: Sequence[LoyaltyEntry], info: Info
) -> Sequence[LoyaltyEntry | None]:
    return await info.context.customers.entry_by_id.many([entry.reverses_id for entry in entries])

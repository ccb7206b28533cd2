"""Customers: parents and arguments in, domain values out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from domain import customers, ids, pages, suggestions
from domain.customers import (
    Address,
    ChannelAccount,
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
from domain.suggestions import Against, Conflict, MergeSuggestion
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


@looks_at(
    *("id", "display_name", "identities", "consents", "accounts"),
    inside={Identity: ..., Consent: ..., ChannelAccount: ...},
)
async def merge_suggestions(
    people: Sequence[Customer], info: Info
) -> Sequence[Sequence[MergeSuggestion]]:
    asked = [[value for _, value in suggestions.keys(each, info.viewer)] for each in people]
    values = list(dict.fromkeys(chain.from_iterable(asked)))
    having = dict(zip(values, await info.context.customers.similar.many(values), strict=True))
    return [
        suggestions.suggestions(
            person, chain.from_iterable(having[value] or () for value in own), info.viewer
        )
        for person, own in zip(people, asked, strict=True)
    ]


@looks_at("other_id")
async def suggested(found: Sequence[MergeSuggestion], info: Info) -> Sequence[Customer | None]:
    return await info.context.customers.by_id.many([each.other_id for each in found])


@looks_at("evidence", inside={Identity: ...})
def shared(found: Sequence[MergeSuggestion], _: Info) -> Sequence[Sequence[Identity]]:
    return [each.evidence for each in found]


@looks_at("conflicts", inside={Channel: ("code",)})
async def conflicts(found: Sequence[MergeSuggestion], info: Info) -> Sequence[Sequence[str]]:
    keys = [each.channel_id for one in found for each in one.conflicts]
    channels = iter(await info.context.channels.by_id.many(keys))
    return [[_sentence(each, next(channels)) for each in one.conflicts] for one in found]


def _sentence(conflict: Conflict, channel: Channel | None) -> str:
    match conflict.against:
        case Against.SAME_CHANNEL:
            return f"{channel.code if channel else 'A channel'} knows them as two."
        case Against.EMAIL:
            return "They have no confirmed e-mail address in common."
        case Against.LOYALTY_NO:
            return "Each has a loyalty number of their own."
        case Against.NAME:
            return "Their names differ."


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

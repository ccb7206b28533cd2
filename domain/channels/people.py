"""Customers as channels tell of them: whom a channel means, and what becomes known of them.

Nobody is merged. A channel's account is recognised by the channel's own name for it; one that is
new belongs to somebody who is known if exactly one person has the same trusted e-mail address or
phone number, and nothing speaks against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain import ids
from domain.channels.accounts import Account
from domain.channels.told import CustomerTold
from domain.customers import (
    LONGEST_IDENTITY,
    MOST_CARDS,
    OF_CARDS,
    ChannelAccount,
    Customer,
    EvidenceStrength,
    Identity,
    IdentityKind,
)
from domain.ids import ChannelId, CustomerId, Kind
from domain.imports.master import identity_value
from domain.payments import Card
from domain.values import Seen, whole_milliseconds

RECOGNISE = frozenset({IdentityKind.EMAIL, IdentityKind.PHONE})


def seen(as_of: datetime, told: Struct, rank: str = "") -> Seen:
    """How old it is. Of two that are as old that of the higher rank counts, or always the same."""
    digest = blake2b(msgspec.msgpack.encode(told), digest_size=12).hexdigest()
    return Seen(whole_milliseconds(as_of), f"{rank}{digest}")


def account_key(channel: ChannelId, ref: str) -> str:
    """A channel's name for somebody, as customers are found by it."""
    return f"{channel}:{ref}"


def identities(told: CustomerTold, account: Account) -> tuple[Identity, ...]:
    """The evidence, normalised; the channel's own account is part of it."""
    own = Identity(
        IdentityKind.EXTERNAL_ACCOUNT, told.ref, EvidenceStrength.STRONG, account.channel_id
    )
    found = {(own.kind, own.value): own}
    for each in told.identities:
        if value := identity_value(each.kind, each.value[:LONGEST_IDENTITY], ""):
            found[each.kind, value] = Identity(
                each.kind,
                value,
                each.strength,
                account.channel_id,
                each.verified_at and whole_milliseconds(each.verified_at),
                each.value[:LONGEST_IDENTITY],
                each.wallet_token,
            )
    return tuple(found.values())


def evidence(found: Iterable[Identity]) -> frozenset[tuple[IdentityKind, str]]:
    """By what somebody may be recognised: what was only claimed is no evidence."""
    return frozenset(
        (each.kind, each.value)
        for each in found
        if each.kind in RECOGNISE and each.strength is not EvidenceStrength.WEAK
    )


def recognised(
    people: Sequence[Customer], channel: ChannelId, came: Sequence[Identity]
) -> Customer | None:
    """The one person who is meant; None if nobody is known, or it might be several."""
    meant = [each for each in people if _may_be(each, channel, came)]
    return meant[0] if len(meant) == 1 else None


def _may_be(person: Customer, channel: ChannelId, came: Sequence[Identity]) -> bool:
    if any(each.channel_id == channel for each in person.accounts):
        return False  # the channel itself says that these are two
    shared = evidence(person.identities) & evidence(came)
    if any(kind is IdentityKind.EMAIL for kind, _ in shared):
        return True
    # A family shares a phone, but hardly an e-mail address.
    mails = [
        {each.value for each in some if each.kind is IdentityKind.EMAIL}
        for some in (person.identities, came)
    ]
    return bool(shared) and not (all(mails) and mails[0].isdisjoint(mails[1]))


def begun(told: CustomerTold, account: Account, now: datetime) -> Customer:
    """Somebody of whom nothing is known here yet; they have version 0."""
    return Customer(
        id=CustomerId(ids.derived(Kind.CUSTOMER, account.channel_id, told.ref)),
        version=0,
        updated_at=now,
        number=f"{account.name}-{told.ref}",
    )


def described(person: Customer, told: CustomerTold, account: Account) -> Customer:
    """`person` with what is told, unless the same account was told of later before."""
    name = told.display_name or None
    said = ChannelAccount(
        channel_id=account.channel_id, ref=told.ref, seen=seen(told.as_of, told), name=name
    )
    others = [each for each in person.accounts if _name(each) != _name(said)]
    known = next((each for each in person.accounts if _name(each) == _name(said)), None)
    if known and known.seen >= said.seen:
        return person
    accounts = sorted((*others, said), key=_name)
    elsewhere = [
        each
        for each in person.identities
        if each.source_id != account.channel_id or each.kind in OF_CARDS  # payments tell of those
    ]
    named = max((each for each in accounts if each.name), key=lambda each: each.seen, default=None)
    return replace(
        person,
        display_name=named.name if named else person.display_name,
        identities=tuple(sorted((*elsewhere, *identities(told, account)), key=_place)),
        accounts=tuple(accounts),
    )


def carrying(person: Customer, card: Card, channel: ChannelId) -> Customer:
    """Somebody with a card that was paid with for them: it is evidence, and recognises nobody.

    Of more than `MOST_CARDS` those that sort first are kept, whatever the order they came in.
    """
    if card.fingerprint is None:
        return person
    found = Identity(
        IdentityKind.CARD_FINGERPRINT,
        card.fingerprint,
        EvidenceStrength.WEAK,
        channel,
        wallet_token=card.wallet_token,
        label=card.label,
    )
    cards = {_place(each): each for each in person.identities if each.kind in OF_CARDS}
    cards.setdefault(_place(found), found)
    others = [each for each in person.identities if each.kind not in OF_CARDS]
    kept = [cards[place] for place in sorted(cards)[:MOST_CARDS]]
    return replace(person, identities=tuple(sorted((*others, *kept), key=_place)))


def _name(account: ChannelAccount) -> tuple[str, str]:
    return account.channel_id, account.ref


def _place(identity: Identity) -> tuple[str, str, str]:
    return identity.kind, identity.value, identity.source_id or ""

"""Customers that channels tell of."""

from __future__ import annotations

from commands.channels import landing
from commands.channels.payments import Teller
from commands.payments.saving import patiently
from domain.channels import people
from domain.channels.told import CustomerTold
from domain.customers import Customer
from domain.ports import Stores


async def tell(stores: Stores, by: Teller, told: CustomerTold) -> Customer:
    """Record a person as they are told of, with the person whom they are recognised as.

    Raises:
        Unavailable: the database does not answer, or others are always faster.
    """

    async def attempt() -> Customer:
        before = await _meant(stores, by, told)
        return await landing.saved(stores, by, before, people.described(before, told, by.account))

    key = people.account_key(by.account.channel_id, told.ref)
    return await patiently(stores, key, attempt)


async def _meant(stores: Stores, by: Teller, told: CustomerTold) -> Customer:
    channel = by.account.channel_id
    came = people.identities(told, by.account)
    key = people.account_key(channel, told.ref)
    found = await stores.records.people([key], people.evidence(came))
    own = (
        each
        for each in found
        if any((one.channel_id, one.ref) == (channel, told.ref) for one in each.accounts)
    )
    known = next(own, None) or people.recognised(found, channel, came)
    return known or people.begun(told, by.account, await stores.now())

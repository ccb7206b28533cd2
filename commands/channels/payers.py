"""Who paid: a provider's account for them, and the card that they paid with.

A payment and the account that it was made by find each other, whichever was told of first. The
card becomes evidence of whom the account belongs to, and of whom the payment belongs to.
"""

from __future__ import annotations

from msgspec.structs import replace

from commands.channels import landing, linking
from commands.channels.payments import Teller
from commands.payments.saving import patiently
from domain.channels import people
from domain.customers import Customer
from domain.ids import CustomerId, PaymentId
from domain.payments import Card, Payment
from domain.ports import Stores


async def known(stores: Stores, by: Teller, payment: Payment) -> Payment:
    """The payment, with whom its provider's account belongs to, if somebody was told of it."""
    if payment.payer_key and payment.payer_id is None:
        for person in await stores.records.people([payment.payer_key], ()):
            payment = await _paid(stores, by, payment, CustomerId(person.id))
    await remembered(stores, by, payment)
    return payment


async def introduced(stores: Stores, by: Teller, person: Customer, ref: str) -> None:
    """Give somebody what was paid by their account before anybody knew whose it was."""
    key = people.account_key(by.account.channel_id, ref)
    for payment in await stores.records.paid_by(key):
        paid = await _paid(stores, by, payment, CustomerId(person.id))
        await remembered(stores, by, paid)


async def remembered(stores: Stores, by: Teller, payment: Payment) -> None:
    """Keep the card of a payment as evidence of who its people are."""
    card = payment.card
    if card and card.fingerprint:
        for key in sorted({each for each in (payment.payer_id, payment.customer_id) if each}):
            await _carried(stores, by, key, card, payment)


async def _paid(stores: Stores, by: Teller, payment: Payment, person: CustomerId) -> Payment:
    def owned(before: Payment) -> Payment:
        return replace(before, payer_id=person, customer_id=before.customer_id or person)

    return await linking.changed(stores, by, PaymentId(payment.id), owned)


async def _carried(
    stores: Stores, by: Teller, key: CustomerId, card: Card, payment: Payment
) -> None:
    async def attempt() -> Customer | None:
        before = await stores.records.person(key)
        if before is None:
            return None
        after = people.carrying(before, card, payment.channel_id)
        return await landing.saved(stores, by, before, after)

    await patiently(stores, key, attempt)

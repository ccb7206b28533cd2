"""Payments and the orders that they are for find each other, whichever was told of first.

An order may name what was paid for it, and a payment the order that it is for. Who comes second
looks for the first; should both come at once, each looks after it was written, so one sees the
other. A payment that came by a link of ours is for the link's order: the link was here before
anybody could pay by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from commands.channels.payments import Teller
from commands.payments import alarming
from commands.payments.saving import patiently
from domain import recorded
from domain.channels import sales
from domain.ids import OrderId, PaymentId
from domain.orders import Order
from domain.payments import Payment, PaymentLink, is_late
from domain.ports import Stores, Work
from domain.refusals import OtherCurrency
from domain.values import whole_milliseconds


async def pay(stores: Stores, by: Teller, order: Order) -> Sequence[Payment]:
    """Give an order what was paid for it, and its payments the customer that it has.

    Raises:
        OtherCurrency: some of it is in another currency.
    """
    refs = [f"{ref.system}:{ref.kind}:{ref.value}" for ref in order.refs]
    found = await stores.records.payments(OrderId(order.id), refs)
    return [await _linked(stores, by, PaymentId(each.id), order) for each in found]


async def owed(stores: Stores, by: Teller, payment: Payment) -> Payment:
    """The payment, with the order that it is for, if that is here.

    Raises:
        OtherCurrency: the order is in another currency.
    """
    link = await stores.links.find(payment.link_id) if payment.link_id else None
    order = await _order_of(stores, payment, link)
    found = await _linked(stores, by, PaymentId(payment.id), order) if order else payment
    if link and is_late(link, found):
        await alarming.late(stores, link, found)
    return found


async def _order_of(stores: Stores, payment: Payment, link: PaymentLink | None) -> Order | None:
    if link:
        return await stores.tills.order(link.order_id)
    return await stores.records.order(sales.payment_keys(payment))


async def _linked(stores: Stores, by: Teller, key: PaymentId, order: Order) -> Payment:
    def paid(before: Payment) -> Payment:
        if before.order_id not in {None, order.id}:
            return before  # whoever said so first knew better than a name
        if before.currency != order.currency:
            raise OtherCurrency(expected_currency=order.currency, given_currency=before.currency)
        return sales.paid(before, order)

    return await changed(stores, by, key, paid)


async def changed(
    stores: Stores, by: Teller, key: PaymentId, change: Callable[[Payment], Payment]
) -> Payment:
    """A payment with what became known of it, beside what happened to it."""

    async def attempt() -> Payment:
        before = await stores.tills.payment(key)
        if before is None:
            raise LookupError(f"the payment {key} was there, and is gone")
        after = change(before)
        return before if after == before else await _written(stores, by, before, after)

    return await patiently(stores, key, attempt)


async def _written(stores: Stores, by: Teller, before: Payment, after: Payment) -> Payment:
    now = whole_milliseconds(await stores.now())
    new = replace(after, version=before.version + 1, updated_at=now)
    told = recorded.reported(before, new, by.cause, by.account.actor)

    async def body(work: Work) -> Payment:
        await work.record(new, before.version, told, ())
        return new

    return await stores.transaction(body)

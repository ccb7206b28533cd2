"""Orders that channels tell of, with who bought and with what was paid for them."""

from __future__ import annotations

from msgspec.structs import replace

from commands.channels import customers, landing, linking, payers, payments
from commands.channels.payments import Teller
from commands.payments.saving import patiently
from domain.channels import sales
from domain.channels.told import CustomerTold, OrderTold
from domain.ids import CustomerId, LocationId
from domain.orders import Order
from domain.ports import Stores
from domain.refusals import Invalid, refuse_any
from domain.values import whole_milliseconds


async def tell(stores: Stores, by: Teller, told: OrderTold) -> Order:
    """Record an order as it is told, its customer and its payments.

    Raises:
        Refused: it says what cannot be.
        Invalid: an order of that number is in this channel already, and came another way.
        OtherCurrency: what was paid for it is in another currency.
        Unavailable: the database does not answer, or others are always faster.
    """
    refuse_any(sales.wrong(told))
    customer = await _bought(stores, by, told.customer) if told.customer else None
    place = await located(stores, by, told.location)
    key = sales.order_key(by.provider, told.ref)

    async def attempt() -> Order:
        now = whole_milliseconds(await stores.now())
        before = await stores.records.order([key])
        came = sales.order(told, by.provider, by.account, customer, place, now)
        named = came if before else await _numbered(stores, came, told)
        return await landing.saved(stores, by, before, sales.described(before, named))

    order = await patiently(stores, key, attempt)
    for each in told.payments:
        await payments.tell(stores, by, replace(each, order=key))
    for each in await linking.pay(stores, by, order):
        await payers.remembered(stores, by, each)
    return order


async def _bought(stores: Stores, by: Teller, told: CustomerTold) -> CustomerId:
    buyer = await customers.tell(stores, by, told)
    await payers.introduced(stores, by, buyer, told.ref)
    return CustomerId(buyer.id)


async def located(stores: Stores, by: Teller, name: str | None) -> LocationId | None:
    """Our location under the channel's own name for it, if the configuration has one."""
    code = by.account.code_of(name) if name else None
    return await stores.records.place(code) if code else None


async def _numbered(stores: Stores, came: Order, told: OrderTold) -> Order:
    """With a number of its own: two shops may count alike."""
    other = await stores.records.numbered(came.number)
    if other is None or other.id == came.id:
        return came
    if other.channel_id == came.channel_id:
        raise Invalid(
            why=f"The order {came.number!r} of this channel is here already, and came another way."
        )
    return sales.renumbered(came, told)

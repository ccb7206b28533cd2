"""Whatever a channel tells of becomes part of the books."""

from __future__ import annotations

from commands.channels import customers, linking, orders, payments, products, stock
from commands.channels.payments import Teller
from domain.channels.goods import Compared, NotTaken
from domain.channels.told import (
    CustomerTold,
    OperationTold,
    OrderTold,
    PaymentTold,
    ProductTold,
    StockTold,
    Told,
)
from domain.payments import Payment
from domain.ports import Stores


async def tell(stores: Stores, by: Teller, told: Told) -> NotTaken | Compared | None:
    """Record a whole thing. What is not taken is answered, so that somebody can be told.

    So is what the channel says that is not its to say.

    Raises:
        Awaited: something that must come first is not here yet.
        Refusal, Refused: it says what cannot be.
        Unavailable: the database does not answer, or others are always faster.
    """
    match told:
        case PaymentTold():
            await linking.owed(stores, by, await payments.tell(stores, by, told))
        case OrderTold():
            await orders.tell(stores, by, told)
        case CustomerTold():
            await customers.tell(stores, by, told)
        case ProductTold():
            return await products.tell(stores, by, told)
        case StockTold():
            return await stock.tell(stores, by, told)
    return None


async def add(stores: Stores, by: Teller, payment_ref: str, told: OperationTold) -> Payment:
    """Record one operation of a payment that is known.

    Raises:
        Awaited: it is not.
    """
    payment = await payments.add(stores, by, payment_ref, told)
    return await linking.owed(stores, by, payment)

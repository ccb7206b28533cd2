"""Whatever a channel tells of becomes part of the books."""

from __future__ import annotations

from commands.channels import customers, linking, orders, payers, payments, products, stock
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
            await _known(stores, by, await payments.tell(stores, by, told))
        case OrderTold():
            await orders.tell(stores, by, told)
        case CustomerTold():
            person = await customers.tell(stores, by, told)
            await payers.introduced(stores, by, person, told.ref)
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
    return await _known(stores, by, await payments.add(stores, by, payment_ref, told))


async def _known(stores: Stores, by: Teller, payment: Payment) -> Payment:
    """The payment, with the order that it is for and with who paid it, as far as they are here."""
    return await payers.known(stores, by, await linking.owed(stores, by, payment))

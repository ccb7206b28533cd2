"""Products that channels tell of."""

from __future__ import annotations

from commands.channels import landing
from commands.channels.payments import Teller
from commands.payments.saving import patiently
from domain.channels import goods
from domain.channels.goods import Compared
from domain.channels.told import ProductTold
from domain.ports import Stores
from domain.refusals import refuse_any


async def tell(stores: Stores, by: Teller, told: ProductTold) -> Compared | None:
    """Record of a product what is the channel's to say; gives what it says beyond that.

    Raises:
        Refused: it says what cannot be.
        Unavailable: the database does not answer, or others are always faster.
    """
    refuse_any(goods.wrong_product(told))

    async def attempt() -> Compared | None:
        before = await stores.records.product(told.sku)
        after = goods.product(told, by.account, before, await stores.now(), by.owners)
        await landing.saved(stores, by, before, after)
        return goods.compared_product(told, by.account, before, by.owners)

    return await patiently(stores, told.sku, attempt)

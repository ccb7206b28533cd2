"""Products that channels tell of."""

from __future__ import annotations

from commands.channels import landing
from commands.channels.payments import Teller
from commands.payments.saving import patiently
from domain.catalog import Product
from domain.channels import goods
from domain.channels.told import ProductTold
from domain.ports import Stores
from domain.refusals import refuse_any


async def tell(stores: Stores, by: Teller, told: ProductTold) -> Product:
    """Record a product as it is told; one that is known from elsewhere stays as it is.

    Raises:
        Refused: it says what cannot be.
        Unavailable: the database does not answer, or others are always faster.
    """
    refuse_any(goods.wrong_product(told))

    async def attempt() -> Product:
        before = await stores.records.product(told.sku)
        after = goods.product(told, by.account, before, await stores.now())
        return await landing.saved(stores, by, before, after)

    return await patiently(stores, told.sku, attempt)

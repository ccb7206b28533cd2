"""Stock that channels count."""

from __future__ import annotations

from commands.channels import landing
from commands.channels.orders import located
from commands.channels.payments import Awaited, Teller
from commands.payments.saving import patiently
from domain import incidents
from domain.channels import goods
from domain.channels.goods import Cause, Compared, NotTaken
from domain.channels.told import StockTold
from domain.ids import LocationId
from domain.incidents import IncidentKind
from domain.ports import Stores
from domain.refusals import refuse_any
from domain.stock import StockLevel


async def tell(stores: Stores, by: Teller, told: StockTold) -> NotTaken | Compared | None:
    """Record what a channel counts, where the count is its own; or why it is not taken.

    Raises:
        Awaited: there is no such product yet.
        Refused: it says what cannot be.
        Unavailable: the database does not answer, or others are always faster.
    """
    refuse_any(goods.wrong_count(told))
    place = await located(stores, by, told.location)
    if place is None:
        why = f"The configuration of {by.account.name} has no location for {told.location!r}."
        return NotTaken(Cause.NO_LOCATION, told, why)
    if await stores.records.product(told.sku) is None:
        raise Awaited(told.sku, "product")

    async def attempt() -> NotTaken | Compared | None:
        return await _counted(stores, by, told, place)

    return await patiently(stores, f"{told.sku}\x00{place}", attempt)


async def _counted(
    stores: Stores, by: Teller, told: StockTold, place: LocationId
) -> NotTaken | Compared | None:
    before = await stores.records.level(told.sku, place)
    after = goods.level(told, by.account, place, before, await stores.now(), by.owners)
    if isinstance(after, NotTaken):
        return after
    await landing.saved(stores, by, before, after)
    if before and before.oversold and not after.oversold:
        await _relieved(stores, by, after)
    return goods.compared_count(told, by.account, before, by.owners)


async def _relieved(stores: Stores, by: Teller, level: StockLevel) -> None:
    """What was counted is not short any more."""
    subject = incidents.of_shelf(level.sku, level.location_id)
    kind, actor = IncidentKind.OVERSOLD, by.account.actor
    await stores.transaction(
        lambda work: work.relieve(kind, subject, actor, incidents.COUNTED, by.cause)
    )


async def is_counted_there(stores: Stores, by: Teller, told: StockTold) -> bool:
    """Is it the channel itself that counts these units?"""
    place = await located(stores, by, told.location)
    level = await stores.records.level(told.sku, place) if place else None
    rule = by.owners.of("stock", "on_hand")
    return level is not None and rule.owns(by.account.name, level.authority.system)

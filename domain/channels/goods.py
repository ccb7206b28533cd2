"""Products and stock as channels tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain import ids
from domain.catalog import Price, Product
from domain.channels.accounts import Account
from domain.channels.people import seen
from domain.channels.told import ProductTold, StockTold
from domain.ids import Kind, LocationId, ProductId, StockLevelId
from domain.refusals import Invalid, Refusal
from domain.stock import Authority, StockLevel
from domain.values import MAX_INT, MAX_MINOR, whole_milliseconds

LONGEST_SKU = 255


class Cause(StrEnum):
    """Why a count of a channel is not taken."""

    NO_LOCATION = "NO_LOCATION"
    OTHER_OWNER = "OTHER_OWNER"
    PROMISED = "PROMISED"


class NotTaken(Struct, frozen=True):
    """What a channel counts does not become ours; `why` is a sentence for staff."""

    cause: Cause
    told: StockTold
    why: str
    level: StockLevel | None = None


def wrong_product(told: ProductTold) -> Iterator[Refusal]:
    if not 0 < len(told.sku) <= LONGEST_SKU:
        yield Invalid(why=f"A sku has from 1 to {LONGEST_SKU} characters.")
    highest = max(told.list_minor or 0, told.price.minor if told.price else 0)
    if (told.price and told.price.minor < 0) or highest > MAX_MINOR:
        yield Invalid(why=f"The price of {told.sku!r} cannot be.")


def product(told: ProductTold, account: Account, before: Product | None, now: datetime) -> Product:
    """The product as it is told; one that is known from elsewhere stays as it is."""
    said = seen(told.as_of, told)
    if before and (before.told_by != account.channel_id or (before.seen and before.seen >= said)):
        return before
    known = before or Product(
        id=ProductId(ids.derived(Kind.PRODUCT, told.sku)),
        version=0,
        updated_at=now,
        sku=told.sku,
        name=told.name,
    )
    return replace(
        known,
        name=told.name or told.sku,
        description=told.description,
        barcodes=(told.barcode,) if told.barcode else (),
        prices=tuple(_prices(told)),
        is_published=told.is_published,
        told_by=account.channel_id,
        seen=said,
    )


def _prices(told: ProductTold) -> Iterator[Price]:
    if told.price:
        unit = told.price.minor
        yield Price(told.price.currency, unit, max(told.list_minor or 0, unit), "tax", 0)


def wrong_count(told: StockTold) -> Iterator[Refusal]:
    if not 0 <= told.on_hand <= MAX_INT:
        yield Invalid(why=f"{told.on_hand} units of {told.sku!r} cannot be on hand.")


def level(
    told: StockTold, account: Account, place: LocationId, before: StockLevel | None, now: datetime
) -> StockLevel | NotTaken:
    """The level with the channel's count, if it is the channel's to count.

    Where nobody has counted yet, the channel that does so first is the owner. Of two counts that
    are as old the lower one counts: units that may not be there are not sold.
    """
    as_of = whole_milliseconds(told.as_of)
    known = before or _uncounted(told, account, place, as_of, now)
    owner = known.authority.system
    if owner != account.name:
        why = f"The stock of {told.sku!r} there is counted by {owner}, not by {account.name}."
        return NotTaken(Cause.OTHER_OWNER, told, why, known)
    if before and (as_of, -told.on_hand) <= (before.observed_at, -before.on_hand):
        return before
    free = told.on_hand - known.committed - known.reserved - known.unavailable
    if free < 0:
        why = f"{told.on_hand} units of {told.sku!r} are on hand, and {told.on_hand - free} are "
        return NotTaken(Cause.PROMISED, told, f"{why}not free.", known)
    is_low = known.low_at is not None and free <= known.low_at
    counted = replace(known, on_hand=told.on_hand, free=free, oversold=0)
    return replace(counted, is_low=is_low, observed_at=as_of)


def _uncounted(
    told: StockTold, account: Account, place: LocationId, as_of: datetime, now: datetime
) -> StockLevel:
    return StockLevel(
        id=StockLevelId(ids.derived(Kind.STOCK_LEVEL, told.sku, place)),
        version=0,
        updated_at=now,
        sku=told.sku,
        location_id=place,
        on_hand=0,
        committed=0,
        reserved=0,
        unavailable=0,
        free=0,
        authority=Authority("on_hand", account.name, as_of),
        observed_at=as_of,
    )

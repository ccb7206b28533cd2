"""Stock: parents and arguments in, domain values out."""

from __future__ import annotations

from collections.abc import Sequence

from commands.stock.levels import Levels
from domain import ids, pages, stock
from domain.catalog import Location, Near, Product
from domain.errors import BadInput
from domain.freshness import Freshness
from domain.ids import Kind, LocationId, Sku, StockLevelId
from domain.operations import Channel
from domain.pages import Cursor, Page
from domain.refusals import Elsewhere, InsufficientStock, VersionConflict
from domain.requests import Answer
from domain.stock import (
    BEST_FIRST,
    Availability,
    Reservation,
    ReservationLine,
    ReservationState,
    StockHold,
    StockLevel,
    StockQuery,
    Transfer,
)
from resolvers import operations
from resolvers.context import Info
from resolvers.reading import looks_at

PROMISED = (
    *("location_id", "on_hand", "committed", "reserved", "unavailable"),
    *("incoming", "incoming_at", "is_low", "authority", "observed_at"),
)
"""What a promise is made of."""


@looks_at()
async def stock_levels(
    info: Info,
    *,
    skus: Sequence[str] | None,
    locations: Sequence[str] | None,
    low_only: bool,
    first: int | None,
    after: Cursor | None,
) -> Page[StockLevel]:
    query = StockQuery(
        None if skus is None else tuple(map(Sku, skus)),
        _location_ids(locations),
        low_only,
    )
    return await info.context.stock.page(query, pages.forward(first, after))


@looks_at("sku", inside={StockLevel: ["location_id"]})
async def levels(
    products: Sequence[Product], info: Info, *, locations: Sequence[str] | None
) -> Sequence[Sequence[StockLevel]]:
    wanted = _location_ids(locations)
    found = await info.context.stock.levels_of.many([product.sku for product in products])
    return [
        [level for level in each or () if wanted is None or level.location_id in wanted]
        for each in found
    ]


@looks_at("sku", "allows_backorder", inside={Channel: ..., Location: ..., StockLevel: PROMISED})
async def availability(
    products: Sequence[Product],
    info: Info,
    *,
    channel: str,
    quantity: int,
    near: Near | None,
    first: int | None,
    after: Cursor | None,
) -> Sequence[Page[Availability]]:
    request = pages.forward(first, after)
    if quantity < 1:
        raise BadInput(f"`quantity` must be at least 1; it was {quantity}.")
    sold_in = await operations.known_channel(info, channel)
    found = await info.context.catalog.location_by_id.many(sold_in.sells_from)
    places = [location for location in found if location]
    levels = await info.context.stock.promises_of.many([product.sku for product in products])
    now = info.context.now
    return [
        pages.cut(
            stock.offers(product, each or (), sold_in, places, wanted=quantity, near=near, now=now),
            request,
            BEST_FIRST,
        )
        for product, each in zip(products, levels, strict=True)
    ]


@looks_at("sku")
async def level_product(levels: Sequence[StockLevel], info: Info) -> Sequence[Product | None]:
    return await info.context.catalog.product_by_sku.many([level.sku for level in levels])


@looks_at("location_id")
async def level_location(levels: Sequence[StockLevel], info: Info) -> Sequence[Location | None]:
    return await info.context.catalog.location_by_id.many([each.location_id for each in levels])


@looks_at(whole=True)
def level_freshness(levels: Sequence[StockLevel], info: Info) -> Sequence[Freshness]:
    return [level.freshness(info.context.now) for level in levels]


@looks_at("sku")
async def line_product(
    lines: Sequence[ReservationLine | Transfer], info: Info
) -> Sequence[Product | None]:
    return await info.context.catalog.product_by_sku.many([line.sku for line in lines])


@looks_at("location_id")
async def line_location(lines: Sequence[ReservationLine], info: Info) -> Sequence[Location | None]:
    return await info.context.catalog.location_by_id.many([line.location_id for line in lines])


@looks_at("source_id")
async def transfer_source(transfers: Sequence[Transfer], info: Info) -> Sequence[Location | None]:
    return await info.context.catalog.location_by_id.many([each.source_id for each in transfers])


@looks_at("target_id")
async def transfer_target(transfers: Sequence[Transfer], info: Info) -> Sequence[Location | None]:
    return await info.context.catalog.location_by_id.many([each.target_id for each in transfers])


@looks_at("id", inside={StockLevel: ["reservations"]})
async def level_holds(levels: Sequence[StockLevel], info: Info) -> Sequence[Sequence[StockHold]]:
    """As they are now: a level that is told of live comes without them."""
    keys = [StockLevelId(level.id) for level in levels]
    found = await info.context.stock.by_id.many(keys)
    return [level.holds(info.context.now) if level else () for level in found]


def reservation_state(
    reservations: Sequence[Reservation], info: Info
) -> Sequence[ReservationState]:
    return [reservation.state_at(info.context.now) for reservation in reservations]


def changed_levels(answer: Answer[Levels]) -> Sequence[StockLevel]:
    return answer.value.levels if answer.value else ()


def moved_transfer(answer: Answer[Levels]) -> Transfer | None:
    return answer.value.transfer if answer.value else None


async def short_product(
    refusals: Sequence[InsufficientStock], info: Info
) -> Sequence[Product | None]:
    return await info.context.catalog.product_by_sku.many([each.sku for each in refusals])


async def short_location(
    refusals: Sequence[InsufficientStock], info: Info
) -> Sequence[Location | None]:
    keys = [each.location_id for each in refusals]
    return await info.context.catalog.location_by_id.many(keys)


async def elsewhere_location(places: Sequence[Elsewhere], info: Info) -> Sequence[Location | None]:
    return await info.context.catalog.location_by_id.many([each.location_id for each in places])


async def conflict_current(
    conflicts: Sequence[VersionConflict], info: Info
) -> Sequence[object | None]:
    return await operations.nodes(info, ids=[each.subject for each in conflicts])


def _location_ids(values: Sequence[str] | None) -> tuple[LocationId, ...] | None:
    found = ids.expect_all(Kind.LOCATION, values)
    return None if found is None else tuple(map(LocationId, found))

"""Channels, incidents, and anything by its id."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from domain import ids, pages, payments
from domain.channels.standing import AdapterStatus
from domain.errors import BadInput
from domain.ids import ChannelId, Kind, OperationId, RefundId
from domain.incidents import Incident, IncidentKind, IncidentQuery
from domain.operations import Channel
from domain.ownership import OwnershipRule
from domain.pages import MAX_SIZE, Cursor, Page
from domain.payments import Payment, PaymentOperation, Refund
from domain.values import Actor
from domain.viewer import Everything, Subject, reach
from resolvers.context import Context, Info
from resolvers.reading import looks_at

ReadMany = Callable[[Context, Sequence[Any]], Awaitable[Sequence[object | None]]]


@looks_at()
async def channels(info: Info) -> Sequence[Channel]:
    return await info.context.channels.all()


@looks_at("id")
async def channel_adapters(
    found: Sequence[Channel], info: Info
) -> Sequence[Sequence[AdapterStatus]]:
    keys = [ChannelId(channel.id) for channel in found]
    adapters = await info.context.channels.adapters_of.many(keys)
    return [each or () for each in adapters]


async def known_channel(info: Info, id: str) -> Channel:
    """The channel that an argument names.

    Raises:
        BadInput: there is no such channel.
    """
    found = await info.context.channels.by_id.one(ChannelId(ids.expect(Kind.CHANNEL, id)))
    if found is None:
        raise BadInput(f"There is no channel {id!r}.")
    return found


@looks_at()
async def incidents(
    info: Info,
    *,
    first: int | None,
    after: Cursor | None,
    kinds: Sequence[IncidentKind] | None,
    open: bool | None,
) -> Page[Incident]:
    query = IncidentQuery(None if kinds is None else tuple(kinds), open)
    return await info.context.incidents.page(query, pages.forward(first, after))


@looks_at()
async def ownership(info: Info) -> Sequence[OwnershipRule]:
    within = reach(info.viewer, Subject.INCIDENTS)
    return info.context.stores.owners.rules if isinstance(within, Everything) else ()


@looks_at("channel_id")
async def incident_channel(found: Sequence[Incident], info: Info) -> Sequence[Channel | None]:
    return await info.context.channels.by_id.many([incident.channel_id for incident in found])


@looks_at(whole=True)
def actor_id(actors: Sequence[Actor], info: Info) -> Sequence[str]:
    return [actor.shown_to(info.viewer).id for actor in actors]


@looks_at(whole=True)
def actor_label(actors: Sequence[Actor], info: Info) -> Sequence[str | None]:
    return [actor.shown_to(info.viewer).label for actor in actors]


@looks_at(whole=True)
def actor_device(actors: Sequence[Actor], info: Info) -> Sequence[str | None]:
    return [actor.shown_to(info.viewer).device for actor in actors]


@looks_at("channel_id")
async def actor_channel(actors: Sequence[Actor], info: Info) -> Sequence[Channel | None]:
    return await info.context.channels.by_id.many([actor.channel_id for actor in actors])


@looks_at(inside={Payment: ...})
async def node(info: Info, *, id: str) -> object | None:
    return (await _by_ids(info.context, [id]))[0]


@looks_at(inside={Payment: ...})
async def nodes(info: Info, *, ids: Sequence[str]) -> Sequence[object | None]:
    if len(ids) > MAX_SIZE:
        raise BadInput(f"Ask for at most {MAX_SIZE} nodes at once.")
    return await _by_ids(info.context, ids)


async def _by_ids(context: Context, wanted: Sequence[str]) -> list[object | None]:
    kinds = {key: _node_kind(key) for key in wanted}
    shown = {kind for kind in kinds.values() if TYPE_BY_KIND[kind] in context.served.nodes}
    found = await gather(*(_of_kind(context, kind, kinds) for kind in shown))
    by_id = {key: value for each in found for key, value in each.items()}
    return [by_id.get(key) for key in wanted]


def _node_kind(key: str) -> Kind:
    if (kind := ids.kind_of(key)) not in READ_BY_KIND:
        raise BadInput(f"{key!r} names part of something else ({kind.words}), which is no node.")
    return kind


async def _of_kind(
    context: Context, kind: Kind, kinds: Mapping[str, Kind]
) -> dict[str, object | None]:
    wanted = [key for key, its in kinds.items() if its is kind]
    return dict(zip(wanted, await READ_BY_KIND[kind](context, wanted), strict=True))


async def _operations(
    context: Context, wanted: Sequence[OperationId]
) -> Sequence[PaymentOperation | None]:
    found = await context.payments.by_operation.many(wanted)
    by_id = {each.id: each for payment in found if payment for each in payment.operations}
    return [by_id.get(key) for key in wanted]


async def _refunds(context: Context, wanted: Sequence[RefundId]) -> Sequence[Refund | None]:
    found = await context.payments.by_operation.many([ids.operation_of(key) for key in wanted])
    by_id = {each.id: each for payment in found if payment for each in payments.refunds_of(payment)}
    return [by_id.get(key) for key in wanted]


READ_BY_KIND: Mapping[Kind, ReadMany] = MappingProxyType(
    {
        Kind.CUSTOMER: lambda context, wanted: context.customers.by_id.many(wanted),
        Kind.LOYALTY_ACCOUNT: lambda context, wanted: context.customers.account_by_id.many(wanted),
        Kind.LOYALTY_ENTRY: lambda context, wanted: context.customers.entry_by_id.many(wanted),
        Kind.PRODUCT: lambda context, wanted: context.catalog.product_by_id.many(wanted),
        Kind.LOCATION: lambda context, wanted: context.catalog.location_by_id.many(wanted),
        Kind.CHANNEL: lambda context, wanted: context.channels.by_id.many(wanted),
        Kind.STOCK_LEVEL: lambda context, wanted: context.stock.by_id.many(wanted),
        Kind.ORDER: lambda context, wanted: context.orders.by_id.many(wanted),
        Kind.FULFILLMENT: lambda context, wanted: context.orders.fulfillment_by_id.many(wanted),
        Kind.RETURN: lambda context, wanted: context.orders.return_by_id.many(wanted),
        Kind.PAYMENT: lambda context, wanted: context.payments.by_id.many(wanted),
        Kind.PAYMENT_LINK: lambda context, wanted: context.payments.link_by_id.many(wanted),
        Kind.OPERATION: _operations,
        Kind.REFUND: _refunds,
        Kind.RESERVATION: lambda context, wanted: context.stock.reservation_by_id.many(wanted),
        Kind.TRANSFER: lambda context, wanted: context.stock.transfer_by_id.many(wanted),
        Kind.INCIDENT: lambda context, wanted: context.incidents.by_id.many(wanted),
        Kind.JOURNAL_ENTRY: lambda context, wanted: context.journal.by_id.many(wanted),
    }
)

TYPE_BY_KIND: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CUSTOMER: "Customer",
        Kind.LOYALTY_ACCOUNT: "LoyaltyAccount",
        Kind.LOYALTY_ENTRY: "LoyaltyEntry",
        Kind.PRODUCT: "Product",
        Kind.LOCATION: "Location",
        Kind.CHANNEL: "Channel",
        Kind.STOCK_LEVEL: "StockLevel",
        Kind.ORDER: "Order",
        Kind.FULFILLMENT: "Fulfillment",
        Kind.RETURN: "Return",
        Kind.PAYMENT: "Payment",
        Kind.PAYMENT_LINK: "PaymentLink",
        Kind.OPERATION: "PaymentOperation",
        Kind.REFUND: "Refund",
        Kind.RESERVATION: "Reservation",
        Kind.TRANSFER: "Transfer",
        Kind.INCIDENT: "Incident",
        Kind.JOURNAL_ENTRY: "JournalEntry",
    }
)
"""What the graph calls a node of each kind."""

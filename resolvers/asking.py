"""Live reads: what is too old for who asks is asked for anew; and how old answers are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec.structs import replace

from domain import freshness
from domain.catalog import Product
from domain.channels import asking
from domain.customers import Customer
from domain.freshness import KASSA, Freshness
from domain.ids import ChannelId
from domain.operations import Channel
from domain.orders import Order
from domain.pages import Page
from domain.payments import Payment
from loaders.batch import Batch
from resolvers.context import Context, Info
from resolvers.reading import looks_at

Told = tuple[ChannelId, datetime]
"""Which channel told of something, and how old that is."""

T = TypeVar("T", Payment, Order, Customer)


async def one(kind: type[T], found: T | None, info: Info, max_age: int | None) -> T | None:
    """What was found, or what it is by now."""
    if max_age is None:
        return found
    [left] = await lists(kind, [[found] if found else []], info, max_age)
    return left[0] if left else None


async def lists(
    kind: type[T], found: Sequence[Sequence[T]], info: Info, max_age: int | None
) -> Sequence[Sequence[T]]:
    """The same for lists; what the viewer no longer reaches is left out."""
    if max_age is None:
        return found
    changed = await _changed(kind, [each.id for some in found for each in some], info, max_age)
    return [[new for each in some if (new := changed.get(each.id, each))] for some in found]


async def page(kind: type[T], page: Page[T], info: Info, max_age: int | None) -> Page[T]:
    """The same for a page."""
    if max_age is None:
        return page
    changed = await _changed(kind, [edge.node.id for edge in page.edges], info, max_age)
    edges = [
        replace(edge, node=new)
        for edge in page.edges
        if (new := changed.get(edge.node.id, edge.node))
    ]
    return replace(page, edges=edges)


async def _changed(
    kind: type[T], ids: Sequence[str], info: Info, max_age: int
) -> Mapping[str, T | None]:
    """What channels were asked for, as the viewer may read it now."""
    oldest = asking.age(max_age, info.viewer)
    again = await info.context.asks.renew(kind, ids, oldest, info.context.now)
    return await _read(kind, again, info) if again else {}


async def _read(kind: type[T], ids: Sequence[str], info: Info) -> Mapping[str, T | None]:
    found = await READ_BY_KIND[kind](info.context.anew()).many(ids)
    return dict(zip(ids, found, strict=True))


READ_BY_KIND: Mapping[type, Callable[[Context], Batch[Any, Any]]] = MappingProxyType(
    {
        Payment: lambda context: context.payments.by_id,
        Order: lambda context: context.orders.by_id,
        Customer: lambda context: context.customers.by_id,
    }
)


@looks_at("id", "freshness")
def told_freshness(found: Sequence[Payment | Order], info: Info) -> Sequence[Freshness]:
    now, asks = info.context.now, info.context.asks
    return [freshness.after_asking(each.freshness(now), asks.of(each.id), now) for each in found]


@looks_at("id", "told_by", "told_at", inside={Channel: ["code"]})
async def customer_freshness(people: Sequence[Customer], info: Info) -> Sequence[Freshness]:
    now, asks = info.context.now, info.context.asks
    known = await _by_channels([_told(each) for each in people], info)
    return [
        freshness.after_asking(each, asks.of(person.id), now)
        for each, person in zip(known, people, strict=True)
    ]


def _told(person: Customer) -> Told | None:
    account, at = person.told_by, person.told_at
    return (account.channel_id, at) if account and at else None


@looks_at("told", inside={Channel: ["code"]})
async def product_freshness(products: Sequence[Product], info: Info) -> Sequence[Freshness]:
    return await _by_channels([each.told for each in products], info)


async def _by_channels(told: Sequence[Told | None], info: Info) -> Sequence[Freshness]:
    """How old what a channel told is; what none told is Kassa's own."""
    now = info.context.now
    channels = await info.context.channels.by_id.many([each and each[0] for each in told])
    return [
        freshness.graded(channel.code if channel else KASSA, each[1] if each else now, now)
        for each, channel in zip(told, channels, strict=True)
    ]

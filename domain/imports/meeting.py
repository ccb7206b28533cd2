"""What comes in meets what is there: found by natural key, compared by content, changed once."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain.catalog import Location, Product
from domain.customers import Customer
from domain.ids import Kind
from domain.imports.rows import Reason, RowRefused
from domain.imports.terms import EPOCH
from domain.journal import Happening
from domain.operations import Channel
from domain.orders import Order, OrderLine, Return
from domain.payments import Payment, fold
from domain.stock import StockLevel

Incoming: TypeAlias = (
    Channel | Location | Product | Customer | StockLevel | Order | Return | Payment
)

KINDS: Mapping[type[Incoming], Kind] = MappingProxyType(
    {
        Channel: Kind.CHANNEL,
        Location: Kind.LOCATION,
        Product: Kind.PRODUCT,
        Customer: Kind.CUSTOMER,
        StockLevel: Kind.STOCK_LEVEL,
        Order: Kind.ORDER,
        Return: Kind.RETURN,
        Payment: Kind.PAYMENT,
    }
)

TYPES: Mapping[Kind, type[Incoming]] = MappingProxyType({v: k for k, v in KINDS.items()})


class Outcome(Struct, frozen=True):
    """What was not written, by natural key, and why. What was overtaken may be tried again."""

    refused: Mapping[str, str] = {}
    overtaken: Mapping[str, str] = {}


class Known(Struct, frozen=True):
    """What is already there under a natural key; no `digest`: no import has seen it yet."""

    id: str
    version: int
    digest: str | None = None


class Change(Struct, frozen=True):
    """A value to store with the digest of what came in; `over` is the version it replaces.

    `told` is what the journal tells of it, where it has a story.
    """

    key: str
    value: Incoming
    digest: str
    over: int | None = None
    told: Happening | None = None


def natural_key(value: Incoming) -> str:
    """By what the same thing is recognised the next time."""
    match value:
        case Customer() | Order():
            return value.number
        case Product():
            return value.sku
        case Location() | Channel():
            return value.code
        case StockLevel():
            return level_key(value.sku, value.location_id)
        case Payment():
            return f"{value.provider}:{value.refs[0].value}"
        case Return():
            return value.id


def level_key(sku: str, location_id: str) -> str:
    return f"{sku}\x00{location_id}"


def digest(value: Incoming, *, observations: bool = False) -> str:
    """A fingerprint of all that came in, without what differs from run to run.

    When a stock level was observed counts only where `observations` are wanted: else a file that
    says the same once more would write every level again.
    """
    same = replace(value, id="", version=1, updated_at=EPOCH)
    if isinstance(same, StockLevel) and not observations:
        same = replace(same, observed_at=EPOCH, counted_at=None)
    return blake2b(msgspec.msgpack.encode(same), digest_size=12).hexdigest()


def met(there: Incoming, came: Incoming) -> Incoming:
    """`there` with what came in: what the files do not speak of stays as it was.

    Raises:
        RowRefused: the two cannot both be true.
    """
    joined = _joined(there, came)
    kept = replace(joined, id=there.id, version=there.version, updated_at=there.updated_at)
    if kept == there:
        return there
    return replace(kept, version=there.version + 1, updated_at=came.updated_at)


def _joined(there: Incoming, came: Incoming) -> Incoming:
    match there, came:
        case Customer(), Customer():
            return _customer(there, came)
        case Product(), Product():
            return _product(there, came)
        case Location(), Location():
            return replace(came, position=there.position)
        case Channel(), Channel():
            return replace(came, safety_stock=there.safety_stock)
        case StockLevel(), StockLevel():
            return _level(there, came)
        case Order(), Order():
            return _order(there, came)
        case Payment(), Payment():
            return _payment(there, came)
        case _:
            return came


def _customer(there: Customer, came: Customer) -> Customer:
    """Evidence from elsewhere stays; what this system said before, it says anew."""
    sources = {identity.source_id for identity in came.identities}
    named = {(identity.kind, identity.value) for identity in came.identities}
    others = tuple(
        one
        for one in there.identities
        if one.source_id not in sources and (one.kind, one.value) not in named
    )
    return replace(
        there,
        display_name=came.display_name or there.display_name,
        identities=(*came.identities, *others),
        addresses=came.addresses or there.addresses,
    )


def _product(there: Product, came: Product) -> Product:
    priced = {price.currency: price for price in (*there.prices, *came.prices)}
    return replace(
        there,
        name=came.name,
        description=came.description or there.description,
        barcodes=tuple(dict.fromkeys((*came.barcodes, *there.barcodes))),
        prices=tuple(priced.values()),
        is_published=came.is_published,
    )


def _level(there: StockLevel, came: StockLevel) -> StockLevel:
    """A new count under the promises that Kassa has made; S1 holds."""
    free = came.on_hand - there.committed - there.reserved - there.unavailable
    if free < 0:
        promised = there.on_hand - there.free
        raise RowRefused(
            Reason.PROMISED, f"{came.on_hand} units on hand, and {promised} are not free."
        )
    low_at = there.low_at if came.low_at is None else came.low_at
    return replace(
        there,
        on_hand=came.on_hand,
        free=free,
        oversold=0,
        counted_at=came.counted_at,
        low_at=low_at,
        is_low=low_at is not None and free <= low_at,
        authority=came.authority,
        observed_at=came.observed_at,
    )


def _order(there: Order, came: Order) -> Order:
    """The file's order, with what has come back here since."""
    back = {line.id: line for line in there.lines}
    refs = {(ref.system, ref.kind, ref.value): ref for ref in (*came.refs, *there.refs)}
    remarks = {remark.key: remark for remark in (*there.metadata, *came.metadata)}
    return replace(
        came,
        lines=tuple(_line(back.get(line.id), line) for line in came.lines),
        refs=tuple(refs.values()),
        metadata=tuple(remarks.values()),
        location_ids=tuple(dict.fromkeys((*came.location_ids, *there.location_ids))),
    )


def _line(there: OrderLine | None, came: OrderLine) -> OrderLine:
    if there is None:
        return came
    returned = min(max(there.returned, came.returned), came.handed_over)
    return replace(
        came,
        returned=returned,
        refunded=max(there.refunded, came.refunded),
        delivery=there.delivery,
        allocations=there.allocations,
    )


def _payment(there: Payment, came: Payment) -> Payment:
    """All operations that either knows of; the fold does not mind the order."""
    told = {operation.id for operation in came.operations}
    others = (operation for operation in there.operations if operation.id not in told)
    operations = (*came.operations, *others)
    refs = {(ref.system, ref.kind, ref.value): ref for ref in (*came.refs, *there.refs)}
    return replace(
        came, operations=operations, standing=fold(operations), refs=tuple(refs.values())
    )

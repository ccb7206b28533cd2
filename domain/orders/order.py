"""Orders and their lines. The life-cycle is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from domain import freshness, money
from domain.freshness import KASSA, Confirmed, Freshness
from domain.ids import (
    ChannelId,
    CustomerId,
    FulfillmentId,
    LocationId,
    OrderLineId,
    Sku,
)
from domain.money import Currency, Money, TaxedMoney
from domain.pages import Ordering
from domain.values import Count, Entity, ExternalRef, MetadataEntry, MinorUnits, Seen


class OrderState(StrEnum):
    """Where an order is in its life."""

    DRAFT = "DRAFT"
    PLACED = "PLACED"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class DeliveryMode(StrEnum):
    """How goods reach the customer."""

    TAKE_NOW = "TAKE_NOW"
    PICK_UP = "PICK_UP"
    SHIP_FROM_STORE = "SHIP_FROM_STORE"
    SHIP = "SHIP"
    DROP_SHIP = "DROP_SHIP"


class DeliveryChoice(Struct, frozen=True):
    """How and from where a line is meant to reach the customer."""

    mode: DeliveryMode
    location_id: LocationId | None = None
    promised_at: datetime | None = None


class Allocation(Struct, frozen=True):
    """Units of a line that a location keeps for it."""

    location_id: LocationId
    quantity: Count
    fulfillment_id: FulfillmentId | None = None


class OrderLine(Struct, frozen=True, kw_only=True):
    """Some units of one product, each in exactly one bucket.

    `ordered = cancelled + unsourced + allocated + in_hand + handed_over`.
    """

    id: OrderLineId
    sku: Sku
    name: str
    ordered: Count
    cancelled: Count = 0
    unsourced: Count = 0
    allocated: Count = 0
    in_hand: Count = 0
    handed_over: Count = 0
    returned: Count = 0
    refunded: Count = 0
    unit_price: TaxedMoney
    line_total: TaxedMoney
    delivery: DeliveryChoice | None = None
    allocations: tuple[Allocation, ...] = ()


class Totals(Struct, frozen=True):
    """`goods - discounts + delivery = grand`, to the minor unit."""

    goods: TaxedMoney
    discounts_minor: MinorUnits
    delivery: TaxedMoney
    grand: TaxedMoney

    @property
    def discounts(self) -> Money:
        return Money(self.discounts_minor, self.grand.currency)


class Order(Entity, frozen=True, kw_only=True):
    """A sale, from any channel. `location_ids` are where it was sold, is kept or came back.

    `seen` says how old what a channel told of it last was, and `confirmed` that it was asked since.
    """

    number: str
    state: OrderState
    placed_at: datetime | None = None
    channel_id: ChannelId
    sold_at_id: LocationId | None = None
    location_ids: tuple[LocationId, ...] = ()
    customer_id: CustomerId | None = None
    lines: tuple[OrderLine, ...]
    totals: Totals
    refs: tuple[ExternalRef, ...] = ()
    metadata: tuple[MetadataEntry, ...] = ()
    seen: Seen | None = None
    confirmed: Confirmed | None = None

    @property
    def told_by(self) -> ExternalRef | None:
        """Its name at the channel that tells of it; None: it is Kassa's own."""
        named = (ref for ref in self.refs if ref.kind == "order")
        return next(named, None) if self.seen else None

    @property
    def told_at(self) -> datetime | None:
        return freshness.told_at(self.seen and self.seen.as_of, self.confirmed, self.version)

    def freshness(self, now: datetime) -> Freshness:
        source = self.told_by.system if self.told_by else KASSA
        return freshness.graded(source, self.told_at or now, now)

    @property
    def currency(self) -> Currency:
        return self.totals.grand.currency

    @property
    def due(self) -> Money:
        """What the customer owes; nothing once the order is void."""
        return Money(0, self.currency) if self.state in VOID else self.totals.grand.gross


VOID = frozenset({OrderState.CANCELLED, OrderState.EXPIRED})


class OrderSort(StrEnum):
    """Newest first, by which time."""

    PLACED_AT = "PLACED_AT"
    UPDATED_AT = "UPDATED_AT"


ORDERINGS: Mapping[OrderSort, Ordering] = MappingProxyType(
    {
        OrderSort.PLACED_AT: Ordering(
            "orders.placed", ("placed_at", "id"), (datetime, str), descending=True
        ),
        OrderSort.UPDATED_AT: Ordering(
            "orders.updated", ("updated_at", "id"), (datetime, str), descending=True
        ),
    }
)


class OrderQuery(Struct, frozen=True):
    """Which orders a list shows; none given means all. `since` is about the time sorted by."""

    customer: CustomerId | None = None
    channels: tuple[ChannelId, ...] | None = None
    location: LocationId | None = None
    states: tuple[OrderState, ...] | None = None
    since: datetime | None = None
    sort: OrderSort = OrderSort.PLACED_AT


def totals(
    lines: Sequence[OrderLine], discounts: int, delivery: TaxedMoney, currency: Currency
) -> Totals:
    """Sum up an order. The discount is spread over the lines by largest remainder, tax included."""
    shares = money.allocate(discounts, [line.line_total.gross_minor for line in lines])
    reduced = [_reduced(line.line_total, share) for line, share in zip(lines, shares, strict=True)]
    return Totals(
        goods=TaxedMoney.sum((line.line_total for line in lines), currency),
        discounts_minor=discounts,
        delivery=delivery,
        grand=TaxedMoney.sum([*reduced, delivery], currency),
    )


def _reduced(amount: TaxedMoney, by: int) -> TaxedMoney:
    # A tax as somebody else rounded it stands, as long as nothing is taken off.
    if not by:
        return amount
    taxed = [share.base + share.amount for share in amount.taxes]
    parts = [*taxed, amount.gross_minor - sum(taxed)]
    *left, untaxed = [
        part - cut for part, cut in zip(parts, money.allocate(by, parts), strict=True)
    ]
    reduced = [
        TaxedMoney.of(gross, amount.currency, share.code, share.rate_bps)
        for gross, share in zip(left, amount.taxes, strict=True)
    ]
    return TaxedMoney.sum([*reduced, TaxedMoney(amount.currency, untaxed)], amount.currency)

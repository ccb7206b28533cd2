"""Orders as channels tell of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from domain import ids
from domain.channels.accounts import Account
from domain.channels.people import seen
from domain.channels.told import LineTold, OrderTold
from domain.ids import CustomerId, Kind, LocationId, OrderId, OrderLineId
from domain.money import BASIS_POINTS, Currency, Money, TaxedMoney, TaxShare, known_currencies
from domain.orders import Order, OrderLine, OrderState, totals
from domain.payments import Payment
from domain.refusals import Invalid, Refusal
from domain.values import MAX_INT, MAX_MINOR, ExternalRef, MetadataEntry, whole_milliseconds

FURTHER: Mapping[OrderState, int] = MappingProxyType(
    {state: n for n, state in enumerate(OrderState)}
)
MOST_LINES = 1_000
BESIDE: Mapping[str, Any] = MappingProxyType(
    {"customer": None, "payments": (), "paid_by": (), "goods": None}
)
"""What is told with an order and has a life of its own: it does not make the order another one."""


def order_key(provider: str, ref: str) -> str:
    """A provider's name for an order, as orders are found by it."""
    return f"{provider}:order:{ref}"


def payment_keys(payment: Payment) -> list[str]:
    """All names under which an order may say that this payment was made for it, and its own."""
    own = [ref.value for ref in payment.refs if ref.system == payment.provider]
    names = [*own, *(each.provider_ref for each in payment.operations if each.provider_ref)]
    keys = [f"{payment.provider}:payment:{name}" for name in names]
    return [payment.order_ref, *keys] if payment.order_ref else keys


def wrong(told: OrderTold) -> Iterator[Refusal]:
    """What cannot be of an order, whoever says it (O1, O2 and O4 of the invariants)."""
    if told.currency not in known_currencies():
        yield Invalid(why=f"{told.currency!r} is not a currency.")
        return
    if not 0 < len(told.lines) <= MOST_LINES:
        yield Invalid(why=f"An order has from 1 to {MOST_LINES} lines, not {len(told.lines)}.")
    if len({line.ref for line in told.lines}) < len(told.lines):
        yield Invalid(why="Two lines of the order have the same name.")
    for line in told.lines:
        yield from _wrong_line(line)
    goods = sum(line.total_minor for line in told.lines)
    if not 0 <= told.discounts_minor <= goods or told.delivery_minor < 0 or goods > MAX_MINOR:
        yield Invalid(why="The amounts of the order cannot be.")
    made = goods - told.discounts_minor + told.delivery_minor
    if made != told.total_minor:
        parts, said = (Money(each, told.currency).amount for each in (made, told.total_minor))
        yield Invalid(
            why=f"The parts of the order {told.number!r} make {parts} {told.currency}, and the "
            f"channel says {said}: a difference of {told.total_minor - made} minor units."
        )


def _wrong_line(line: LineTold) -> Iterator[Refusal]:
    parts = (line.cancelled, line.handed_over, line.returned)
    if not 0 < line.ordered <= MAX_INT or min(parts) < 0:
        yield Invalid(why=f"{line.ordered} units of {line.sku!r} cannot be sold.")
    if line.cancelled + line.handed_over > line.ordered or line.returned > line.handed_over:
        yield Invalid(
            why=f"Of {line.ordered} units of {line.sku!r} {line.cancelled} were cancelled, "
            f"{line.handed_over} handed over and {line.returned} returned: that is too many."
        )
    if not 0 <= line.tax_minor <= line.total_minor or line.unit_minor < 0:
        yield Invalid(why=f"{line.sku!r} for {line.total_minor} with a tax of {line.tax_minor}.")


def order(
    told: OrderTold,
    provider: str,
    account: Account,
    customer: CustomerId | None,
    place: LocationId | None,
    now: datetime,
) -> Order:
    """The order as it is told; it has version 0."""
    placed = whole_milliseconds(told.placed_at)
    lines = tuple(_line(each, told, provider) for each in told.lines)
    delivery = TaxedMoney(told.currency, told.delivery_minor)
    paid = [each.partition(":") for each in told.paid_by]
    refs = (
        ExternalRef(provider, "order", told.ref, placed),
        *(ExternalRef(system, "payment", ref, placed) for system, _, ref in paid),
    )
    return Order(
        id=OrderId(ids.derived(Kind.ORDER, provider, told.ref)),
        version=0,
        updated_at=now,
        number=told.number,
        state=told.state,
        placed_at=placed,
        channel_id=account.channel_id,
        sold_at_id=place,
        location_ids=(place,) if place else (),
        customer_id=customer,
        lines=lines,
        totals=totals(lines, told.discounts_minor, delivery, told.currency),
        refs=_in_order(refs),
        metadata=(MetadataEntry(f"status at {account.name}", told.raw_status),),
        seen=seen(told.as_of, replace(told, **BESIDE), rank(told)),
    )


def rank(told: OrderTold) -> str:
    """Of two that were told in the same second, the one that is further on is the later one."""
    moved = sum(line.cancelled + line.handed_over + line.returned for line in told.lines)
    return f"{FURTHER[told.state]}.{moved:010}."


def _line(line: LineTold, told: OrderTold, provider: str) -> OrderLine:
    tax = line.tax_minor
    share = line.total_minor and (2 * tax * line.unit_minor // line.total_minor + 1) // 2
    return OrderLine(
        id=OrderLineId(ids.derived(Kind.ORDER_LINE, provider, told.ref, line.ref)),
        sku=line.sku,
        name=line.name,
        ordered=line.ordered,
        cancelled=line.cancelled,
        unsourced=line.ordered - line.cancelled - line.handed_over,
        handed_over=line.handed_over,
        returned=line.returned,
        unit_price=_taxed(line.unit_minor, min(share, line.unit_minor), told.currency),
        line_total=_taxed(line.total_minor, tax, told.currency),
    )


def _taxed(gross: int, tax: int, currency: Currency) -> TaxedMoney:
    net = gross - tax
    rate = (tax * BASIS_POINTS + net // 2) // net if net else 0
    return TaxedMoney(currency, gross, (TaxShare("tax", rate, net, tax),) if tax else ())


def described(before: Order | None, came: Order) -> Order:
    """`before` as it is told now, unless it was told later before; names are never forgotten."""
    if before is None:
        return came
    named = replace(before, refs=_in_order((*before.refs, *came.refs)))
    if before.seen and came.seen and before.seen >= came.seen:
        return named
    told = {entry.key for entry in came.metadata}
    others = (entry for entry in before.metadata if entry.key not in told)
    return replace(
        came,
        id=before.id,
        version=before.version,
        number=before.number,
        refs=named.refs,
        metadata=(*came.metadata, *others),
    )


def _in_order(refs: Iterable[ExternalRef]) -> tuple[ExternalRef, ...]:
    named = {(ref.system, ref.kind, ref.value): ref for ref in refs}
    return tuple(named[key] for key in sorted(named))


def renumbered(order: Order, told: OrderTold) -> Order:
    """With its channel's own name for it behind the number, which another order has."""
    return replace(order, number=f"{told.number} ({told.ref})")


def paid(payment: Payment, order: Order) -> Payment:
    """A payment that was made for an order, and belongs to whom the order belongs to, if known."""
    return replace(
        payment,
        order_id=OrderId(order.id),
        customer_id=order.customer_id or payment.customer_id,
        location_ids=order.location_ids,
    )

"""Rows put together to orders, and to the returns that came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from domain import money
from domain.ids import ChannelId, Kind, LocationId, OrderId, OrderLineId, ReturnId, Sku
from domain.imports.master import customer_of, first, of, one_of, tax_on
from domain.imports.rows import Group, LineRow, OrderRow, Reason, ReturnRow, RowRefused
from domain.imports.terms import Terms, derived
from domain.money import Currency, Money, TaxedMoney, TaxShare
from domain.orders import (
    VOID,
    Order,
    OrderLine,
    OrderState,
    Return,
    ReturnLine,
    ReturnState,
    totals,
)
from domain.values import MAX_INT, MAX_MINOR, ExternalRef, MetadataEntry


class Names(Struct, frozen=True):
    """What natural keys stand for: ids of customers, channels and locations."""

    customers: Mapping[str, str]
    channels: Mapping[str, str]
    locations: Mapping[str, str]


class Sale(Struct, frozen=True):
    """An order, and what came back of it."""

    order: Order
    returns: Sequence[Return]


def sale(group: Group, terms: Terms, names: Names, now: datetime) -> Sale:
    """The order under one number; O4 holds to the minor unit against the file's own total.

    Raises:
        RowRefused: it does not add up, or something of it is not there.
    """
    row = first(group, OrderRow, Reason.NO_ORDER, "The order")
    currency = terms.currency_of(row.currency)
    rows, back = lines_of(group), of(group, ReturnRow)
    if not rows and not back:
        raise RowRefused(Reason.NO_LINES, f"The order {row.number!r} has no lines.")
    order = _order(row, rows or [_bought(each) for each in back], currency, terms, names, now)
    if not rows:
        remark = MetadataEntry("import", "known from its return only")
        order = replace(order, metadata=(*order.metadata, remark))
    return _with_returns(order, back, names, now)


def lines_of(group: Group) -> list[LineRow]:
    """The lines in their order.

    Raises:
        RowRefused: two different lines have the same position.
    """
    rows = of(group, LineRow)
    if not any(row.position for row in rows):
        return rows
    rows.sort(key=lambda row: row.position or 0)
    kept: list[LineRow] = []
    for position, same in groupby(rows, key=lambda row: row.position):
        found = list(same)
        if position and any(each != found[0] for each in found):
            raise RowRefused(Reason.DUPLICATE, f"There are several lines {position}.")
        kept += found[:1] if position else found
    return kept


def _bought(back: ReturnRow) -> LineRow:
    """What must have been sold, for it came back."""
    return LineRow(
        order=back.order,
        sku=back.sku,
        quantity=back.quantity,
        name=back.name,
        unit_price=back.unit_price,
    )


def _order(
    row: OrderRow,
    rows: Sequence[LineRow],
    currency: Currency,
    terms: Terms,
    names: Names,
    now: datetime,
) -> Order:
    state = one_of(OrderState, row.state or terms.order_state) or OrderState.COMPLETED
    lines = tuple(_line(row, each, n, currency, state, terms) for n, each in enumerate(rows, 1))
    discount = row.discount.minor(currency) if row.discount else 0
    delivery = TaxedMoney(currency, row.delivery.minor(currency) if row.delivery else 0)
    goods = sum(line.line_total.gross_minor for line in lines)
    if discount > goods:
        raise RowRefused(Reason.OUT_OF_RANGE, f"A discount of {discount} on goods for {goods}.")
    summed = totals(lines, discount, delivery, currency)
    _agrees(row, summed.grand.gross, currency)
    sold_at = _sold_at(row, names)
    remarks = (MetadataEntry("customer number", row.customer),) if row.customer else ()
    customer_id = customer_of(row.customer, names.customers, terms)
    return Order(
        id=derived(Kind.ORDER, row.placed_at, row.number),
        updated_at=now,
        number=row.number,
        state=state,
        placed_at=row.placed_at,
        channel_id=_channel(row, terms, names),
        sold_at_id=sold_at,
        location_ids=(sold_at,) if sold_at else (),
        customer_id=customer_id,
        lines=lines,
        totals=summed,
        refs=(ExternalRef(terms.system, "order", row.number, row.placed_at),),
        metadata=() if customer_id else remarks,
    )


def _agrees(row: OrderRow, computed: Money, currency: Currency) -> None:
    if computed.minor > MAX_MINOR:
        raise RowRefused(Reason.OUT_OF_RANGE, "The order is worth more than can be counted.")
    if row.total is None:
        return
    said = row.total.minor(currency)
    if said != computed.minor:
        raise RowRefused(
            Reason.TOTAL_DIFFERS,
            f"The lines make {computed.amount} {currency}, the file says "
            f"{Money(said, currency).amount}: a difference of {said - computed.minor} minor units.",
        )


def _channel(row: OrderRow, terms: Terms, names: Names) -> ChannelId:
    code = row.channel or terms.system
    if code not in names.channels:
        raise RowRefused(Reason.NO_CHANNEL, f"There is no channel {code!r}.")
    return ChannelId(names.channels[code])


def _sold_at(row: OrderRow, names: Names) -> LocationId | None:
    if row.location is None:
        return None
    if row.location not in names.locations:
        raise RowRefused(Reason.NO_LOCATION, f"There is no location {row.location!r}.")
    return LocationId(names.locations[row.location])


BUCKETS = {
    OrderState.COMPLETED: "handed_over",
    OrderState.CANCELLED: "cancelled",
    OrderState.EXPIRED: "cancelled",
}


def _line(
    order: OrderRow, row: LineRow, n: int, currency: Currency, state: OrderState, terms: Terms
) -> OrderLine:
    if not 0 < row.quantity <= MAX_INT:
        raise RowRefused(Reason.NEGATIVE_QUANTITY, f"{row.quantity} units cannot be sold.")
    unit, whole = _priced(row, currency, terms)
    units = {BUCKETS.get(state, "unsourced"): row.quantity}
    return OrderLine(
        id=OrderLineId(derived(Kind.ORDER_LINE, order.placed_at, order.number, str(n))),
        sku=Sku(row.sku),
        name=row.name or row.sku,
        ordered=row.quantity,
        cancelled=units.get("cancelled", 0),
        unsourced=units.get("unsourced", 0),
        handed_over=units.get("handed_over", 0),
        unit_price=unit,
        line_total=whole,
    )


def _priced(row: LineRow, currency: Currency, terms: Terms) -> tuple[TaxedMoney, TaxedMoney]:
    """Unit price and line total, tax inside."""
    goods = _goods(row, currency)
    bps = terms.tax_rate if row.tax_rate is None else row.tax_rate
    given = row.tax.minor(currency) if row.tax else None
    if given is not None and terms.tax_per_unit:
        given *= row.quantity
    if terms.net:
        tax = tax_on(goods, bps or 0) if given is None else given
        net = goods
    else:
        tax = TaxedMoney.of(goods, currency, "", bps or 0).tax.minor if given is None else given
        net = goods - tax
    if net < 0 or net + tax > MAX_MINOR:
        raise RowRefused(Reason.OUT_OF_RANGE, f"A tax of {tax} on {goods} cannot be.")
    rate = bps if bps is not None else (tax * 10_000 + net // 2) // net if net else 0
    whole = _taxed(net, tax, currency, terms.tax_code, rate)
    if row.quantity == 1:
        return whole, whole
    # The price of one is for reading; the line's total is what was paid.
    share = (2 * net // row.quantity + 1) // 2, (2 * tax // row.quantity + 1) // 2
    return _taxed(*share, currency, terms.tax_code, rate), whole


def _goods(row: LineRow, currency: Currency) -> int:
    """What the line costs, net or gross as the mapping has it."""
    if row.total is not None:
        return row.total.minor(currency)
    if row.unit_price is None:
        raise RowRefused(Reason.MISSING, "A line has a unit price or a total.")
    # First the exact product: three units at 0.335 are 1.005, which no coin can pay.
    price = row.unit_price
    goods = replace(price, digits=price.digits * row.quantity).minor(currency)
    off = row.discount.minor(currency) if row.discount else 0
    if off > goods:
        raise RowRefused(Reason.OUT_OF_RANGE, f"A discount of {off} on {goods}.")
    return goods - off


def _taxed(net: int, tax: int, currency: Currency, code: str, bps: int) -> TaxedMoney:
    shares = (TaxShare(code, bps, net, tax),) if tax or bps else ()
    return TaxedMoney(currency, net + tax, shares)


def _with_returns(order: Order, back: Sequence[ReturnRow], names: Names, now: datetime) -> Sale:
    if not back:
        return Sale(order, ())
    if order.state in VOID:
        raise RowRefused(Reason.RETURNS_TOO_MUCH, "What was never handed over cannot come back.")
    lines, notes = list(order.lines), dict[str, list[ReturnLine]]()
    place = dict[str, LocationId]()
    for row in back:
        note = row.number or row.order
        for n, quantity in _taken(lines, row):
            line = lines[n]
            worth = money.portion(
                line.line_total.gross_minor, line.returned, quantity, line.ordered
            )
            reason, creditable = row.reason or "not given", Money(worth, order.currency)
            notes.setdefault(note, []).append(ReturnLine(line.id, quantity, reason, creditable))
            lines[n] = replace(line, returned=line.returned + quantity)
        if row.location and row.location in names.locations:
            place[note] = LocationId(names.locations[row.location])
    places = tuple(dict.fromkeys((*order.location_ids, *place.values())))
    order = replace(order, lines=tuple(lines), location_ids=places)
    at = {row.number or row.order: row.placed_at or order.placed_at or now for row in back}
    return Sale(
        order,
        [
            _return(order, note, at[note], found, place.get(note), now)
            for note, found in notes.items()
        ],
    )


def _taken(lines: Sequence[OrderLine], row: ReturnRow) -> list[tuple[int, int]]:
    """Of which lines the units come: the first ones that have room."""
    left, found = row.quantity, list[tuple[int, int]]()
    for n, line in enumerate(lines):
        room = min(left, line.handed_over - line.returned) if line.sku == row.sku else 0
        if room > 0:
            found.append((n, room))
            left -= room
    if left or not found:
        raise RowRefused(
            Reason.RETURNS_TOO_MUCH, f"{row.quantity} of {row.sku!r} came back, {left} too many."
        )
    return found


def _return(
    order: Order,
    note: str,
    at: datetime,
    lines: Sequence[ReturnLine],
    place: LocationId | None,
    now: datetime,
) -> Return:
    return Return(
        id=ReturnId(derived(Kind.RETURN, at, order.number, note)),
        updated_at=now,
        order_id=OrderId(order.id),
        customer_id=order.customer_id,
        channel_id=order.channel_id,
        location_id=place,
        location_ids=order.location_ids,
        state=ReturnState.CLOSED,
        lines=tuple(lines),
    )

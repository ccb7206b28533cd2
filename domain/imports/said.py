"""What the rows themselves add up to, before anything was made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from domain.imports.master import named, of
from domain.imports.report import Sums
from domain.imports.rows import Group, LineRow, OrderRow, PaymentRow, ReturnRow
from domain.imports.sales import lines_of
from domain.imports.terms import Terms
from domain.orders import Order
from domain.payments import Payment


def sums(group: Group, made: Order | Payment, terms: Terms) -> Sums:
    """The sums of one order or payment; an order without a total of its own is worth its lines."""
    if isinstance(made, Order):
        return _of_order(group, made, terms)
    row = of(group, PaymentRow)[0]
    return Sums(payments=1, paid=Counter({made.currency: row.amount.minor(made.currency)}))


def _of_order(group: Group, made: Order, terms: Terms) -> Sums:
    row = of(group, OrderRow)[0]
    currency = terms.currency_of(row.currency)
    lines: Sequence[LineRow | ReturnRow] = lines_of(group) or of(group, ReturnRow)
    worth = row.total.minor(currency) if row.total else made.totals.grand.gross_minor
    return Sums(
        orders=1,
        lines=len(lines),
        units=sum(line.quantity for line in lines),
        ordered=Counter({currency: worth}),
    )


def places(batch: Sequence[Group]) -> list[str]:
    """All locations that orders and returns name."""
    return [*named(batch, OrderRow, "location"), *named(batch, ReturnRow, "location")]

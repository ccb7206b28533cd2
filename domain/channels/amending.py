"""What happened to an order after it was told: units that came back, and who else was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from domain.ids import Sku
from domain.orders import Order, OrderLine
from domain.values import ExternalRef, whole_milliseconds


def amended(
    order: Order, cause: ExternalRef, returned: Mapping[Sku, int], paid_by: Sequence[str]
) -> tuple[Order, Mapping[Sku, int]]:
    """The order after it, once for each cause; and the units of which it never had so many."""
    paid = [_paid(each, cause.first_seen_at) for each in paid_by]
    named = {(each.system, each.kind, each.value): each for each in (*paid, *order.refs)}
    if (cause.system, cause.kind, cause.value) in named:
        return order, {}
    left = dict(returned)
    lines = tuple(_with_returned(line, left) for line in order.lines)
    refs = {**named, (cause.system, cause.kind, cause.value): cause}
    in_order = tuple(refs[each] for each in sorted(refs))
    return replace(order, lines=lines, refs=in_order), {k: v for k, v in left.items() if v}


def cause_ref(provider: str, row_id: str, at: datetime) -> ExternalRef:
    """By what an order was amended, as it is found among the order's references."""
    return ExternalRef(provider, "entry", row_id, whole_milliseconds(at))


def _paid(name: str, at: datetime) -> ExternalRef:
    system, _, ref = name.partition(":")
    return ExternalRef(system, "payment", ref, at)


def _with_returned(line: OrderLine, left: dict[Sku, int]) -> OrderLine:
    """Takes from `left` what of it this line can have been."""
    units = min(left.get(line.sku, 0), line.handed_over - line.returned)
    if not units:
        return line
    left[line.sku] -= units
    return replace(line, returned=line.returned + units)

"""Orders."""

from __future__ import annotations

from adapters.shopify.translate import goods, payments
from adapters.shopify.translate.amounts import minor, number, paid
from adapters.shopify.translate.parties import customer, sku
from adapters.shopify.translate.shapes import Amount, Line, Priced, Sold
from adapters.shopify.translate.words import FINANCIAL, FULFILLED, SAME, UNPAID, UNTOUCHED, Options
from domain.channels.inbound import Snapshot
from domain.channels.told import LineTold, OrderTold, Word
from domain.orders import OrderState


def order(sold: Sold, options: Options) -> Snapshot:
    """An order with its customer, and with its payments where they are told."""
    financial = (sold.financial_status or "").lower()
    fulfilled = _fulfilled(sold)
    movements, taken, words = payments.told(sold, options)
    if financial and financial not in FINANCIAL:
        words = (*words, Word("financial_status", financial))
    lines = tuple(_line(each, sold, fulfilled in UNTOUCHED) for each in sold.line_items)
    total = paid(sold.total_price_set)
    delivery = sum(_worth(each, 1, sold) for each in sold.shipping_lines if not each.is_removed)
    delivery += paid(sold.original_total_duties_set) + paid(sold.original_total_additional_fees_set)
    tip = _tip(sold)
    if tip == total - delivery - sum(line.total_minor for line in lines):
        delivery += tip  # it does not always stand among the lines
    place = sold.location.id if sold.location else sold.location_id
    told = OrderTold(
        ref=number(sold.id),
        number=sold.name,
        state=_state(sold, financial, fulfilled),
        raw_status=f"{financial or 'none'}, {fulfilled}",
        placed_at=sold.processed_at or sold.created_at,
        as_of=sold.updated_at,
        currency=minor(sold.total_price_set.presentment_money).currency,
        lines=lines,
        delivery_minor=delivery,
        total_minor=total,
        customer=customer(sold.customer, sold.updated_at) if sold.customer else None,
        location=number(place) if place else None,
        payments=movements,
        paid_by=taken,
        goods=goods.told(sold, lines),
    )
    return Snapshot(told, words)


def _fulfilled(sold: Sold) -> str:
    """Webhooks and GraphQL have different words for the same."""
    said = (sold.fulfillment_status or "unfulfilled").lower()
    return SAME.get(said, said)


def _state(sold: Sold, financial: str, fulfilled: str) -> OrderState:
    if sold.cancelled_at:
        return OrderState.CANCELLED
    if financial in UNPAID:
        return OrderState.PLACED
    return OrderState.COMPLETED if fulfilled == FULFILLED else OrderState.CONFIRMED


def _tip(sold: Sold) -> int:
    currency = sold.presentment_currency
    return (
        paid(sold.total_tip_received_set)
        or minor(Amount(sold.total_tip_received or "0", currency)).minor
    )


def _tax(priced: Priced) -> int:
    return sum(paid(each.price_set) for each in priced.tax_lines)


def _worth(priced: Priced, quantity: int, sold: Sold) -> int:
    """What all of it costs after discounts, tax inside."""
    cut = sum(paid(each.amount_set) for each in priced.discount_allocations)
    goods = paid(priced.price_set) * quantity - cut
    return goods if sold.taxes_included else goods + _tax(priced)


def _line(line: Line, sold: Sold, is_untouched: bool) -> LineTold:
    """What is left open counts first: neither it nor what was cancelled was handed over."""
    back = [
        each
        for refund in sold.refunds
        for each in refund.refund_line_items
        if number(each.line) == number(line.id)
    ]
    refunded = sum(each.quantity for each in back)
    undone = sum(
        each.quantity for each in back if is_untouched or each.restock_type.lower() == "cancel"
    )
    edited = max(0, line.quantity - line.current_quantity - refunded)
    cancelled = min(line.quantity, undone + edited)
    open_units = line.quantity if is_untouched else line.fulfillable_quantity
    left = min(open_units, line.quantity - cancelled)
    if sold.cancelled_at and left:
        cancelled, left = cancelled + left, 0
    handed = line.quantity - cancelled - left
    tax, total = _tax(line), _worth(line, line.quantity, sold)
    share = 0 if sold.taxes_included or not line.quantity else tax // line.quantity
    variant = line.variant.id if line.variant else line.variant_id
    return LineTold(
        ref=number(line.id),
        sku=sku(line.sku, variant or line.id),
        name=line.name,
        ordered=line.quantity,
        cancelled=cancelled,
        handed_over=handed,
        returned=max(0, min(handed, refunded - undone)),
        unit_minor=paid(line.price_set) + share,
        total_minor=total,
        tax_minor=tax,
    )

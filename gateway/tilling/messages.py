"""What happened at a till, as the protocol tells it. Amounts are minor units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from domain.errors import BadInput
from gateway.tilling.log import Written

Message = Mapping[str, Any]


class Goods(Struct, frozen=True):
    """Units of one product; `unit` is what one costs, `tax` of it inside."""

    sku: str
    quantity: int
    unit: int
    tax: int = 0
    name: str | None = None


def sale(goods: Sequence[Goods], location: str, currency: str, tender: Message) -> Message:
    """Goods were handed over, and paid with one tender."""
    total = sum(each.quantity * each.unit for each in goods)
    return {
        "type": "sale",
        "at": _now(),
        "location": location,
        "currency": currency,
        "lines": [_line(each) for each in goods],
        "total": total,
        "tenders": [{**tender, "amount": total}] if total else [],
    }


def _line(goods: Goods) -> Message:
    named = {"name": goods.name} if goods.name else {}
    tax = goods.quantity * goods.tax
    return {"sku": goods.sku, "quantity": goods.quantity, "unit": goods.unit, "tax": tax, **named}


def back(sold: Written, device: str, skus: Sequence[str]) -> Message:
    """Goods of a sale came back, and their money went.

    Raises:
        BadInput: it is no sale, or had no such goods.
    """
    if sold.message["type"] != "sale":
        raise BadInput(f"#{sold.sequence} is no sale.")
    unit = {line["sku"]: line["unit"] for line in sold.message["lines"]}
    units = Counter(skus or [sku for sku in unit for _ in range(_sold(sold, sku))])
    if strange := sorted(units.keys() - unit.keys()):
        raise BadInput(f"#{sold.sequence} had no {strange[0]!r}.")
    amount = sum(unit[sku] * quantity for sku, quantity in units.items())
    return {
        "type": "return",
        "at": _now(),
        "location": sold.message["location"],
        "currency": sold.message["currency"],
        "sale": {"device": device, "sequence": sold.sequence},
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()],
        "refunds": [{"amount": amount}] if amount else [],
    }


def _sold(sold: Written, sku: str) -> int:
    return sum(line["quantity"] for line in sold.message["lines"] if line["sku"] == sku)


def count(sku: str, units: int, location: str) -> Message:
    """A shelf was counted."""
    counts = [{"sku": sku, "counted": units}]
    return {"type": "count", "at": _now(), "location": location, "counts": counts}


def payment(order: str, currency: str, tender: Message) -> Message:
    """Money was taken for an order of another channel."""
    return {
        "type": "payment",
        "at": _now(),
        "order": order,
        "currency": currency,
        "tenders": [tender],
    }


def tender(kind: str, paid_by: str | None) -> Message:
    """With what was paid; `provider:ref` if a provider took it, who tells of it.

    Raises:
        BadInput: it names nobody.
    """
    if paid_by is None:
        return {"tender": kind}
    provider, _, ref = paid_by.partition(":")
    if not provider or not ref:
        raise BadInput(f"{paid_by!r} names no payment; one looks like stripe:pi_123.")
    return {"tender": kind, "provider": provider, "ref": ref}


def _now() -> str:
    return datetime.now(UTC).isoformat()

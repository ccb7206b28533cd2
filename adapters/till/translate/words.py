"""The messages of the protocol, as docs/till.md tells them to those who make tills.

Amounts are whole minor units of the message's currency, tax inside. Times have an offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from domain.payments import TenderKind
from domain.values import MAX_INT, MAX_MINOR

DEVICE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
MOST_ENTRIES = 100
MOST_DEVICES = 20
MOST_SEQUENCE = 2**53 - 1
LONGEST_WAIT = 5

Device = Annotated[str, Meta(pattern=DEVICE)]
Number = Annotated[int, Meta(ge=1, le=MOST_SEQUENCE)]
Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=PRINTABLE)]
Units = Annotated[int, Meta(ge=1, le=MAX_INT)]
Minor = Annotated[int, Meta(ge=0, le=MAX_MINOR)]
Paid = Annotated[int, Meta(ge=1, le=MAX_MINOR)]
Signed = Annotated[int, Meta(ge=-MAX_MINOR, le=MAX_MINOR)]
CurrencyCode = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Provider = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]
Order = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}:order:.{1,200}$")]
Time = Annotated[datetime, Meta(tz=True)]


class Batch(Struct, frozen=True):
    """What is posted. `wait`: so many seconds may the answer take to say what became of it."""

    entries: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=MOST_ENTRIES)] = ()
    devices: Annotated[tuple[Device, ...], Meta(max_length=MOST_DEVICES)] = ()
    sent_at: Time | None = None
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 2.0


class Head(Struct, frozen=True):
    """What every entry has: without it, nobody knows which entry it is."""

    type: Annotated[str, Meta(max_length=40)]
    device: Device
    sequence: Number


class Line(Struct, frozen=True):
    """Units of one product. `unit` is the price of one, `total` of all (`quantity * unit`)."""

    sku: Name
    quantity: Units
    unit: Minor
    total: Minor | None = None
    tax: Minor = 0
    name: Name | None = None


class Tender(Struct, frozen=True):
    """With what was paid. Who took it tells of it under `ref`, if `provider` is one of ours."""

    tender: str
    amount: Paid
    provider: Provider | None = None
    ref: Annotated[str, Meta(pattern=r"^[!-~]{1,200}$")] | None = None


class Customer(Struct, frozen=True):
    """Who bought, by the till's own number for them."""

    ref: Name
    name: Name | None = None
    email: Name | None = None
    phone: Name | None = None


class SaleRef(Struct, frozen=True):
    """A sale that was told, or will be."""

    device: Device
    sequence: Number


class Back(Struct, frozen=True):
    """Units that came back."""

    sku: Name
    quantity: Units


class Refund(Struct, frozen=True):
    """Money given back, of which tender of the sale (0: the first)."""

    amount: Paid
    tender: str = TenderKind.CASH.value
    of: Annotated[int, Meta(ge=0, le=19)] = 0
    provider: Provider | None = None
    ref: Annotated[str, Meta(pattern=r"^[!-~]{1,200}$")] | None = None
    reason: Name | None = None


class Count(Struct, frozen=True):
    """Units that stood on the shelf."""

    sku: Name
    counted: Annotated[int, Meta(ge=0, le=MAX_INT)]


Tenders = Annotated[tuple[Tender, ...], Meta(max_length=20)]


class Happened(Struct, frozen=True, kw_only=True, tag_field="type"):
    """`at` is the device's clock."""

    device: Device
    sequence: Number
    at: Time


class Sale(Happened, frozen=True, kw_only=True, tag="sale"):
    """Goods were handed over. `rounding` is what cash was rounded by."""

    location: Name
    currency: CurrencyCode
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=1000)]
    total: Minor
    discount: Minor = 0
    rounding: Signed = 0
    tenders: Tenders = ()
    customer: Customer | None = None


class Return(Happened, frozen=True, kw_only=True, tag="return"):
    """Goods came back, and money went. Without `sale`, nobody knows of which."""

    location: Name
    currency: CurrencyCode
    lines: Annotated[tuple[Back, ...], Meta(max_length=1000)]
    sale: SaleRef | None = None
    refunds: Annotated[tuple[Refund, ...], Meta(max_length=20)] = ()


class Payment(Happened, frozen=True, kw_only=True, tag="payment"):
    """Money was taken for a sale that was told, or for an order of another channel."""

    currency: CurrencyCode
    tenders: Annotated[tuple[Tender, ...], Meta(min_length=1, max_length=20)]
    sale: SaleRef | None = None
    order: Order | None = None


class StockTake(Happened, frozen=True, kw_only=True, tag="count"):
    """A shelf was counted."""

    location: Name
    counts: Annotated[tuple[Count, ...], Meta(min_length=1, max_length=500)]


Message = Sale | Return | Payment | StockTake
TYPES = frozenset({"sale", "return", "payment", "count"})

TENDERS = {kind.value: kind for kind in TenderKind}
CARDS = frozenset({TenderKind.CARD, TenderKind.WALLET})

PARTS: Mapping[type[Struct], Mapping[str, type[Struct]]] = {
    Sale: {"lines": Line, "tenders": Tender, "customer": Customer},
    Return: {"lines": Back, "refunds": Refund, "sale": SaleRef},
    Payment: {"tenders": Tender, "sale": SaleRef},
    StockTake: {"counts": Count},
}
"""What stands within the messages, for who looks for fields that nobody knows."""

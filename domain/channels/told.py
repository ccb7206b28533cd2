"""What channels tell, in our words. An adapter translates; what is done with it is ours.

Each value says how old it is (`as_of`): of two that speak of the same thing the newer counts,
whichever came first. Amounts are whole minor units. A `raw_status` is the channel's own word.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.customers import EvidenceStrength, IdentityKind
from domain.ids import OperationId, PaymentLinkId, Sku
from domain.money import Currency, Money
from domain.orders import OrderState
from domain.payments import Card, CardPresence, OperationKind, OperationPhase, TenderKind


class Word(Struct, frozen=True):
    """A word of the channel that the adapter does not know, and in which field it stands.

    What it says is kept as UNKNOWN, and somebody is told to look.
    """

    field: str
    raw: str


class OperationTold(Struct, frozen=True, kw_only=True):
    """Something that was asked of a provider, and how far it got; a dispute is a CHARGEBACK.

    `ref` is the provider's name for it, unique with `kind`. `operation_id` is ours, where the
    provider gives it back. A status that is not known has the phase UNKNOWN.
    """

    ref: str
    kind: OperationKind
    phase: OperationPhase
    amount: Money
    at: datetime
    raw_status: str
    original_ref: str | None = None
    operation_id: OperationId | None = None
    decline_code: str | None = None
    reason: str | None = None


class PaymentTold(Struct, frozen=True, kw_only=True, tag=True):
    """A payment with at least one of its operations; those that are left out stay as they were.

    `ref` is the provider's name for the payment. `order` names the order that is paid for as
    `system:kind:value`, whether it is here yet or not. `payer` is a channel's account
    of who pays, as `channel:ref`; `card` is that of the last attempt that did not fail. `link` is
    the link of ours that it came by, where the provider gives it back.
    """

    ref: str
    amount: Money
    tender: TenderKind
    presence: CardPresence = CardPresence.NOT_APPLICABLE
    created_at: datetime
    as_of: datetime
    operations: tuple[OperationTold, ...]
    order: str | None = None
    payer: str | None = None
    card: Card | None = None
    link: PaymentLinkId | None = None


class IdentityTold(Struct, frozen=True, kw_only=True):
    """Evidence of who somebody is. `value` as it came; it is normalised here."""

    kind: IdentityKind
    value: str
    strength: EvidenceStrength = EvidenceStrength.WEAK
    verified_at: datetime | None = None
    wallet_token: bool = False


class CustomerTold(Struct, frozen=True, kw_only=True, tag=True):
    """A person, as the channel's own account `ref`."""

    ref: str
    as_of: datetime
    display_name: str | None = None
    identities: tuple[IdentityTold, ...] = ()


class LineTold(Struct, frozen=True, kw_only=True):
    """A line of an order. `total_minor` is what all units cost, `tax_minor` of it inside."""

    ref: str
    sku: Sku
    name: str
    ordered: int
    cancelled: int = 0
    handed_over: int = 0
    returned: int = 0
    unit_minor: int
    total_minor: int
    tax_minor: int = 0


class Parcel(Struct, frozen=True):
    """Units of a sku at a `place`, by the channel's own name; None: it does not say where.

    `at` is when they were sent or came back; None: they are still to be sent.
    """

    sku: Sku
    units: int
    place: str | None = None
    at: datetime | None = None


class GoodsTold(Struct, frozen=True):
    """Where the goods of an order are: all that is still to be sent, was sent, and came back.

    What came back is on the shelf again. `is_placed`: it is known from where the open ones will be
    sent, as far as the channel knows that at all.
    """

    open: tuple[Parcel, ...] = ()
    sent: tuple[Parcel, ...] = ()
    back: tuple[Parcel, ...] = ()
    is_placed: bool = False


class OrderTold(Struct, frozen=True, kw_only=True, tag=True):
    """An order, whole. `total_minor` is what its lines, delivery and discounts must add up to.

    `ref` is the provider's name for it, among all of the provider's accounts. `location` is where
    it was sold, by the channel's own name. `payments` are those that the channel itself knows
    best; what other providers took is only named, as `provider:ref` (`paid_by`). `goods` are told
    by channels whose orders move units of ours.
    """

    ref: str
    number: str
    state: OrderState
    raw_status: str
    placed_at: datetime
    as_of: datetime
    currency: Currency
    lines: tuple[LineTold, ...]
    discounts_minor: int = 0
    delivery_minor: int = 0
    total_minor: int
    customer: CustomerTold | None = None
    location: str | None = None
    payments: tuple[PaymentTold, ...] = ()
    paid_by: tuple[str, ...] = ()
    goods: GoodsTold | None = None


class StockTold(Struct, frozen=True, kw_only=True, tag=True):
    """How many units the channel counts at one of its locations, by the channel's own name."""

    sku: Sku
    location: str
    on_hand: int
    as_of: datetime


class ProductTold(Struct, frozen=True, kw_only=True, tag=True):
    """Something that is sold. `price` is gross, and `list_minor` what it was before a reduction."""

    sku: Sku
    name: str
    as_of: datetime
    description: str | None = None
    barcode: str | None = None
    price: Money | None = None
    list_minor: int | None = None
    is_published: bool = True


Told = PaymentTold | OrderTold | CustomerTold | ProductTold | StockTold
"""Whole things, for snapshots."""

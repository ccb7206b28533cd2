"""The shapes of what Shopify sends.

They are those of the REST resources that webhooks carry. The queries rename what GraphQL answers
into them, so that there is one translation.

Source: https://shopify.dev/docs/api/admin-graphql/2026-10 and .../api/webhooks (2026-10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

Id = (
    Annotated[int, Meta(ge=1, le=2**63 - 1)]
    | Annotated[str, Meta(pattern=r"^gid://shopify/[A-Za-z]{1,40}/[0-9]{1,20}$")]
)
"""A number in webhooks, a `gid` in GraphQL."""

Units = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Figure = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")]
Code = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
At = Annotated[datetime, Meta(tz=True)]
Text = Annotated[str, Meta(max_length=1_000)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Amount(Struct):
    amount: Figure
    currency_code: Code


class Bag(Struct):
    """What the customer pays, in their own currency."""

    presentment_money: Amount


class Tax(Struct):
    price_set: Bag


class Cut(Struct):
    amount_set: Bag


class Named(Struct):
    id: Id


class Priced(Struct, kw_only=True):
    price_set: Bag
    tax_lines: Annotated[Sequence[Tax], Meta(max_length=50)] = ()
    discount_allocations: Annotated[Sequence[Cut], Meta(max_length=250)] = ()


class Line(Priced, kw_only=True):
    id: Id
    name: Name
    quantity: Units
    current_quantity: Units
    fulfillable_quantity: Units
    sku: Annotated[str, Meta(max_length=255)] | None = None
    variant_id: Id | None = None
    variant: Named | None = None


class Shipping(Priced, kw_only=True):
    is_removed: bool = False


class OfLine(Struct, kw_only=True):
    """Units of a line of the order: webhooks name the line by a number, GraphQL by what it is."""

    quantity: Units
    line_item: Named | None = None
    line_item_id: Id | None = None
    id: Id | None = None

    @property
    def line(self) -> Id:
        return self.line_item.id if self.line_item else self.line_item_id or self.id or 0


class Refunded(OfLine, kw_only=True):
    restock_type: Name
    location: Named | None = None
    location_id: Id | None = None


class Sending(Struct, kw_only=True):
    """Units that were sent together, if it is a `success`."""

    status: Text | None = None
    created_at: At
    location: Named | None = None
    location_id: Id | None = None
    line_items: Annotated[Sequence[OfLine], Meta(max_length=500)] = ()


class Place(Struct):
    location: Named | None = None


class ToSend(Struct):
    """Units that are to be sent from one place, as far as they are still to be sent."""

    assigned: Place
    line_items: Annotated[Sequence[OfLine], Meta(max_length=500)] = ()


class Refund(Struct, kw_only=True):
    created_at: At | None = None
    refund_line_items: Annotated[Sequence[Refunded], Meta(max_length=250)] = ()


class Mail(Struct):
    address: str


class Phone(Struct):
    number: str


class Buyer(Struct, kw_only=True):
    """A customer; the addresses stand elsewhere in GraphQL than in webhooks."""

    id: Id
    updated_at: At | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    verified_email: bool = False
    default_mail: Mail | None = None
    default_phone: Phone | None = None


class Transaction(Struct, kw_only=True):
    """Money that moved, as GraphQL answers it."""

    id: Id
    kind: Name
    status: Name
    gateway: Name = "manual"
    amount_set: Bag
    created_at: At
    parent: Named | None = None
    authorization: str | None = None
    receipt: str | Mapping[str, Any] | None = None
    error_code: Text | None = None


class Sold(Struct, kw_only=True):
    """An order. Only GraphQL tells of its `transactions`, and from where it is `to_send`.

    `fulfillments` is None where nobody asked for them.
    """

    id: Id
    name: Name
    created_at: At
    updated_at: At
    processed_at: At | None = None
    cancelled_at: At | None = None
    presentment_currency: Code
    financial_status: Text | None = None
    fulfillment_status: Text | None = None
    taxes_included: bool
    total_price_set: Bag
    total_tip_received_set: Bag | None = None
    total_tip_received: Figure | None = None
    original_total_duties_set: Bag | None = None
    original_total_additional_fees_set: Bag | None = None
    location_id: Id | None = None
    location: Named | None = None
    customer: Buyer | None = None
    line_items: Annotated[Sequence[Line], Meta(min_length=1, max_length=500)]
    shipping_lines: Annotated[Sequence[Shipping], Meta(max_length=100)] = ()
    refunds: Annotated[Sequence[Refund], Meta(max_length=250)] = ()
    transactions: Annotated[Sequence[Transaction], Meta(max_length=250)] = ()
    fulfillments: Annotated[Sequence[Sending], Meta(max_length=250)] | None = None
    to_send: Annotated[Sequence[ToSend], Meta(max_length=250)] | None = None


class OfOrder(Struct):
    """Something of an order, or an edit of one."""

    order_id: Id | None = None
    order_edit: OfOrder | None = None


class Merge(Struct):
    """Two customers who were made one at Shopify."""

    admin_graphql_api_customer_kept_id: Id
    status: Name


class LevelHint(Struct):
    """An inventory level, without the sku: it has to be asked for."""

    inventory_item_id: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    location_id: Annotated[int, Meta(ge=1, le=2**63 - 1)]


class Variant(Struct, kw_only=True):
    id: Id
    title: Text | None = None
    sku: Annotated[str, Meta(max_length=255)] | None = None
    price: Figure
    compare_at_price: Figure | None = None
    barcode: Annotated[str, Meta(max_length=255)] | None = None
    updated_at: At
    product: Family | None = None


class Family(Struct, kw_only=True):
    """A product, of which the variants are what is sold."""

    title: Name
    status: Name = "active"
    updated_at: At | None = None
    variants: Annotated[Sequence[Variant], Meta(max_length=2_048)] = ()


class Item(Struct):
    sku: Annotated[str, Meta(max_length=255)] | None = None
    variants: Annotated[Sequence[Variant], Meta(max_length=1)] = ()


class Quantity(Struct):
    name: str
    quantity: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class Level(Struct):
    """How much of an item is at a location."""

    updated_at: At
    item: Item
    location: Named
    quantities: Sequence[Quantity]

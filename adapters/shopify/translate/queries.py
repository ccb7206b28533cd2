"""What Shopify's Admin API is asked, in GraphQL. Fields are named as in the webhooks.

Source: https://shopify.dev/docs/api/admin-graphql/2026-10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from adapters.shopify.translate.shapes import Buyer, Level, Sold, Variant
from domain.channels.abilities import Thing
from domain.channels.answers import Trouble
from domain.ports.channels import CallFailed

S = TypeVar("S", bound=Struct)

VERSION = "2026-10"

BAG = "{ presentment_money: presentmentMoney { amount currency_code: currencyCode } }"
PRICED = f"""tax_lines: taxLines {{ price_set: priceSet {BAG} }}
discount_allocations: discountAllocations {{ amount_set: allocatedAmountSet {BAG} }}"""
CUSTOMER = """id updated_at: updatedAt first_name: firstName last_name: lastName
verified_email: verifiedEmail default_mail: defaultEmailAddress { address: emailAddress }
default_phone: defaultPhoneNumber { number: phoneNumber }"""
LINES = f"""line_items: lineItems(first: 250) {{ pageInfo {{ hasNextPage }} nodes {{ id name sku
  quantity current_quantity: currentQuantity fulfillable_quantity: unfulfilledQuantity
  variant {{ id }} price_set: originalUnitPriceSet {BAG} {PRICED} }} }}
shipping_lines: shippingLines(first: 20, includeRemovals: false) {{ pageInfo {{ hasNextPage }}
  nodes {{ is_removed: isRemoved price_set: originalPriceSet {BAG} {PRICED} }} }}"""
MONEY = f"""refunds(first: 100) {{ created_at: createdAt
  refund_line_items: refundLineItems(first: 100) {{ pageInfo {{ hasNextPage }}
    nodes {{ quantity restock_type: restockType location {{ id }}
      line_item: lineItem {{ id }} }} }} }}
transactions(first: 100) {{ id kind status gateway created_at: createdAt
  amount_set: amountSet {BAG} parent: parentTransaction {{ id }}
  authorization: authorizationCode receipt: receiptJson error_code: errorCode }}"""
SENT = """fulfillments(first: 100) { status created_at: createdAt location { id }
  line_items: fulfillmentLineItems(first: 250) { pageInfo { hasNextPage }
    nodes { quantity line_item: lineItem { id } } } }"""
TO_SEND = """to_send: fulfillmentOrders(first: 10) { pageInfo { hasNextPage }
  nodes { assigned: assignedLocation { location { id } }
    line_items: lineItems(first: 250) { pageInfo { hasNextPage }
      nodes { quantity: remainingQuantity line_item: lineItem { id } } } } }"""
"""Needs the right `read_merchant_managed_fulfillment_orders`."""

ORDER = f"""id name created_at: createdAt updated_at: updatedAt processed_at: processedAt
cancelled_at: cancelledAt presentment_currency: presentmentCurrencyCode
financial_status: displayFinancialStatus fulfillment_status: displayFulfillmentStatus
taxes_included: taxesIncluded total_price_set: totalPriceSet {BAG}
total_tip_received_set: totalTipReceivedSet {BAG}
original_total_duties_set: originalTotalDutiesSet {BAG}
original_total_additional_fees_set: originalTotalAdditionalFeesSet {BAG}
location: retailLocation {{ id }} customer {{ {CUSTOMER} }}
{LINES}
{MONEY}"""
VARIANT = """id title sku price compare_at_price: compareAtPrice barcode updated_at: updatedAt
product { title status updated_at: updatedAt }"""
LEVEL = f"""updated_at: updatedAt location {{ id }}
quantities(names: ["on_hand"]) {{ name quantity }}
item {{ sku variants(first: 1) {{ nodes {{ {VARIANT} }} }} }}"""


class Asked(Struct, frozen=True):
    """How a thing is asked for: by ids, and by when it changed. `most` fit into one call."""

    kind: str
    fields: str
    shape: type[Struct]
    listing: str
    most: int

    @property
    def nodes(self) -> str:
        """The query of those with given ids."""
        fields = f"... on {self.kind} {{ {self.fields} }}"
        return f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename {fields} }} }}"

    @property
    def changed(self) -> str:
        """The query of a page of those that changed."""
        page = f"pageInfo {{ hasNextPage endCursor }} nodes {{ {self.fields} }}"
        given = f"first: {self.most}, after: $after, query: $query"
        if self.kind == "InventoryLevel":
            within = f"found: inventoryLevels({given}) {{ {page} }}"
            return (
                "query ($query: String!, $after: String, $place: ID!) "
                f"{{ location(id: $place) {{ {within} }} }}"
            )
        return (
            "query ($query: String!, $after: String) "
            f"{{ found: {self.listing}({given}, sortKey: {SORTED[self.kind]}) {{ {page} }} }}"
        )


SORTED = {"Order": "UPDATED_AT", "Customer": "UPDATED_AT", "ProductVariant": "ID"}
ASKED: Mapping[Thing, Asked] = {
    Thing.ORDER: Asked("Order", ORDER, Sold, "orders", 5),
    Thing.CUSTOMER: Asked("Customer", CUSTOMER, Buyer, "customers", 100),
    Thing.PRODUCT: Asked("ProductVariant", VARIANT, Variant, "productVariants", 100),
    Thing.STOCK: Asked("InventoryLevel", LEVEL, Level, "", 100),
}
"""So many that no query costs more than Shopify allows one to (1,000 points)."""

WITH_PLACES: Mapping[Thing, Asked] = {
    **ASKED,
    Thing.ORDER: Asked("Order", f"{ORDER}\n{SENT}\n{TO_SEND}", Sold, "orders", 3),
}
"""For shops that are told of our stock: it matters what they have sent, and from where."""


class Bucket(Struct, rename="camel"):
    currently_available: float
    restore_rate: float


class Cost(Struct, rename="camel"):
    requested_query_cost: float | None = None
    throttle_status: Bucket | None = None


class Extensions(Struct, frozen=True):
    cost: Cost | None = None


class Code(Struct, frozen=True):
    code: str | None = None


class Problem(Struct):
    message: str = ""
    extensions: Code = Code()


class Answered(Struct):
    """What an answer has beside its data."""

    data: msgspec.Raw = msgspec.Raw(b"{}")
    errors: Sequence[Problem] = ()
    extensions: Extensions = Extensions()


class Nodes(Struct):
    nodes: Sequence[dict[str, Any] | None] = ()

    @staticmethod
    def of(data: msgspec.Raw) -> Sequence[dict[str, Any] | None]:
        return decoded(data, Nodes).nodes


class PageInfo(Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class Page(Struct):
    nodes: Sequence[dict[str, Any]] = ()
    page_info: PageInfo = msgspec.field(name="pageInfo", default_factory=PageInfo)

    @staticmethod
    def of(data: msgspec.Raw) -> Page:
        """The page in an answer, be it of a whole shop or of one place."""
        answered = decoded(data, Listed)
        return (answered.location or answered).found or Page()


class Within(Struct):
    found: Page | None = None


class Listed(Within):
    location: Within | None = None


def decoded(data: msgspec.Raw, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CallFailed(Trouble.BAD_DATA, f"The answer is not as agreed: {error}.") from error


def shaped(raw: dict[str, Any], asked: Asked) -> Struct | CallFailed:
    """An object of an answer, as webhooks would have it. What cannot be read spoils no other."""
    try:
        return msgspec.convert(_flat(raw), asked.shape)
    except msgspec.ValidationError as error:
        return CallFailed(Trouble.BAD_DATA, f"Shopify's {asked.kind}: {error}.")
    except CallFailed as error:
        return error


def _flat(value: Any) -> Any:
    """Connections as plain lists."""
    if isinstance(value, list):
        return [_flat(each) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    inner = cast("dict[str, Any]", value)
    if "nodes" not in inner:
        return {name: _flat(each) for name, each in inner.items()}
    if inner.get("pageInfo", {}).get("hasNextPage"):
        raise CallFailed(Trouble.BAD_DATA, "There is more of it than Shopify tells at once.")
    return _flat(inner["nodes"])


def gid(thing: Thing, key: str) -> str:
    """A key as Shopify's GraphQL names things."""
    return key if key.startswith("gid:") else f"gid://shopify/{ASKED[thing].kind}/{key}"

"""Shopify's words, and ours for them.

Source: https://shopify.dev/docs/api/admin-graphql/2026-10 and .../api/webhooks (2026-10).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from msgspec import Struct

from domain.channels.prose import COMMON
from domain.payments import OperationKind, OperationPhase, TenderKind

PROSE = COMMON - {"name"} | {
    "note_attributes",
    "properties",
    "company",
    "address1",
    "address2",
    "city",
}
"""Keys under which buyers and staff write; a `name` is an order's number, too."""


class What(Enum):
    """What the body of a delivery is."""

    ORDER = auto()
    OF_ORDER = auto()
    CUSTOMER = auto()
    MERGE = auto()
    LEVEL = auto()
    PRODUCT = auto()
    NO_NEWS = auto()


TOPICS: Mapping[str, What] = {
    **dict.fromkeys(
        (
            *("orders/create", "orders/updated", "orders/paid", "orders/cancelled"),
            *("orders/fulfilled", "orders/partially_fulfilled"),
        ),
        What.ORDER,
    ),
    **dict.fromkeys(
        (
            *("orders/edited", "order_transactions/create", "tender_transactions/create"),
            *("refunds/create", "fulfillments/create", "fulfillments/update"),
        ),
        What.OF_ORDER,
    ),
    **dict.fromkeys(
        ("customers/create", "customers/update", "customers/enable", "customers/disable"),
        What.CUSTOMER,
    ),
    "customers/merge": What.MERGE,
    **dict.fromkeys(("inventory_levels/update", "inventory_levels/connect"), What.LEVEL),
    **dict.fromkeys(("products/create", "products/update"), What.PRODUCT),
    **dict.fromkeys(
        (
            *(
                "orders/delete",
                "customers/delete",
                "products/delete",
                "inventory_levels/disconnect",
            ),
            *("inventory_items/create", "inventory_items/update", "inventory_items/delete"),
            *("locations/create", "locations/update"),
        ),
        What.NO_NEWS,
    ),
}

KINDS: Mapping[str, OperationKind | None] = {
    "authorization": OperationKind.AUTHORISE,
    "emv_authorization": OperationKind.AUTHORISE,
    "sale": OperationKind.CAPTURE,
    "capture": OperationKind.CAPTURE,
    "void": OperationKind.CANCEL,
    "refund": OperationKind.REFUND,
    "change": None,
    "suggested_refund": None,
}
"""None: nothing that anybody was asked for. Change is less cash than was put on the counter."""

PHASES: Mapping[str, OperationPhase] = {
    "success": OperationPhase.SUCCEEDED,
    "failure": OperationPhase.FAILED,
    "error": OperationPhase.FAILED,
    "pending": OperationPhase.REQUESTED,
    "awaiting_response": OperationPhase.REQUESTED,
    "unknown": OperationPhase.UNKNOWN,
}
TENDERS: Mapping[str, TenderKind] = {
    "shopify_payments": TenderKind.CARD,
    "bogus": TenderKind.CARD,
    "cash": TenderKind.CASH,
    "gift_card": TenderKind.GIFT_CARD,
    "shopify_store_credit": TenderKind.STORE_CREDIT,
    "paypal": TenderKind.WALLET,
    "bank deposit": TenderKind.INVOICE,
    "cash on delivery (cod)": TenderKind.CASH,
    "manual": TenderKind.INVOICE,
}
UNPAID = frozenset({"pending", "expired", "voided"})
FINANCIAL = UNPAID | {"authorized", "partially_paid", "paid", "partially_refunded", "refunded"}
FULFILLED = "fulfilled"
SAME = {"partial": "partially_fulfilled"}
SENT = frozenset({"success", "open", "pending"})
"""Fulfilments that were not cancelled, and did not fail."""

RESTOCKED = frozenset({"return", "legacy_restock"})
UNTOUCHED = frozenset({"unfulfilled", "restocked", "on_hold", "scheduled", "open"})
RECEIPT = ("id", "payment_intent", "charge", "latest_charge")
"""Under which of these names a gateway's receipt holds its own names for the payment."""


class Options(Struct, forbid_unknown_fields=True):
    """Shopify's own options. `gateways` are those whose payments another account tells of.

    Each names that account's provider (`{"stripe" = "stripe"}`); `tenders` are what others take.
    """

    gateways: dict[str, str] = {}
    tenders: dict[str, TenderKind] = {}

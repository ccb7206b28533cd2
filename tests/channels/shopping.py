"""Shopify's deliveries, as Shopify would write and sign them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.shopify import webhooks
from domain.channels.accounts import Secret

AT = datetime(2026, 3, 1, 11, tzinfo=UTC)
SHOP = "kitchen.myshopify.com"
CUSTOMER = 501
MARK = "_topic"
"""Shopify says in a header what a body is; here the body remembers it, for whoever sends it."""


def said(topic: str, **fields: Any) -> bytes:
    """The body of a delivery of a topic."""
    return json.dumps({**fields, MARK: topic}).encode()


def topic_of(body: bytes) -> str:
    """What the body of a delivery is; of what is none, as good as any."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "orders/create"
    return str(found.get(MARK)) if isinstance(found, dict) else "orders/create"


def at(minutes: int = 0) -> str:
    return (AT + timedelta(minutes=minutes)).isoformat()


def bag(amount: str, currency: str = "EUR") -> dict[str, Any]:
    """An amount, for the shop and for who pays."""
    money = {"amount": amount, "currency_code": currency}
    return {"shop_money": money, "presentment_money": money}


def a_line(id: int = 71, quantity: int = 2, **fields: Any) -> dict[str, Any]:
    """Mugs for 10.00 each, tax inside."""
    return {
        "id": id,
        "name": "Mug",
        "sku": "SKU-0",
        "variant_id": id + 1_000,
        "quantity": quantity,
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "price_set": bag("10.00"),
        "tax_lines": [{"price_set": bag("3.47"), "title": "VAT", "rate": 0.21}],
        "discount_allocations": [],
        **fields,
    }


def a_customer(id: int = CUSTOMER, **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "email": "ada@example.com",
        "verified_email": True,
        "phone": "+31612345678",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "updated_at": at(),
        **fields,
    }


def an_order(id: int = 9001, **fields: Any) -> dict[str, Any]:
    """Two mugs and postage for 25.00."""
    return {
        "id": id,
        "admin_graphql_api_id": f"gid://shopify/Order/{id}",
        "name": "#1001",
        "created_at": at(),
        "updated_at": at(),
        "processed_at": at(),
        "cancelled_at": None,
        "presentment_currency": "EUR",
        "currency": "EUR",
        "financial_status": "paid",
        "fulfillment_status": None,
        "taxes_included": True,
        "total_price_set": bag("25.00"),
        "total_tip_received": "0.00",
        "location_id": None,
        "customer": a_customer(),
        "line_items": [a_line()],
        "shipping_lines": [
            {
                "id": 81,
                "is_removed": False,
                "price_set": bag("5.00"),
                "tax_lines": [],
                "discount_allocations": [],
            }
        ],
        "refunds": [],
        **fields,
    }


def a_product(id: int = 601, **fields: Any) -> dict[str, Any]:
    """A lid in two colours."""
    return {
        "id": id,
        "title": "Lid",
        "status": "active",
        "updated_at": at(),
        "variants": [
            {
                "id": 611 + n,
                "title": colour,
                "sku": f"LID-{colour}",
                "price": "3.00",
                "compare_at_price": None,
                "barcode": f"871234{n}",
                "updated_at": at(),
            }
            for n, colour in enumerate(("blue", "red"))
        ],
        **fields,
    }


def signs(body: bytes, secret: Secret, _: datetime = AT, *, shop: str = SHOP) -> Mapping[str, str]:
    """The headers that Shopify sends with it."""
    return {
        webhooks.SIGNATURE: webhooks.signature(secret, body).decode(),
        webhooks.NAME: str(uuid5(NAMESPACE_URL, body.hex())),
        webhooks.TOPIC: topic_of(body),
        webhooks.SHOP: shop,
    }

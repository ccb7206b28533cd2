"""What tills tell, as they would write and sign it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.till import webhooks
from domain.channels.accounts import Secret

AT = datetime(2026, 3, 1, 11, tzinfo=UTC)
STORE = "L0"
MUG, PLATE = "SKU-0", "SKU-1"


def at(minutes: float = 0) -> str:
    return (AT + timedelta(minutes=minutes)).isoformat()


def entry(type: str, sequence: int, device: str = "till-1", **given: Any) -> dict[str, Any]:
    """An entry of a till's log."""
    fields = {"at": at(sequence), "location": STORE, "currency": "SEK"}
    return {"type": type, "device": device, "sequence": sequence, **fields, **given}


def mug(quantity: int = 1, sku: str = MUG, **given: Any) -> dict[str, Any]:
    """Mugs for 100.00 each, of which 20.00 is tax."""
    return {"sku": sku, "quantity": quantity, "unit": 100_00, "tax": quantity * 20_00, **given}


def sale(sequence: int, *lines: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """Sold, and paid in cash."""
    lines = lines or (mug(),)
    total = sum(each["quantity"] * each["unit"] for each in lines)
    paid = [{"tender": "CASH", "amount": total}]
    fields = {"lines": list(lines), "total": total, "tenders": paid}
    return entry("sale", sequence, **{**fields, **given})


def back(sequence: int, of: int | None, quantity: int = 1, **given: Any) -> dict[str, Any]:
    """Mugs that were sold come back, and so does their money."""
    device = given.get("device", "till-1")
    known = {} if of is None else {"sale": {"device": device, "sequence": of}}
    refunds = [{"amount": quantity * 100_00}]
    fields = {"lines": [{"sku": MUG, "quantity": quantity}], "refunds": refunds, **known}
    return entry("return", sequence, **{**fields, **given})


def count(sequence: int, units: int, sku: str = MUG, **given: Any) -> dict[str, Any]:
    fields = entry("count", sequence, counts=[{"sku": sku, "counted": units}], **given)
    return {name: value for name, value in fields.items() if name != "currency"}


def payment(sequence: int, minor: int, **given: Any) -> dict[str, Any]:
    tenders = [{"tender": "CARD", "amount": minor}]
    fields = entry("payment", sequence, **{"tenders": tenders, **given})
    return {name: value for name, value in fields.items() if name != "location"}


def batch(*entries: Mapping[str, Any], **given: Any) -> bytes:
    """The body of a delivery; nobody waits for what becomes of it."""
    return json.dumps({"entries": entries, "wait": 0, **given}).encode()


def signs(body: bytes, secret: Secret, at: datetime) -> Mapping[str, str]:
    """The headers that a till sends with it."""
    name, seconds = "msg_1", f"{at.timestamp():.0f}"
    signed = f"{name}.{seconds}.".encode() + body
    return {
        webhooks.ID: name,
        webhooks.TIME: seconds,
        webhooks.SIGNATURE: f"v1,{webhooks.signature(secret, signed).decode()}",
    }

"""Penny's deliveries, as Penny would write and sign them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.channels.accounts import Secret
from tests.channels import penny

AT = datetime(2026, 3, 1, 11, tzinfo=UTC)


def movement(id: str, type: str, minor: int, status: str = "done", **given: Any) -> dict[str, Any]:
    """Money that moved."""
    return {
        "id": id,
        "type": type,
        "status": status,
        "minor": minor,
        "currency": "EUR",
        "at": AT.isoformat(),
        **given,
    }


def payment(id: str, minor: int, *movements: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """A payment with what moved."""
    return {
        "id": id,
        "minor": minor,
        "currency": "EUR",
        "method": "card",
        "created": AT.isoformat(),
        "changed": AT.isoformat(),
        "movements": list(movements),
        **given,
    }


def event(id: str, type: str, **given: Any) -> bytes:
    """The body of a delivery."""
    return json.dumps({"id": id, "type": type, **given}).encode()


def signs(body: bytes, secret: Secret, at: datetime) -> Mapping[str, str]:
    """The header that Penny sends with it."""
    seconds = f"{at.timestamp():.0f}"
    signed = penny.signature(secret, f"{seconds}.".encode() + body)
    return {penny.HEADER: f"t={seconds},s={signed}"}

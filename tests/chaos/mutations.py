"""The mutations that are asked for, as any client would write them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ERRORS = """
  replayed
  userErrors {
    __typename code message path retryable
    ... on InsufficientStock { asked sellable }
    ... on VersionConflict { expected actual }
  }
"""
LEVELS = """levels {
  id version onHand committed reserved unavailable free incoming product { sku } location { id }
}"""
RESERVATION = "reservation { id state version lines { quantity product { sku } location { id } } }"
PAYMENT = """payment {
  id version state captured { minor } refunded { minor } refundPending { minor }
  operations { id kind phase providerRef amount { minor } }
}"""

_ANSWERS: Mapping[str, str] = {
    "adjustStock": LEVELS,
    "countStock": LEVELS,
    "transferStock": f"{LEVELS} transfer {{ id state }}",
    "receiveTransfer": f"{LEVELS} transfer {{ id state }}",
    "reserveStock": RESERVATION,
    "extendReservation": RESERVATION,
    "releaseReservation": RESERVATION,
    "commitReservation": RESERVATION,
    "recordPayment": PAYMENT,
    "recordRefund": f"{PAYMENT} refund {{ id }}",
}


def _document(kind: str, answer: str) -> str:
    name = kind[0].upper() + kind[1:]
    return f"mutation ($input: {name}Input!) {{ {kind}(input: $input) {{ {ERRORS} {answer} }} }}"


DOCUMENTS: Mapping[str, str] = MappingProxyType(
    {kind: _document(kind, answer) for kind, answer in _ANSWERS.items()}
)

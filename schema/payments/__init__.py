"""Payments: what they show, and how they change."""

from schema.payments.links import LinkState, PaymentLink
from schema.payments.payments import (
    Payment,
    PaymentConnection,
    PaymentOperation,
    PaymentState,
    Refund,
)

__all__ = [
    "LinkState",
    "Payment",
    "PaymentConnection",
    "PaymentLink",
    "PaymentOperation",
    "PaymentState",
    "Refund",
]

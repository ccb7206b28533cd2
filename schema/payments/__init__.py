"""Payments: what they show, and how they change."""

from schema.payments.payments import (
    Payment,
    PaymentConnection,
    PaymentOperation,
    PaymentState,
    Refund,
)

__all__ = ["Payment", "PaymentConnection", "PaymentOperation", "PaymentState", "Refund"]

"""Payments: a fold over what was asked of providers, and the rules of what may be asked."""

from domain.payments.cards import Card, latest
from domain.payments.folding import SUMS, PaymentState, Standing, fold, joined
from domain.payments.links import (
    LinkLife,
    LinkState,
    PaymentLink,
    claimed,
    is_late,
    paid_by,
    state_of,
)
from domain.payments.operations import (
    PENDING_PHASES,
    RANK,
    OperationKind,
    OperationPhase,
    PaymentOperation,
)
from domain.payments.payment import (
    NEWEST_FIRST,
    CardPresence,
    Payment,
    PaymentQuery,
    Refund,
    TenderKind,
    refunds_of,
    summed,
)
from domain.payments.recording import Recorded, Report, operation_of, recorded, still_promised
from domain.payments.telling import told
from domain.payments.wording import NewTender, wrong_amount, wrong_report, wrong_tender, wrong_texts

__all__ = [
    "NEWEST_FIRST",
    "PENDING_PHASES",
    "RANK",
    "SUMS",
    "Card",
    "CardPresence",
    "LinkLife",
    "LinkState",
    "NewTender",
    "OperationKind",
    "OperationPhase",
    "Payment",
    "PaymentLink",
    "PaymentOperation",
    "PaymentQuery",
    "PaymentState",
    "Recorded",
    "Refund",
    "Report",
    "Standing",
    "TenderKind",
    "claimed",
    "fold",
    "is_late",
    "joined",
    "latest",
    "operation_of",
    "paid_by",
    "recorded",
    "refunds_of",
    "state_of",
    "still_promised",
    "summed",
    "told",
    "wrong_amount",
    "wrong_report",
    "wrong_tender",
    "wrong_texts",
]

"""What must always be true, checked against what is there."""

from domain.integrity.payments import ledger_faults, payment_faults, posting_faults
from domain.integrity.report import SAYS, Fault, IntegrityCheck, Tally
from domain.integrity.stock import (
    Away,
    Level,
    Shelf,
    Written,
    explanation_faults,
    hold_faults,
    level_faults,
    promise_faults,
)
from domain.integrity.stories import FIRST, OPENINGS, Replay, Story, Tale, Told

__all__ = [
    "FIRST",
    "OPENINGS",
    "SAYS",
    "Away",
    "Fault",
    "IntegrityCheck",
    "Level",
    "Replay",
    "Shelf",
    "Story",
    "Tale",
    "Tally",
    "Told",
    "Written",
    "explanation_faults",
    "hold_faults",
    "ledger_faults",
    "level_faults",
    "payment_faults",
    "posting_faults",
    "promise_faults",
]

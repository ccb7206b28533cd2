"""What must always be true, checked against what is there."""

from domain.integrity.payments import payment_faults
from domain.integrity.report import SAYS, Fault, IntegrityCheck, Tally
from domain.integrity.stock import (
    Level,
    Written,
    explanation_faults,
    hold_faults,
    level_faults,
)
from domain.integrity.stories import Replay, Story, Tale, Told

__all__ = [
    "SAYS",
    "Fault",
    "IntegrityCheck",
    "Level",
    "Replay",
    "Story",
    "Tale",
    "Tally",
    "Told",
    "Written",
    "explanation_faults",
    "hold_faults",
    "level_faults",
    "payment_faults",
]

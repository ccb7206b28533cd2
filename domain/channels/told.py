"""What channels tell, in our words. An adapter translates; what is done with it is ours.

Each value says how old it is (`as_of`): of two that speak of the same thing the newer counts,
whichever came first. Amounts are whole minor units. A `raw_status` is the channel's own word.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.ids import OperationId
from domain.money import Money
from domain.payments import CardPresence, OperationKind, OperationPhase, TenderKind


class Word(Struct, frozen=True):
    """A word of the channel that the adapter does not know, and in which field it stands.

    What it says is kept as UNKNOWN, and somebody is told to look.
    """

    field: str
    raw: str


class OperationTold(Struct, frozen=True, kw_only=True):
    """Something that was asked of a provider, and how far it got; a dispute is a CHARGEBACK.

    `ref` is the provider's name for it, unique with `kind`. `operation_id` is ours, where the
    provider gives it back. A status that is not known has the phase UNKNOWN.
    """

    ref: str
    kind: OperationKind
    phase: OperationPhase
    amount: Money
    at: datetime
    raw_status: str
    original_ref: str | None = None
    operation_id: OperationId | None = None
    decline_code: str | None = None
    reason: str | None = None


class PaymentTold(Struct, frozen=True, kw_only=True):
    """A payment with at least one of its operations; those that are left out stay as they were.

    `ref` is the provider's name for the payment. `order` names the order that is paid for as
    `system:kind:value`, whether it is here yet or not.
    """

    ref: str
    amount: Money
    tender: TenderKind
    presence: CardPresence = CardPresence.NOT_APPLICABLE
    created_at: datetime
    as_of: datetime
    operations: tuple[OperationTold, ...]
    order: str | None = None


Told = PaymentTold
"""Whole things, for snapshots."""

"""What was asked of providers, and how far it got."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from domain.ids import OperationId, ReturnId
from domain.money import Currency, Money
from domain.values import Actor, MinorUnits


class OperationKind(StrEnum):
    """What was asked of the provider."""

    AUTHORISE = "AUTHORISE"
    ADJUST = "ADJUST"
    CAPTURE = "CAPTURE"
    CANCEL = "CANCEL"
    REFUND = "REFUND"
    CHARGEBACK = "CHARGEBACK"
    CHARGEBACK_REVERSAL = "CHARGEBACK_REVERSAL"


class OperationPhase(StrEnum):
    """How far it got; phases only climb. UNKNOWN: the provider did not say; it is asked again."""

    REQUESTED = "REQUESTED"
    UNKNOWN = "UNKNOWN"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"
    REVERSED = "REVERSED"


RANK = MappingProxyType({phase: rank for rank, phase in enumerate(OperationPhase)})
PENDING_PHASES = frozenset({OperationPhase.REQUESTED, OperationPhase.UNKNOWN})


class PaymentOperation(Struct, frozen=True, kw_only=True):
    """One thing asked of a provider, and what became of it; `raw_status` is in its own words."""

    id: OperationId
    kind: OperationKind
    phase: OperationPhase
    minor: MinorUnits
    currency: Currency
    idempotency_key: str
    requested_by: Actor
    occurred_at: datetime
    provider_ref: str | None = None
    original_ref: str | None = None
    source_events: tuple[str, ...] = ()
    settled_at: datetime | None = None
    decline_code: str | None = None
    reason: str | None = None
    return_id: ReturnId | None = None
    raw_status: str | None = None

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

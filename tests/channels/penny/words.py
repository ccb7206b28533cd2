"""Penny's words, and ours for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from domain.channels.abilities import Writing
from domain.channels.inbound import Snapshot, Unrecognised
from domain.channels.told import OperationTold, PaymentTold, Word
from domain.ids import OperationId
from domain.money import Currency, Money
from domain.payments import CardPresence, OperationKind, OperationPhase, TenderKind

Minor = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Code = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Ref = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,100}$")]
At = Annotated[datetime, Meta(tz=True)]

KINDS: Mapping[str, OperationKind] = {
    "promise": OperationKind.AUTHORISE,
    "take": OperationKind.CAPTURE,
    "let_go": OperationKind.CANCEL,
    "give_back": OperationKind.REFUND,
    "dispute": OperationKind.CHARGEBACK,
    "dispute_won": OperationKind.CHARGEBACK_REVERSAL,
}
PHASES: Mapping[str, OperationPhase] = {
    "asked": OperationPhase.REQUESTED,
    "done": OperationPhase.SUCCEEDED,
    "declined": OperationPhase.FAILED,
    "undone": OperationPhase.REVERSED,
}
METHODS: Mapping[str, TenderKind] = {"card": TenderKind.CARD, "purse": TenderKind.WALLET}
ROUTES: Mapping[Writing, str] = {
    Writing.CAPTURE: "take",
    Writing.CANCEL: "let_go",
    Writing.REFUND: "give_back",
}


class Trust(Struct, forbid_unknown_fields=True):
    """Penny's own options in the configuration. `batch`: so many can be asked for at once."""

    system: str = "penny"
    calls_per_second: float = 50.0
    batch: int = 0


class Movement(Struct):
    """Money that was promised, taken or given back. `key` is ours, if we asked for it."""

    id: Ref
    type: Annotated[str, Meta(min_length=1, max_length=100)]
    status: Annotated[str, Meta(min_length=1, max_length=100)]
    minor: Minor
    currency: Code
    at: At
    of: Ref | None = None
    key: str | None = None
    why: str | None = None


class Paid(Struct):
    """A payment at Penny."""

    id: Ref
    minor: Minor
    currency: Code
    method: str
    created: At
    changed: At
    movements: Annotated[Sequence[Movement], Meta(min_length=1, max_length=100)]
    order: Annotated[str, Meta(max_length=100)] | None = None
    in_person: bool = False

    def snapshot(self, system: str) -> Snapshot | Unrecognised:
        """As we say it."""
        found = [told(each) for each in self.movements]
        words = tuple(word for _, unknown in found for word in unknown)
        method = () if self.method in METHODS else (Word("method", self.method),)
        operations = tuple(operation for operation, _ in found if operation)
        if not operations:
            return Unrecognised(words[0])
        return Snapshot(
            PaymentTold(
                ref=self.id,
                amount=Money(self.minor, Currency(self.currency)),
                tender=METHODS.get(self.method, TenderKind.CARD),
                presence=CardPresence.PRESENT if self.in_person else CardPresence.NOT_PRESENT,
                created_at=self.created,
                as_of=self.changed,
                operations=operations,
                order=f"{system}:order:{self.order}" if self.order else None,
            ),
            (*method, *words),
        )


class Offer(Struct):
    """How many units Penny offers of something at a place."""

    units: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Event(Struct):
    """What a delivery carries."""

    id: Ref
    type: str
    payment: Paid | None = None
    payment_id: Ref | None = None
    movement: Movement | None = None


class Listing(Struct):
    """A page of payments, those that changed first come first."""

    payments: Annotated[Sequence[Paid], Meta(max_length=100)]
    next: str | None = None


def told(movement: Movement) -> tuple[OperationTold | None, tuple[Word, ...]]:
    """A movement as we say it, if we know its kind, and the words of Penny's that we do not."""
    kind, phase = KINDS.get(movement.type), PHASES.get(movement.status)
    if kind is None:
        return None, (Word("movement.type", movement.type),)
    operation = OperationTold(
        ref=movement.id,
        kind=kind,
        phase=phase or OperationPhase.UNKNOWN,
        amount=Money(movement.minor, Currency(movement.currency)),
        at=movement.at,
        raw_status=movement.status,
        original_ref=movement.of,
        operation_id=OperationId(movement.key) if movement.key else None,
        decline_code=movement.why,
    )
    return operation, () if phase else (Word("movement.status", movement.status),)

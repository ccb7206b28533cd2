"""What may be reported of payments, and what is answered."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from domain import requests
from domain.payments import CardPresence, OperationKind, OperationPhase, TenderKind
from domain.scopes import Scope
from resolvers import commands
from resolvers import payments as resolvers
from schema.fields import held, shows
from schema.guards import Needs
from schema.inputs import MoneyInput, Requested, given
from schema.payments.payments import Payment, PaymentOperation, Refund
from schema.refusals import MutationResult

PAID = Needs(Scope.PAYMENTS)


@shows(requests.Answer)
class PaymentResult(MutationResult):
    """What became of a payment."""

    payment: Payment | None = held(commands.value, "The payment, after it.", PAID)


@shows(requests.Answer)
class RefundResult(MutationResult):
    """What became of a refund."""

    payment: Payment | None = held(resolvers.refunded_payment, "The payment, after it.", PAID)
    refund: Refund | None = held(resolvers.recorded_refund, "The refund.", PAID)


@shows(requests.Answer)
class OperationResult(MutationResult):
    """What became of what a provider was told to do; without an error, it may still be pending."""

    payment: Payment | None = held(resolvers.operated_payment, "The payment, after it.", PAID)
    operation: PaymentOperation | None = held(
        resolvers.operation,
        "The operation. REQUESTED: the provider has it, and will tell. UNKNOWN: nobody knows yet; "
        "it is asked about, and must not be asked for a second time.",
        PAID,
    )


@strawberry.input(description="With what a customer pays how much, and through whom.")
class TenderInput:
    """With what a customer pays how much, and through whom."""

    kind: TenderKind = given("With what.")
    amount: MoneyInput = given("How much is owed through it.")
    provider: str = given("Through whom, in small letters.", default="till")
    merchant_account: str = given("Into which account.", default="till")
    presence: CardPresence = given(
        "Was the card at the terminal?", default=CardPresence.NOT_APPLICABLE
    )


@strawberry.input(description="An operation of a payment that is known, or of a new one.")
class RecordPaymentInput(Requested):
    """An operation of a payment that is known, or of a new one."""

    payment_id: ID | None = given(
        "The payment that it is an operation of; else give a channel and a tender.",
        name="payment",
        default=None,
    )
    order_id: ID | None = given("The order that a new one pays for.", name="order", default=None)
    channel_id: ID | None = given("Where a new one was made.", name="channel", default=None)
    tender: TenderInput | None = given(
        "The tender of a new one. If the provider's references are known, it is not new.",
        default=None,
    )
    operation: OperationKind = given(
        "What was asked of the provider.", default=OperationKind.CAPTURE
    )
    operation_id: ID | None = given(
        "The operation by its id, where there is no reference yet.", default=None
    )
    phase: OperationPhase = given("How far it got.", default=OperationPhase.SUCCEEDED)
    amount: MoneyInput | None = given(
        "Of how much; if left out, what is known of it, or all of the tender.", default=None
    )
    provider_ref: str | None = given(
        "The provider's name for it: the same is never recorded twice.", default=None
    )
    original_ref: str | None = given("The provider's name for what it builds on.", default=None)
    source_event: str | None = given("The provider's event that told of it.", default=None)
    occurred_at: datetime | None = given("When; now, if left out.", default=None)
    decline_code: str | None = given("Why the provider declined.", default=None)


@strawberry.input(description="Money that was given back, or is on its way.")
class RecordRefundInput(Requested):
    """Money that was given back, or is on its way."""

    payment_id: ID = given("The payment it goes back through.", name="payment")
    amount: MoneyInput = given("How much.")
    provider_ref: str | None = given(
        "The provider's name for it: the same is never recorded twice.", default=None
    )
    reason: str | None = given("Why, in the words of who asks.", default=None)
    phase: OperationPhase = given("How far it got.", default=OperationPhase.SUCCEEDED)
    return_id: ID | None = given("The goods it is for.", name="return", default=None)
    occurred_at: datetime | None = given("When; now, if left out.", default=None)


@strawberry.input(description="Money that the provider is to take of what is promised.")
class CapturePaymentInput(Requested):
    """Money that the provider is to take of what is promised."""

    payment_id: ID = given("The payment.", name="payment")
    amount: MoneyInput = given("How much. Some providers let go all that is not taken.")


@strawberry.input(description="A promise that the provider is to let go.")
class CancelPaymentInput(Requested):
    """A promise that the provider is to let go."""

    payment_id: ID = given("The payment.", name="payment")


@strawberry.input(description="Money that the provider is to give back.")
class RefundPaymentInput(Requested):
    """Money that the provider is to give back."""

    payment_id: ID = given("The payment it goes back through.", name="payment")
    amount: MoneyInput = given("How much.")
    reason: str = given("Why, in the words of who asks.")

"""Payments, operations, refunds."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from domain import ledger, payments
from domain.payments import CardPresence, OperationKind, OperationPhase, PaymentState, TenderKind
from domain.scopes import Scope
from domain.viewer import Subject
from resolvers import asking, journal
from resolvers import payments as resolvers
from schema.fields import Column, attribute, batched, enumerated, shows
from schema.guards import Needs
from schema.operations import Channel, JournalConnection
from schema.shared import FORWARD, Actor, Connection, ExternalRef, Freshness, Money, Node, Versioned

if TYPE_CHECKING:
    from schema.orders import Order, Return

OrderRef = Annotated["Order", strawberry.lazy("schema.orders")]
ReturnRef = Annotated["Return", strawberry.lazy("schema.orders")]


enumerated(TenderKind, CardPresence, PaymentState, OperationKind, OperationPhase)


@shows(payments.PaymentOperation, keys=["id"], guarded=Subject.PAYMENTS)
class PaymentOperation(Node):
    """One thing asked of a provider. Phases only climb, whatever order the news comes in."""

    kind: OperationKind = attribute("What was asked.")
    phase: OperationPhase = attribute("How far it got.")
    amount: Money = attribute("Of how much.")
    provider_ref: str | None = attribute("The provider's name for it.")
    original_ref: str | None = attribute("The provider's name for what it builds on.")
    idempotency_key: str = attribute("The key under which it was sent; it is sent under no other.")
    requested_by: Actor = attribute("Who asked.")
    source_events: list[str] = attribute("The provider's events that told of it.")
    occurred_at: datetime = attribute("When it was asked.")
    settled_at: datetime | None = attribute("When its outcome was known.")
    decline_code: str | None = attribute("Why the provider declined.")
    raw_status: str | None = attribute("How far it got, in the provider's own word.")


@shows(ledger.PostedLine, guarded=Scope.LEDGER)
class LedgerPosting:
    """One side of a transfer between two accounts; the sides of a transfer add up to zero."""

    id: ID = attribute("The transfer's, and the side's number in it.")
    account: str = attribute("Which account: `docs/ledger.md` has the chart of them.")
    debit: Money | None = attribute("What the account was debited with, or null.")
    credit: Money | None = attribute("What it was credited with, or null.")
    at: datetime = attribute("When the money moved.")
    cause: ID = attribute("The request that told of it.")


@shows(payments.Card)
class PaymentCard:
    """The card that a payment was made with, as on a receipt."""

    brand: str | None = attribute("The network, in the provider's word.")
    last4: str | None = attribute("The last four digits; of a wallet, those of its stand-in.")
    expires: str | None = attribute("Its last month, as in 2027-08.")
    wallet: str | None = attribute("The wallet that it was shown in, in the provider's word.")
    wallet_token: bool = attribute("A wallet's stand-in for a card: recognises a device.")


@shows(payments.Payment, keys=["id"], guarded=Subject.PAYMENTS)
class Payment(Node, Versioned):
    """What a customer owes through one tender, and what became of it."""

    created_at: datetime = attribute("When it was begun.")
    order: OrderRef | None = batched(resolvers.payment_order, "The order it pays for.")
    channel: Channel = batched(resolvers.payment_channel, "Where it was made.")
    order_ref: str | None = attribute(
        "The order in the words of the channel that told of the payment; `order(ref:)` finds it."
    )
    tender: TenderKind = attribute("With what it is paid.")
    provider: str = attribute("Through whom: a provider's name, or `till`.")
    merchant_account: str = attribute("Into which account.")
    presence: CardPresence = attribute("Was the card at the terminal?")
    card: PaymentCard | None = attribute("The card, if the provider told of one.")
    state: PaymentState = attribute("Where it stands; computed from its operations.")
    amount: Money = attribute("What is owed through it.")
    authorised: Money = attribute("Promised by the provider.")
    captured: Money = attribute("Taken.")
    cancelled: Money = attribute("Promised, and let go.")
    refunded: Money = attribute("Given back.")
    refund_pending: Money = attribute("On its way back.")
    disputed: Money = attribute("Taken back by the customer's bank.")
    refundable: Money = attribute("What can still be given back.")
    operations: list[PaymentOperation] = attribute("What was asked of the provider.")
    refs: list[ExternalRef] = attribute("Its names in other systems.")
    freshness: Freshness = batched(
        asking.told_freshness, "Who told of it, and how old that is; `kassa` itself is live."
    )
    clearing: list[LedgerPosting] = batched(
        resolvers.clearing,
        "For who keeps the books: where its money is, the oldest entry first.",
        None,
        Needs(Scope.LEDGER, ()),
    )
    journal: JournalConnection = batched(
        journal.journal,
        "What happened to it, and because of it, the oldest first.",
        Column.OPERATIONS,
        **FORWARD,
    )


@strawberry.type(description="A page of payments.")
class PaymentConnection(Connection[Payment]):
    """A page of payments."""


@shows(payments.Refund, keys=["id"], guarded=Subject.PAYMENTS)
class Refund(Node):
    """Money on its way back, through the payment it came by."""

    operation: PaymentOperation = attribute("What was asked of the provider.")
    payment: Payment = attribute("The payment it goes back through.")
    amount: Money = attribute("How much.")
    reason: str | None = attribute("Why, in the words of who asked.")
    for_return: ReturnRef | None = batched(resolvers.refund_return, "The goods it is for.")
    initiated_in: Channel = batched(resolvers.refund_channel, "Where it was asked for.")

"""Links to pay by: what they show, and how they are made and ended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from domain import payments, requests
from domain.payments import LinkState
from domain.viewer import Subject
from resolvers import commands
from resolvers import payments as resolvers
from schema.fields import attribute, batched, enumerated, held, shows
from schema.inputs import MoneyInput, Requested, given
from schema.payments.changes import PAID
from schema.payments.payments import Payment
from schema.refusals import MutationResult
from schema.shared import Money, Node, Versioned

if TYPE_CHECKING:
    from schema.orders import Order

OrderRef = Annotated["Order", strawberry.lazy("schema.orders")]

enumerated(LinkState)


@shows(payments.PaymentLink, keys=["id"], guarded=Subject.PAYMENTS)
class PaymentLink(Node, Versioned):
    """A page of a provider's on which somebody may pay so much for an order, once."""

    state: LinkState = batched(
        resolvers.link_states,
        "Where it stands; computed from what was paid by it, what its provider said, and the time.",
    )
    amount: Money = attribute("How much is to be paid.")
    url: str | None = attribute("Where it is paid; null until its provider has said so.")
    qr_payload: str | None = attribute(
        "The text of a QR code of it, for who stands at a till; null if a code cannot hold it."
    )
    created_at: datetime = attribute("When it was asked for.")
    expires_at: datetime = attribute("Until when it can be paid.")
    provider: str = attribute("Through whom.")
    decline_code: str | None = attribute("Why its provider would not do what it was asked for.")
    order: OrderRef | None = batched(resolvers.payment_order, "The order that is paid for.")
    payments: list[Payment] = batched(resolvers.link_payments, "What was paid by it.")


@shows(requests.Answer)
class PaymentLinkResult(MutationResult):
    """What became of a link; without an error, its provider may not have answered yet."""

    payment_link: PaymentLink | None = held(
        commands.value,
        "The link. REQUESTED: its address is not known yet; its provider is being asked. "
        "CANCELLING: it may still be paid; its provider is being told.",
        PAID,
    )


@strawberry.input(description="A page on which somebody may pay for an order.")
class CreatePaymentLinkInput(Requested):
    """A page on which somebody may pay for an order."""

    order_id: ID = given("The order that is paid for.", name="order")
    amount: MoneyInput = given("How much: at most what is due, and asked for by no other link.")
    expires_at: datetime | None = given(
        "Until when it can be paid; as long as its provider lets it, if left out.", default=None
    )
    account: str | None = given(
        "Through which connected account, by its name; needed if several make links.",
        default=None,
    )


@strawberry.input(description="A page that nobody shall pay on any more.")
class CancelPaymentLinkInput(Requested):
    """A page that nobody shall pay on any more."""

    link_id: ID = given("The link.", name="paymentLink")

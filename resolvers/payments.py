"""Payments: parents and arguments in, domain values out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from commands.payments.instructing import Operated
from commands.payments.recording import Refunded
from domain import ids, ledger, pages, payments
from domain.errors import BadInput
from domain.ids import ChannelId, Kind, OrderId, PaymentId
from domain.ledger import PostedLine, Posting
from domain.operations import Channel
from domain.orders import Order, Return
from domain.pages import Cursor, Page
from domain.payments import (
    LinkState,
    Payment,
    PaymentLink,
    PaymentOperation,
    PaymentQuery,
    PaymentState,
    Refund,
)
from domain.requests import Answer
from resolvers import asking
from resolvers.context import Info
from resolvers.reading import looks_at


@looks_at(inside={Payment: ["id"]})
async def payment(
    info: Info,
    *,
    id: str | None,
    provider: str | None,
    provider_ref: str | None,
    max_age: int | None,
) -> Payment | None:
    given = [key is not None for key in (id, provider, provider_ref)]
    if given not in ([True, False, False], [False, True, True]):
        raise BadInput("Ask for a payment by id, or by provider and providerRef.")
    if id is None:
        found = await info.context.payments.by_ref.one(f"{provider}:{provider_ref}")
    else:
        key = PaymentId(ids.expect(Kind.PAYMENT, id))
        found = await info.context.payments.by_id.one(key)
    return await asking.one(Payment, found, info, max_age)


@looks_at(inside={Payment: ["id"]})
async def page(
    info: Info,
    *,
    first: int | None,
    after: Cursor | None,
    providers: Sequence[str] | None,
    channels: Sequence[str] | None,
    states: Sequence[PaymentState] | None,
    since: datetime | None,
    max_age: int | None,
) -> Page[Payment]:
    sold_in = ids.expect_all(Kind.CHANNEL, channels)
    query = PaymentQuery(
        providers=None if providers is None else tuple(providers),
        channels=None if sold_in is None else tuple(map(ChannelId, sold_in)),
        states=None if states is None else tuple(states),
        since=since,
    )
    page = await info.context.payments.page(query, pages.forward(first, after))
    return await asking.page(Payment, page, info, max_age)


@looks_at("order_id")
async def payment_order(
    paid: Sequence[Payment | PaymentLink], info: Info
) -> Sequence[Order | None]:
    return await info.context.orders.by_id.many([each.order_id for each in paid])


@looks_at("channel_id")
async def payment_channel(paid: Sequence[Payment], info: Info) -> Sequence[Channel | None]:
    return await info.context.channels.by_id.many([payment.channel_id for payment in paid])


@looks_at("id", inside={Posting: ...})
async def clearing(paid: Sequence[Payment], info: Info) -> Sequence[Sequence[PostedLine]]:
    found = await info.context.payments.postings_of.many([PaymentId(each.id) for each in paid])
    return [ledger.lines(postings or ()) for postings in found]


def refunded_payment(answer: Answer[Refunded]) -> Payment | None:
    return answer.value and answer.value.payment


def recorded_refund(answer: Answer[Refunded]) -> Refund | None:
    if answer.value is None:
        return None
    made = payments.refunds_of(answer.value.payment)
    return next(refund for refund in made if refund.id == answer.value.refund_id)


def operated_payment(answer: Answer[Operated]) -> Payment | None:
    return answer.value and answer.value.payment


def operation(answer: Answer[Operated]) -> PaymentOperation | None:
    done = answer.value
    return done and payments.operation_of(done.payment, done.operation_id)


async def refund_return(refunds: Sequence[Refund], info: Info) -> Sequence[Return | None]:
    keys = [refund.operation.return_id for refund in refunds]
    return await info.context.orders.return_by_id.many(keys)


async def refund_channel(refunds: Sequence[Refund], info: Info) -> Sequence[Channel | None]:
    return await info.context.channels.by_id.many([refund.initiated_in_id for refund in refunds])


@looks_at("id", inside={PaymentLink: ["nth"]})
async def order_links(orders: Sequence[Order], info: Info) -> Sequence[Sequence[PaymentLink]]:
    found = await info.context.payments.links_of.many([OrderId(order.id) for order in orders])
    return [sorted(links or (), key=attrgetter("nth")) for links in found]


@looks_at("id", "order_id", inside={Payment: ["link_id"]})
async def link_payments(links: Sequence[PaymentLink], info: Info) -> Sequence[Sequence[Payment]]:
    found = await info.context.payments.of_order.many([link.order_id for link in links])
    return [payments.paid_by(*each) for each in zip(links, _listed(found), strict=True)]


@looks_at(
    *("id", "order_id", "minor", "life", "expires_at"),
    inside={Payment: ["link_id", "standing"]},
)
async def link_states(links: Sequence[PaymentLink], info: Info) -> Sequence[LinkState]:
    found = await info.context.payments.of_order.many([link.order_id for link in links])
    now = info.context.now
    return [
        payments.state_of(link, paid, now) for link, paid in zip(links, _listed(found), strict=True)
    ]


def _listed(found: Sequence[Sequence[Payment] | None]) -> Sequence[Sequence[Payment]]:
    return [each or () for each in found]

"""What a provider is told to do with a link to pay by: whether it may be, and what is kept of it.

As with instructions about payments, what a provider is told is kept before it is told, and until
it is known what came of it. It may be told again at any time, for it always means the same: making
a link is recognised by the link's own id, and what has ended cannot be ended again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain import ids, money, orders
from domain.channels.abilities import Lifetimes
from domain.channels.answers import Closed, LinkAsked, LinkWritten, Opened, Rejected, Unknown
from domain.channels.instructing import HEAD_START, InstructionState
from domain.ids import Kind, OperationId, OrderId, PaymentLinkId
from domain.journal import Happening
from domain.money import Money
from domain.orders import VOID, Order
from domain.payments import LinkLife, LinkState, Payment, PaymentLink, claimed, state_of
from domain.refusals import (
    AmountExceedsDue,
    IllegalTransition,
    Invalid,
    OtherCurrency,
    Refusal,
)
from domain.values import Actor, Count, printable, whole_milliseconds

LONGEST_CODE = 100
MOST_LINKS = 100
NOT_FOR_VOID = "The order is {state}: nothing is to be paid for it."
TOO_MANY = f"An order has at most {MOST_LINKS} links."


class Errand(StrEnum):
    """What a provider is told to do with a link; each is a method of the adapter."""

    OPEN = "open_link"
    CLOSE = "close_link"


class LinkErrand(Struct, frozen=True, kw_only=True):
    """What a provider is told, as it is kept. `due`: from then on it is told again."""

    id: OperationId = msgspec.field(name="_id")
    link_id: PaymentLinkId
    kind: Errand
    told: LinkAsked
    asked_by: Actor
    asked_at: datetime
    due: datetime | None
    state: InstructionState = InstructionState.OPEN
    attempts: Count = 0
    why: str | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """What somebody wants: a link to pay so much of an order by, until then."""

    amount: Money
    expires_at: datetime | None = None


class Maker(Struct, frozen=True, kw_only=True):
    """Through whom: an account that makes links, and how long they live there."""

    provider: str
    merchant_account: str
    lifetimes: Lifetimes


WAITS_IN: Mapping[Errand, LinkLife] = MappingProxyType(
    {Errand.OPEN: LinkLife.REQUESTED, Errand.CLOSE: LinkLife.CANCELLING}
)
"""In which life of its link an errand waits for its answer."""

REFUSED: Mapping[Errand, LinkLife] = MappingProxyType(
    {Errand.OPEN: LinkLife.REFUSED, Errand.CLOSE: LinkLife.OPEN}
)
"""The life of a link after its provider would not do it."""

MAY_END = frozenset({LinkState.OPEN, LinkState.PARTLY_PAID})

TYPES: Mapping[tuple[LinkLife, LinkLife], str] = MappingProxyType(
    {
        (LinkLife.REQUESTED, LinkLife.OPEN): "PaymentLinkOpened",
        (LinkLife.REQUESTED, LinkLife.REFUSED): "PaymentLinkRefused",
        (LinkLife.REQUESTED, LinkLife.CANCELLED): "PaymentLinkCancelled",
        (LinkLife.OPEN, LinkLife.CANCELLING): "PaymentLinkEnding",
        (LinkLife.CANCELLING, LinkLife.CANCELLED): "PaymentLinkCancelled",
        (LinkLife.CANCELLING, LinkLife.OPEN): "PaymentLinkLeftOpen",
    }
)
"""What it is called that a link goes from one life to the next."""


def link_id(cause: str) -> PaymentLinkId:
    """The link of a request: the same, however often it is carried out."""
    return PaymentLinkId(ids.derived(Kind.PAYMENT_LINK, cause))


def begun(
    order: Order, nth: int, asked: Asked, maker: Maker, cause: str, now: datetime
) -> PaymentLink:
    """A link that nobody was told of yet."""
    until = asked.expires_at or now + maker.lifetimes.longest
    return PaymentLink(
        id=link_id(cause),
        updated_at=now,
        order_id=OrderId(order.id),
        nth=nth,
        channel_id=order.channel_id,
        customer_id=order.customer_id,
        location_ids=order.location_ids,
        created_at=now,
        expires_at=until.replace(microsecond=0),  # providers count seconds
        provider=maker.provider,
        merchant_account=maker.merchant_account,
        minor=asked.amount.minor,
        currency=asked.amount.currency,
    )


def wrong(
    order: Order,
    asked: Asked,
    lifetimes: Lifetimes,
    payments: Iterable[Payment],
    links: Iterable[PaymentLink],
    now: datetime,
) -> Iterator[Refusal]:
    """Why there can be no such link."""
    paid, there = list(payments), list(links)
    if order.state in VOID:
        yield Invalid(path=("order",), why=NOT_FOR_VOID.format(state=order.state))
        return
    if asked.amount.currency != order.currency:
        ours, given = order.currency, asked.amount.currency
        yield OtherCurrency(path=("amount",), expected_currency=ours, given_currency=given)
        return
    if len(there) >= MOST_LINKS:
        yield Invalid(path=("order",), why=TOO_MANY)
    due = still_due(order, paid, there, now)
    if asked.amount > due:
        yield AmountExceedsDue(path=("amount",), order=order.id, wanted=asked.amount, due=due)
    yield from _wrong_end(asked, lifetimes, now)


def still_due(
    order: Order, payments: Iterable[Payment], links: Iterable[PaymentLink], now: datetime
) -> Money:
    """What of an order is neither paid, nor promised, nor asked for by a link."""
    paid = list(payments)
    claims = money.total((claimed(link, paid, now) for link in links), order.currency)
    outstanding = orders.balance(order, paid).outstanding
    return Money(max(0, outstanding.minor - claims.minor), order.currency)


def _wrong_end(asked: Asked, lifetimes: Lifetimes, now: datetime) -> Iterator[Refusal]:
    if asked.expires_at is None:
        return
    shortest, longest = lifetimes.shortest, lifetimes.longest
    if not shortest <= asked.expires_at - now <= longest:
        why = f"A link lives for at least {shortest} and at most {longest} (hours:minutes:seconds)."
        yield Invalid(path=("expiresAt",), why=why)


def opening(link: PaymentLink, title: str, cause: str, actor: Actor, now: datetime) -> LinkErrand:
    """What is kept of a link that is asked for, as its provider is told."""
    return _errand(link, Errand.OPEN, title, cause, actor, now)


def ending(
    link: PaymentLink, payments: Iterable[Payment], cause: str, actor: Actor, now: datetime
) -> tuple[PaymentLink, LinkErrand]:
    """A link that is being ended, and what its provider is told.

    Raises:
        IllegalTransition: it cannot be paid any more, or not yet.
    """
    state = state_of(link, payments, now)
    if state not in MAY_END or link.life is not LinkLife.OPEN:
        raise IllegalTransition(
            path=("paymentLink",), from_state=state, to_state=LinkState.CANCELLED
        )
    after = _as(link, LinkLife.CANCELLING, now)
    return after, _errand(link, Errand.CLOSE, "", cause, actor, now)


def _errand(
    link: PaymentLink, kind: Errand, title: str, cause: str, actor: Actor, now: datetime
) -> LinkErrand:
    key = PaymentLinkId(link.id)
    told = LinkAsked(
        link_id=key, amount=link.amount, expires_at=link.expires_at, title=title, ref=link.ref
    )
    return LinkErrand(
        id=OperationId(ids.derived(Kind.OPERATION, cause)),
        link_id=key,
        kind=kind,
        told=told,
        asked_by=actor,
        asked_at=now,
        due=now + HEAD_START,
    )


def answered(
    link: PaymentLink, errand: LinkErrand, said: LinkWritten, now: datetime
) -> PaymentLink:
    """The link after its provider's answer; what is known already, or nobody knows, changes it not.

    What is over stays over: an answer that comes late opens nothing.
    """
    if link.life is not WAITS_IN[errand.kind]:
        return link
    match said:
        case Opened(ref, url):
            return replace(_as(link, LinkLife.OPEN, now), ref=ref, url=url)
        case Closed():
            return _as(link, LinkLife.CANCELLED, now)
        case Rejected(code):
            after = _as(link, REFUSED[errand.kind], now)
            return replace(after, decline_code=printable(code, LONGEST_CODE) or None)
        case Unknown():
            return link


def _as(link: PaymentLink, life: LinkLife, now: datetime) -> PaymentLink:
    at = whole_milliseconds(now)
    return replace(link, version=link.version + 1, updated_at=at, life=life)


def is_waiting(link: PaymentLink, errand: LinkErrand) -> bool:
    """Does nobody know yet what came of it?"""
    return link.life is WAITS_IN[errand.kind]


def is_refused(link: PaymentLink, errand: LinkErrand) -> bool:
    """Would the provider not do it?"""
    return link.life is REFUSED[errand.kind]


def is_over(link: PaymentLink, now: datetime) -> bool:
    """Can it no longer be paid, whatever its provider says?"""
    return link.expires_at <= now


def told(before: PaymentLink | None, after: PaymentLink, cause: str, actor: Actor) -> Happening:
    """What there is to tell of a change."""
    begun = {"amount": (0, after.minor), "currency": (None, after.currency)}
    owners = (after.order_id, after.customer_id)
    return Happening(
        seq=after.version,
        type=TYPES[before.life, after.life] if before else "PaymentLinkRequested",
        at=after.updated_at,
        actor=actor,
        cause=cause,
        changes={
            "state": (before and before.life.value, after.life.value),
            **({} if before else begun),
        },
        subjects=(cause, *(owner for owner in owners if owner)),
    )

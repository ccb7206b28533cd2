"""Links by which somebody pays for an order: what is kept of one, and where it stands.

How far making and ending it got is kept (`life`). Whether it was paid, its payments say, and
whether it has run out, the clock: so the three cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from domain.ids import ChannelId, CustomerId, LocationId, OrderId, PaymentLinkId
from domain.money import Currency, Money
from domain.payments.folding import PaymentState
from domain.payments.payment import Payment
from domain.values import Count, Entity, MinorUnits


class LinkLife(StrEnum):
    """How far making a link got, or ending it. REQUESTED, CANCELLING: nobody knows yet."""

    REQUESTED = "REQUESTED"
    OPEN = "OPEN"
    REFUSED = "REFUSED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"


class LinkState(StrEnum):
    """Where a link stands; computed from its payments, how far making and ending it got, and time.

    REQUESTED: its address is not known yet. PENDING: somebody has paid by it, and the provider
    will tell whether the money comes. REFUSED: the provider makes no such link. CANCELLING: it is
    being ended, and may still be paid.
    """

    REQUESTED = "REQUESTED"
    OPEN = "OPEN"
    PENDING = "PENDING"
    PARTLY_PAID = "PARTLY_PAID"
    PAID = "PAID"
    EXPIRED = "EXPIRED"
    REFUSED = "REFUSED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"


MOST_IN_A_CODE = 2_331
"""Bytes that the largest QR code holds, of which a sixth may be unreadable (version 40, level M).

Source: ISO/IEC 18004, table 7.
"""

ENDED = frozenset({LinkLife.REFUSED, LinkLife.CANCELLED})
CLAIMS_DUE = frozenset(
    {
        *(LinkState.REQUESTED, LinkState.OPEN, LinkState.PENDING),
        *(LinkState.PARTLY_PAID, LinkState.CANCELLING),
    }
)
"""By which links money may still come."""


class PaymentLink(Entity, frozen=True, kw_only=True):
    """A page of a provider's on which somebody may pay so much for an order, once.

    It is the `nth` link of its order, counted from 0. `ref` is the provider's name for it. Channel,
    customer and locations are those of the order when it was made; whose it is to see goes by them.
    """

    order_id: OrderId
    nth: Count
    channel_id: ChannelId
    customer_id: CustomerId | None = None
    location_ids: tuple[LocationId, ...] = ()
    created_at: datetime
    expires_at: datetime
    provider: str
    merchant_account: str
    minor: MinorUnits
    currency: Currency
    life: LinkLife = LinkLife.REQUESTED
    ref: str | None = None
    url: str | None = None
    decline_code: str | None = None

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def qr_payload(self) -> str | None:
        """What a QR code of it holds, if it fits: telephones open an address that they read."""
        return self.url if self.url and len(self.url.encode()) <= MOST_IN_A_CODE else None


def paid_by(link: PaymentLink, payments: Iterable[Payment]) -> list[Payment]:
    """Those of an order's payments that came by a link."""
    key = PaymentLinkId(link.id)
    return [payment for payment in payments if payment.link_id == key]


def state_of(link: PaymentLink, payments: Iterable[Payment], now: datetime) -> LinkState:
    """Where a link of an order with these payments stands. Money counts, however late it came."""
    paid = paid_by(link, payments)
    if taken := _taken(paid):
        return LinkState.PAID if taken >= link.minor else LinkState.PARTLY_PAID
    if any(payment.state is PaymentState.PENDING for payment in paid):
        return LinkState.PENDING
    if link.life not in ENDED and link.expires_at <= now:
        return LinkState.EXPIRED
    return LinkState(link.life.value)


def claimed(link: PaymentLink, payments: Iterable[Payment], now: datetime) -> Money:
    """How much may still come by a link."""
    paid = paid_by(link, payments)
    is_open = state_of(link, paid, now) in CLAIMS_DUE
    return Money(link.minor - _taken(paid) if is_open else 0, link.currency)


def is_late(link: PaymentLink, payment: Payment) -> bool:
    """Was money taken by a link after its time was over, or after it was ended?"""
    has_ended = link.life is LinkLife.CANCELLED or payment.created_at > link.expires_at
    return has_ended and payment.standing.captured > 0


def _taken(paid: Iterable[Payment]) -> int:
    return sum(payment.standing.captured for payment in paid)

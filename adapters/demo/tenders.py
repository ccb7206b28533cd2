"""Payments: what each tender was asked for, and what its provider answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from adapters.demo.attempts import Attempt, Step, operations
from adapters.demo.courses import Money
from adapters.demo.dice import Dice
from adapters.demo.lines import CAPTURED
from adapters.demo.orders import Ticket
from adapters.demo.plans import Sale
from adapters.demo.returns import Credit
from domain.ids import Kind
from domain.operations import ChannelKind
from domain.payments import (
    CardPresence,
    OperationKind,
    OperationPhase,
    Payment,
    PaymentOperation,
    TenderKind,
    fold,
)
from domain.values import ExternalRef

_T, _K, _P = TenderKind, OperationKind, OperationPhase


class Method(Struct, frozen=True):
    """A way to pay. `in_one_step`: captured at once, without an authorisation."""

    tender: TenderKind
    provider: str
    in_one_step: bool = False
    presence: CardPresence = CardPresence.NOT_APPLICABLE


TERMINAL = Method(_T.CARD, "adyen", presence=CardPresence.PRESENT)
ONLINE_CARD = Method(_T.CARD, "stripe", presence=CardPresence.NOT_PRESENT)
WALLET = Method(_T.WALLET, "stripe", presence=CardPresence.NOT_PRESENT)
INVOICE = Method(_T.INVOICE, "klarna")
CASH = Method(_T.CASH, "till", in_one_step=True)
BANK = Method(_T.BANK_REDIRECT, "stripe", in_one_step=True)
GIFT_CARD = Method(_T.GIFT_CARD, "giftcards", in_one_step=True)
STORE_CREDIT = Method(_T.STORE_CREDIT, "giftcards", in_one_step=True)
MARKETPLACE = Method(_T.BANK_REDIRECT, "nordicfinds", in_one_step=True)
PHONE = {
    "SE": Method(_T.WALLET, "swish", in_one_step=True),
    "NO": Method(_T.WALLET, "vipps"),
    "FI": Method(_T.WALLET, "vipps"),
}

AT_TILL = ((TERMINAL, 74), (CASH, 12))
ONLINE = ((ONLINE_CARD, 56), (WALLET, 12), (INVOICE, 12), (BANK, 8))
BY_PHONE = 14

_AUTHORISED = Step(_K.AUTHORISE, _P.SUCCEEDED, 0)
_CAPTURED = Step(_K.CAPTURE, _P.SUCCEEDED, 25)
PAID = (_AUTHORISED, _CAPTURED)
SCRIPTS: dict[Money, tuple[Step, ...]] = {
    Money.SECURED: (_AUTHORISED,),
    Money.VOIDED: (_AUTHORISED, Step(_K.CANCEL, _P.SUCCEEDED, 80)),
    Money.DECLINED: (Step(_K.AUTHORISE, _P.FAILED, 0),),
    Money.PENDING: (Step(_K.AUTHORISE, _P.REQUESTED, 0),),
    Money.UNKNOWN: (Step(_K.AUTHORISE, _P.UNKNOWN, 0),),
    Money.CAPTURE_UNKNOWN: (_AUTHORISED, Step(_K.CAPTURE, _P.UNKNOWN, 25)),
    Money.RECAPTURED: (_AUTHORISED, Step(_K.CAPTURE, _P.REVERSED, 20), _CAPTURED),
    Money.DISPUTED: (*PAID, Step(_K.CHARGEBACK, _P.SUCCEEDED, 100)),
}
"""What happens to a card; what is not named here is paid."""

IN_ONE_STEP = CAPTURED | {Money.DECLINED, Money.PENDING, Money.UNKNOWN}


class Tender(Struct, frozen=True):
    """One attempt to pay: how, how much, how it goes, and how many seconds into the sale."""

    method: Method
    minor: int
    money: Money
    after: int = 2


def payments(
    dice: Dice, ticket: Ticket, credits: Sequence[Credit], until: datetime
) -> list[Payment]:
    """The payments of a sale; what is owed goes back through the last ones first."""
    left = list(credits)
    made: list[Payment] = []
    for tender in reversed(list(_tenders(dice, ticket))):
        here, left = _split(left, tender)
        made.append(_payment(dice, ticket, tender, here, until))
    return made[::-1]


def _split(credits: list[Credit], tender: Tender) -> tuple[list[Credit], list[Credit]]:
    """What of the credits this tender can give back, and what is left for the others."""
    room = tender.minor if tender.money in CAPTURED else 0
    here: list[Credit] = []
    left: list[Credit] = []
    for credit in credits:
        fits = min(room, credit.minor)
        room -= fits
        here += [_part(credit, fits)] if fits else []
        left += [_part(credit, credit.minor - fits)] if fits < credit.minor else []
    return here, left


def _part(credit: Credit, minor: int) -> Credit:
    return Credit(minor, credit.reason, credit.at, credit.phase, credit.return_id)


def _tenders(dice: Dice, ticket: Ticket) -> Iterator[Tender]:
    sale, due = ticket.sale, ticket.order.totals.grand.gross_minor
    money = sale.course.money
    if money is Money.NOTHING or not due:
        return
    if money is Money.RETRIED:
        yield Tender(TERMINAL if sale.is_at_till else ONLINE_CARD, due, Money.DECLINED)
        yield Tender(_method(dice, sale, Money.PAID), due, Money.PAID, after=45)
    elif money in {Money.SPLIT, Money.CREDIT}:
        yield from _with_credit(dice, sale, due, money)
    else:
        yield Tender(_method(dice, sale, money), due, money)


def _with_credit(dice: Dice, sale: Sale, due: int, money: Money) -> Iterator[Tender]:
    """Part of it from a gift card or store credit, the rest from a card."""
    first = due * dice.between(30, 60) // 100
    yield Tender(GIFT_CARD if money is Money.SPLIT else STORE_CREDIT, first, Money.PAID)
    yield Tender(TERMINAL if sale.is_at_till else ONLINE_CARD, due - first, Money.PAID, after=12)


def _method(dice: Dice, sale: Sale, money: Money) -> Method:
    if sale.channel.kind is ChannelKind.MARKETPLACE:
        return MARKETPLACE
    usual = AT_TILL if sale.is_at_till else ONLINE
    method = dice.weighted((*usual, (PHONE[sale.country], BY_PHONE)))
    return usual[0][0] if method.in_one_step and money not in IN_ONE_STEP else method


def _payment(
    dice: Dice, ticket: Ticket, tender: Tender, credits: Sequence[Credit], until: datetime
) -> Payment:
    order, method = ticket.order, tender.method
    created_at = ticket.sale.placed_at + timedelta(seconds=tender.after)
    attempt = _attempt(ticket, tender, created_at, until)
    asked = tuple(operations(dice, attempt, _steps(tender), credits))
    return Payment(
        id=dice.id(Kind.PAYMENT, created_at),
        version=len(asked),
        updated_at=max(operation.occurred_at for operation in asked),
        order_id=ticket.order_id,
        customer_id=order.customer_id,
        channel_id=order.channel_id,
        location_ids=order.location_ids,
        created_at=created_at,
        tender=method.tender,
        provider=method.provider,
        merchant_account=f"FjordBean{ticket.sale.country}",
        presence=method.presence,
        minor=tender.minor,
        currency=order.currency,
        operations=asked,
        standing=fold(asked),
        refs=_refs(method, asked[0], created_at),
    )


def _attempt(ticket: Ticket, tender: Tender, created_at: datetime, until: datetime) -> Attempt:
    part = tender.money is Money.PART_CAPTURED
    return Attempt(
        ticket,
        tender.method.provider,
        is_at_once=ticket.sale.is_at_till,
        started_at=created_at,
        whole=tender.minor,
        captured=_handed_over(ticket) if part else tender.minor,
        until=until,
    )


def _handed_over(ticket: Ticket) -> int:
    """What is on its way, with the delivery fee: the part that may be captured."""
    sent = sum(
        worth
        for line, worth in zip(ticket.order.lines, ticket.worths, strict=True)
        if line.handed_over
    )
    return sent + ticket.order.totals.delivery.gross_minor


def _steps(tender: Tender) -> Sequence[Step]:
    script = SCRIPTS.get(tender.money, PAID)
    if not tender.method.in_one_step:
        return script
    return (Step(OperationKind.CAPTURE, script[-1].phase, 0),)


def _refs(method: Method, first: PaymentOperation, created_at: datetime) -> tuple[ExternalRef, ...]:
    if first.provider_ref is None:
        return ()
    return (ExternalRef(method.provider, "payment", first.provider_ref, created_at),)

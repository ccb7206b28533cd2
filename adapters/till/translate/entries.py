"""One entry of a till's log, in our words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from adapters.till.translate.words import (
    CARDS,
    TENDERS,
    Customer,
    Line,
    Message,
    Payment,
    Refund,
    Return,
    Sale,
    SaleRef,
    StockTake,
    Tender,
)
from domain.channels.numbered import Amended, Counted, Entry, EntryKey, GaveBack, Moved
from domain.channels.told import (
    CustomerTold,
    IdentityTold,
    LineTold,
    OperationTold,
    OrderTold,
    PaymentTold,
    Word,
)
from domain.customers import IdentityKind
from domain.ids import Sku
from domain.money import Currency, Money
from domain.orders import OrderState
from domain.payments import CardPresence, OperationKind, OperationPhase, TenderKind

Clock = Callable[[datetime], datetime]
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class Told(Struct, frozen=True):
    """An entry's message, and what is the same for all that it says."""

    key: EntryKey
    account: str
    at: datetime
    currency: Currency

    @property
    def ref(self) -> str:
        return sale_ref(self.account, self.key)


def sale_ref(account: str, key: EntryKey | SaleRef) -> str:
    """How the order of a sale is called among all that tills sell."""
    return f"{account}/{key.device}/{key.sequence}"


def wrong(
    key: EntryKey, digest: str, clock: Clock, why: str, words: tuple[Word, ...] = ()
) -> Entry:
    """An entry that cannot be read."""
    return Entry(key=key, digest=digest, at=clock(NEVER), wrong=why, words=words)


def entry(
    message: Message, digest: str, account: str, clock: Clock, words: tuple[Word, ...]
) -> Entry:
    key = EntryKey(message.device, message.sequence)
    at = clock(message.at)
    odd = (*words, *_odd_tenders(message))
    match message:
        case Sale():
            told = Told(key, account, at, Currency(message.currency))
            return _sale(message, told, digest, odd)
        case Return():
            told = Told(key, account, at, Currency(message.currency))
            return _return(message, told, digest, odd)
        case Payment():
            told = Told(key, account, at, Currency(message.currency))
            return _payment(message, told, digest, odd)
        case StockTake():
            units = {each.sku: each.counted for each in message.counts}
            counted = tuple(Counted(Sku(sku), units[sku]) for sku in units)
            twice = (
                ()
                if len(units) == len(message.counts)
                else ("Of a product that was counted twice, the last count was taken.",)
            )
            return Entry(
                key=key,
                digest=digest,
                at=at,
                location=message.location,
                stock=counted,
                remarks=twice,
                words=odd,
            )


def _odd_tenders(message: Message) -> Iterator[Word]:
    if isinstance(message, Sale | Payment):
        for each in message.tenders:
            if each.tender not in TENDERS:
                yield Word("tender", each.tender[:40] or "(none)")


def _sale(sale: Sale, told: Told, digest: str, words: tuple[Word, ...]) -> Entry:
    lines = tuple(_line(n, each) for n, each in enumerate(sale.lines, 1))
    goods = sum(each.total_minor for each in lines)
    made = goods - sale.discount + sale.rounding
    left = Counter[Sku]()
    for each in lines:
        left[each.sku] += each.ordered
    return Entry(
        key=told.key,
        digest=digest,
        at=told.at,
        location=sale.location,
        order=OrderTold(
            ref=told.ref,
            number=f"{told.key.device}-{told.key.sequence}",
            state=OrderState.COMPLETED,
            raw_status="sold",
            placed_at=told.at,
            as_of=told.at,
            currency=told.currency,
            lines=lines,
            discounts_minor=max(goods - sale.total, 0),
            delivery_minor=max(sale.total - goods, 0),
            total_minor=sale.total,
            customer=_customer(sale.customer, told.at) if sale.customer else None,
            location=sale.location,
            payments=tuple(_payments(sale.tenders, told)),
            paid_by=_paid_by(sale.tenders),
        ),
        stock=tuple(Moved(sku, -units) for sku, units in left.items()),
        remarks=() if made == sale.total else (_difference(made, sale.total, told.currency),),
        words=words,
    )


def _difference(made: int, total: int, currency: Currency) -> str:
    parts, said = Money(made, currency), Money(total, currency)
    return (
        f"The parts of the sale make {parts.amount} {currency}, and the till says {said.amount}: "
        "the difference is booked as a discount, or as a charge."
    )


def _line(n: int, line: Line) -> LineTold:
    return LineTold(
        ref=str(n),
        sku=Sku(line.sku),
        name=line.name or line.sku,
        ordered=line.quantity,
        handed_over=line.quantity,
        unit_minor=line.unit,
        total_minor=line.quantity * line.unit if line.total is None else line.total,
        tax_minor=line.tax,
    )


def _customer(customer: Customer, at: datetime) -> CustomerTold:
    """What somebody said at a till is claimed, and recognises nobody."""
    said = {IdentityKind.EMAIL: customer.email, IdentityKind.PHONE: customer.phone}
    return CustomerTold(
        ref=customer.ref,
        as_of=at,
        display_name=customer.name,
        identities=tuple(IdentityTold(kind=kind, value=it) for kind, it in said.items() if it),
    )


def _is_named(tender: Tender | Refund) -> bool:
    """Does somebody else tell of it?"""
    return tender.provider is not None and tender.ref is not None


def _paid_by(tenders: Sequence[Tender]) -> tuple[str, ...]:
    names = [f"{each.provider}:{each.ref}" for each in tenders if _is_named(each)]
    return tuple(dict.fromkeys(names))


def _payments(tenders: Sequence[Tender], told: Told) -> Iterator[PaymentTold]:
    """What the till itself took; each is called by its place among the tenders."""
    for n, each in enumerate(tenders):
        if not _is_named(each):
            yield _taken(each, f"{told.ref}/{n}", told)


def _taken(tender: Tender, ref: str, told: Told) -> PaymentTold:
    kind = TENDERS.get(tender.tender, TenderKind.CASH)
    presence = CardPresence.PRESENT if kind in CARDS else CardPresence.NOT_APPLICABLE
    amount = Money(tender.amount, told.currency)
    steps = (OperationKind.AUTHORISE, OperationKind.CAPTURE)
    return PaymentTold(
        ref=ref,
        amount=amount,
        tender=kind,
        presence=presence,
        created_at=told.at,
        as_of=told.at,
        operations=tuple(_operation(ref, each, amount, told.at) for each in steps),
    )


def _operation(ref: str, kind: OperationKind, amount: Money, at: datetime) -> OperationTold:
    return OperationTold(
        ref=ref,
        kind=kind,
        phase=OperationPhase.SUCCEEDED,
        amount=amount,
        at=at,
        raw_status="taken",
    )


def _return(back: Return, told: Told, digest: str, words: tuple[Word, ...]) -> Entry:
    units = Counter[Sku]()
    for each in back.lines:
        units[Sku(each.sku)] += each.quantity
    return Entry(
        key=told.key,
        digest=digest,
        at=told.at,
        location=back.location,
        amended=_of_sale(back, back.sale, units, told) if back.sale else None,
        stock=tuple(Moved(sku, each) for sku, each in units.items()),
        remarks=() if back.sale else (_nowhere(back, told.currency),),
        words=words,
    )


def _of_sale(back: Return, sale: SaleRef, units: Counter[Sku], told: Told) -> Amended:
    ref = sale_ref(told.account, sale)
    own = [(n, each) for n, each in enumerate(back.refunds) if not _is_named(each)]
    return Amended(
        order=f"till:order:{ref}",
        sale=EntryKey(sale.device, sale.sequence),
        returned=units,
        gave_back=tuple(
            GaveBack(
                f"{ref}/{each.of}",
                OperationTold(
                    ref=f"{told.ref}/{n}",
                    kind=OperationKind.REFUND,
                    phase=OperationPhase.SUCCEEDED,
                    amount=Money(each.amount, told.currency),
                    at=told.at,
                    raw_status=f"given back: {each.tender[:40]}",
                    original_ref=f"{ref}/{each.of}",
                    reason=each.reason,
                ),
            )
            for n, each in own
        ),
    )


def _nowhere(back: Return, currency: Currency) -> str:
    given = Money(sum(each.amount for each in back.refunds), currency)
    return (
        f"Goods came back, and {given.amount} {currency} went, of which nobody knows the sale: "
        "the goods are in stock, the money is in no payment."
    )


def _payment(paid: Payment, told: Told, digest: str, words: tuple[Word, ...]) -> Entry:
    if (paid.sale is None) == (paid.order is None):
        why = "A payment names either its `sale` or its `order`."
        return Entry(key=told.key, digest=digest, at=told.at, wrong=why, words=words)
    own = f"till:order:{sale_ref(told.account, paid.sale)}" if paid.sale else ""
    sale = EntryKey(paid.sale.device, paid.sale.sequence) if paid.sale else None
    return Entry(
        key=told.key,
        digest=digest,
        at=told.at,
        amended=Amended(
            order=paid.order or own,
            sale=sale,
            payments=tuple(_payments(paid.tenders, told)),
            paid_by=_paid_by(paid.tenders),
        ),
        words=words,
    )

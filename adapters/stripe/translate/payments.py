"""What Stripe says of payments, in our words. Pure.

An attempt to take money (a charge) is an AUTHORISE, and a CAPTURE when money was taken, both by the
charge's name. What was promised and not taken is let go by a CANCEL of the same name; Stripe shows
that as a refund, which no money moves with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from adapters.stripe.translate import amounts, people, words
from adapters.stripe.translate.shapes import Charge, Dispute, Intent, Options, Refund, Terms
from domain import ids
from domain.channels.inbound import Snapshot, Unreadable, Unrecognised
from domain.channels.people import account_key
from domain.channels.told import OperationTold, PaymentTold, Word
from domain.errors import BadInput
from domain.ids import Kind, OperationId, PaymentLinkId
from domain.money import Money
from domain.payments import CardPresence, OperationKind, OperationPhase, TenderKind

Said = OperationTold | Word
Told = Snapshot | Unrecognised
K, P = OperationKind, OperationPhase

LONGEST_NOTE = 100


class Doing(Struct, frozen=True):
    """What was done, when, and by which operation of ours, if by one."""

    kind: OperationKind
    at: datetime | None = None
    operation_id: OperationId | None = None


def read(raw: bytes | msgspec.Raw, kind: type[Any]) -> Any:
    """An object of Stripe's.

    Raises:
        Unreadable: it is none.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unreadable(f"This is no {kind.__name__} of Stripe's: {error}.") from error


def paid(
    said: Intent | Charge,
    as_of: datetime,
    terms: Terms,
    doing: Doing | None = None,
    disputes: Sequence[Dispute] = (),
) -> Told | None:
    """A payment with its last attempt, or its only one; None if nobody has tried to pay yet."""
    told = [*operations(said, doing)]
    for each in disputes:
        told += disputed(each)
    return _snapshot(said, as_of, terms, told)


def charge_of(said: Intent | Charge) -> Charge | None:
    """The attempt that counts, if it is here in full."""
    charge = said.latest_charge if isinstance(said, Intent) else said
    return charge if isinstance(charge, Charge) else None


def operations(said: Intent | Charge, doing: Doing | None = None) -> Iterator[Said]:
    """What was done for a payment, by its last attempt."""
    charge = charge_of(said)
    if isinstance(said, Charge):
        yield from attempt(said, doing)
        return
    if said.status not in words.INTENTS:
        yield Word("payment_intent.status", said.status)
    if charge:
        doing = doing or _last_done(said)
        yield from attempt(charge, doing)
        if said.status == "succeeded" and 0 < charge.taken < charge.amount:
            yield from _done(charge, K.CANCEL, charge.amount - charge.taken, doing)
    elif failure := said.last_payment_error:
        why = failure.decline_code or failure.code
        yield from _done(said, K.AUTHORISE, said.amount, doing, P.FAILED, why)


def let_go(intent: Intent) -> OperationTold:
    """All that was promised for a cancelled intent, and was not taken."""
    charge, doing = intent.latest_charge, _last_done(intent)
    return OperationTold(
        ref=charge.id if isinstance(charge, Charge) else charge or intent.id,
        kind=K.CANCEL,
        phase=P.SUCCEEDED,
        amount=_amount(intent, intent.amount - intent.amount_received),
        at=doing.at or moment(intent.created),
        raw_status="canceled",
        operation_id=doing.operation_id,
    )


def attempt(charge: Charge, doing: Doing | None = None) -> Iterator[Said]:
    """One attempt to take money, and what came back of it."""
    phase = words.ATTEMPTS.get(charge.status, P.UNKNOWN)
    if phase is P.UNKNOWN:
        yield Word("charge.status", charge.status)
    promised = max(charge.amount, charge.taken)
    yield from _done(charge, K.AUTHORISE, promised, None, phase, charge.failure_code)
    yield from _done(charge, K.CAPTURE, charge.taken, doing)
    if charge.refunded and not charge.captured and phase is P.SUCCEEDED:
        yield from _done(charge, K.CANCEL, charge.amount, doing)
    for each in _given_back(charge):
        yield from given_back(each)


def given_back(refund: Refund, at: datetime | None = None) -> Iterator[Said]:
    """Money on its way back; `at` is when it got so far, where that is known."""
    status = refund.status or "null"
    phase = words.REFUNDS.get(status, P.UNKNOWN)
    if phase is P.UNKNOWN:
        yield Word("refund.status", status)
    if phase is P.FAILED and refund.has_moved:
        phase = P.REVERSED  # the money is back with us, whether success was ever told or not
    why = refund.failure_reason
    yield OperationTold(
        ref=refund.id,
        kind=K.REFUND,
        phase=phase,
        amount=_amount(refund),
        at=moment(refund.created) if phase is P.SUCCEEDED or at is None else at,
        raw_status=f"{status}: {why}" if why else status,
        original_ref=refund.charge,
        operation_id=ours(_noted(refund.metadata, words.OUR_OPERATION)),
        decline_code=why,
        reason=refund.reason or _noted(refund.metadata, words.OUR_REASON),
    )


def disputed(dispute: Dispute, at: datetime | None = None) -> Iterator[Said]:
    """What a dispute did: where money moved, that counts, and not what it is called."""
    if dispute.status not in words.DISPUTES:
        yield Word("dispute.status", dispute.status)
    moved = sorted(dispute.balance_transactions, key=lambda each: each.created)
    taken = [moment(each.created) for each in moved if each.amount < 0]
    given = [moment(each.created) for each in moved if each.amount > 0]
    phase = words.DISPUTES.get(dispute.status, P.UNKNOWN)
    if taken:
        yield _claimed(dispute, K.CHARGEBACK, P.SUCCEEDED, taken[0], "funds_withdrawn")
    elif phase is not None:
        when = at or moment(dispute.created)
        yield _claimed(dispute, K.CHARGEBACK, phase, when, dispute.status)
    if given:
        yield _claimed(dispute, K.CHARGEBACK_REVERSAL, P.SUCCEEDED, given[0], "funds_reinstated")


def ours(key: str | None) -> OperationId | None:
    """The id of an operation of ours, if this is one."""
    try:
        return OperationId(ids.expect(Kind.OPERATION, key or ""))
    except BadInput:
        return None


def _amount(said: Charge | Intent | Refund | Dispute, minor: int | None = None) -> Money:
    return amounts.told(said.amount if minor is None else minor, said.currency)


def _last_done(intent: Intent) -> Doing:
    """What ended an intent, and which operation of ours, if it was one."""
    if intent.status == "canceled":
        at = moment(intent.canceled_at) if intent.canceled_at else None
        return Doing(K.CANCEL, at, ours(_noted(intent.metadata, words.OUR_CANCEL)))
    return Doing(K.CAPTURE, None, ours(_noted(intent.metadata, words.OUR_CAPTURE)))


def _given_back(charge: Charge) -> Sequence[Refund]:
    """The refunds of what was taken. What was let go without being taken is shown as one, too."""
    refunds = charge.refunds.data if charge.refunds and charge.captured else ()
    let_go = charge.amount - charge.taken
    done = [each for each in refunds if each.status == "succeeded" and not each.has_moved]
    released = [each for each in done if each.amount == let_go]
    return [each for each in refunds if each not in released[-1:]]


def _done(
    said: Charge | Intent,
    kind: OperationKind,
    minor: int,
    doing: Doing | None,
    phase: OperationPhase = P.SUCCEEDED,
    why: str | None = None,
) -> Iterator[OperationTold]:
    if not minor:
        return
    mine = doing if doing and doing.kind is kind else Doing(kind)
    yield OperationTold(
        ref=said.id,
        kind=kind,
        phase=phase,
        amount=_amount(said, minor),
        at=mine.at or moment(said.created),
        raw_status="canceled" if kind is K.CANCEL else said.status,
        operation_id=mine.operation_id,
        decline_code=why,
    )


def _claimed(
    dispute: Dispute, kind: OperationKind, phase: OperationPhase, at: datetime, raw_status: str
) -> OperationTold:
    return OperationTold(
        ref=dispute.id,
        kind=kind,
        phase=phase,
        amount=_amount(dispute),
        at=at,
        raw_status=raw_status,
        original_ref=dispute.charge,
        reason=dispute.reason,
    )


def _snapshot(
    said: Charge | Intent, as_of: datetime, terms: Terms, told: Sequence[Said]
) -> Told | None:
    types = _paid_with(said)
    known = next((each for each in types if each in words.TENDERS), "")
    strange = [Word("payment_method.type", each) for each in types[:1] if not known]
    strange += [each for each in told if isinstance(each, Word)]
    found = tuple(each for each in told if isinstance(each, OperationTold))
    if not found:
        return Unrecognised(strange[0]) if strange else None
    ref = said.id if isinstance(said, Intent) else said.payment_intent or said.id
    charge = charge_of(said)
    payment = PaymentTold(
        ref=ref,
        amount=_amount(said),
        tender=words.TENDERS.get(known, TenderKind.CARD),
        presence=words.PRESENCES.get(known, CardPresence.NOT_APPLICABLE),
        created_at=moment(said.created),
        as_of=as_of,
        operations=found,
        order=_order(said, terms.options),
        payer=_payer(said, terms),
        card=people.card(charge, terms, moment(charge.created)) if charge else None,
        link=_link(said),
    )
    return Snapshot(payment, tuple(strange))


def _paid_with(said: Charge | Intent) -> Sequence[str]:
    """The type of payment method; of an intent that nobody has paid, those that it offers."""
    charge = charge_of(said)
    if charge and charge.payment_method_details:
        return [charge.payment_method_details.type]
    return said.payment_method_types if isinstance(said, Intent) else ()


def _order(said: Charge | Intent, orders: Options) -> str | None:
    number = _noted(said.metadata, orders.order_key)
    return f"{orders.orders_of}:order:{number}" if orders.orders_of and number else None


def _link(said: Charge | Intent) -> PaymentLinkId | None:
    """The link of ours that it was paid by; Stripe gives a charge what its intent is noted with."""
    noted = _noted(said.metadata, words.OUR_LINK) or ""
    try:
        return PaymentLinkId(ids.expect(Kind.PAYMENT_LINK, noted))
    except BadInput:
        return None


def _payer(said: Charge | Intent, terms: Terms) -> str | None:
    """Whom the shop knows them as, if it has noted that; else Stripe's own account for them."""
    account, options = terms.account, terms.options
    noted = _noted(said.metadata, options.customer_key) if options.customers_of else None
    if options.customers_of and noted:
        return account_key(account.channels[options.customers_of], noted)
    return account_key(account.channel_id, said.customer) if said.customer else None


def _noted(metadata: Mapping[str, str] | None, key: str) -> str | None:
    """What the shop has noted there, if we can show it: anybody may note anything."""
    text = (metadata or {}).get(key, "")
    return text if 0 < len(text) <= LONGEST_NOTE and text.isprintable() else None


def moment(seconds: int) -> datetime:
    """Stripe counts from the epoch."""
    return datetime.fromtimestamp(seconds, UTC)

"""What events tell. Those of a kind that concerns nobody here tell nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from adapters.stripe.translate import payments, people, words
from adapters.stripe.translate.payments import Doing, moment, read
from adapters.stripe.translate.shapes import (
    Charge,
    Customer,
    Dispute,
    Event,
    Head,
    Intent,
    Refund,
    Session,
    Terms,
)
from domain.channels.abilities import Thing
from domain.channels.inbound import Fact, News, RefetchHint, Unreadable, Unrecognised
from domain.channels.told import OperationTold, Word
from domain.ids import OperationId
from domain.payments import OperationKind

Reader = Callable[[Event, Terms], Sequence[News]]


def of(body: bytes, account: str, *, is_live: bool | None) -> Event:
    """The event in a delivery that was verified.

    Raises:
        Unreadable: it is none, or of another account or mode than the configured key.
    """
    head = read(body, Head)
    if head.object != "event":
        raise Unreadable(f"It is a {head.object[:40]!r}: have the endpoint send snapshot events.")
    found: Event = read(body, Event)
    if found.account not in {None, account}:
        raise Unreadable("It is of another account.")
    if is_live is not None and found.livemode is not is_live:
        raise Unreadable("It is of live mode and the key of test mode, or the other way round.")
    return found


def news(event: Event, terms: Terms) -> Sequence[News]:
    """All that an event tells."""
    if reader := READERS.get(event.type):
        return reader(event, terms)
    if event.type in words.NO_NEWS or event.type.partition(".")[0] in words.ELSEWHERE:
        return []
    return [Unrecognised(Word("event.type", event.type))]


def since(event: Event, terms: Terms, begun: datetime) -> Sequence[News]:
    """The same, where payments that were begun since then are listed, and need no asking."""
    told = news(event, terms)
    if event.type not in words.OF_INTENTS:
        return told
    is_listed = moment(read(event.data.object, Intent).created) >= begun
    return [each for each in told if not (is_listed and isinstance(each, RefetchHint))]


def _intent(event: Event, terms: Terms) -> Sequence[News]:
    """Without its charge, it only says that something happened."""
    intent: Intent = read(event.data.object, Intent)
    if isinstance(intent.latest_charge, str):
        return [RefetchHint(Thing.PAYMENT, intent.id)]
    at = moment(event.created)
    doing = None if intent.latest_charge else Doing(OperationKind.AUTHORISE, at)
    found = payments.paid(intent, at, terms, doing)
    return [found] if found else []


def _charge(event: Event, terms: Terms) -> Sequence[News]:
    """What was promised and not taken is let go by a refund; what was taken is given back by one.

    Then the intent says which operation of ours took it.
    """
    charge: Charge = read(event.data.object, Charge)
    done = words.DONE_BY.get(event.type)
    if done is OperationKind.CANCEL and charge.captured:
        return [RefetchHint(Thing.PAYMENT, charge.payment_intent or charge.id)]
    doing = Doing(done, moment(event.created), _ours(event)) if done else None
    found = payments.paid(charge, moment(event.created), terms, doing)
    return [found] if found else []


def _refund(event: Event, _: Terms) -> Sequence[News]:
    """If no money has moved yet, only the payment says whether any will."""
    refund: Refund = read(event.data.object, Refund)
    about = refund.payment_intent or refund.charge
    if about is None:
        return [Unrecognised(Word("refund.charge", "null"))]
    if not refund.has_moved:
        return [RefetchHint(Thing.PAYMENT, about)]
    return _facts(about, [*payments.given_back(refund, moment(event.created))])


def _dispute(event: Event, _: Terms) -> Sequence[News]:
    dispute: Dispute = read(event.data.object, Dispute)
    about = dispute.payment_intent or dispute.charge
    return _facts(about, [*payments.disputed(dispute, moment(event.created))])


def _session(event: Event, _: Terms) -> Sequence[News]:
    session: Session = read(event.data.object, Session)
    return [RefetchHint(Thing.PAYMENT, session.payment_intent)] if session.payment_intent else []


def _customer(event: Event, _: Terms) -> Sequence[News]:
    """Stripe counts seconds, and who has just begun is often changed within the same one."""
    later = timedelta(milliseconds=event.type == "customer.updated")
    return [people.told(read(event.data.object, Customer), moment(event.created) + later)]


def _facts(about: str, said: Sequence[OperationTold | Word]) -> Sequence[News]:
    strange = tuple(each for each in said if isinstance(each, Word))
    facts = [Fact(about, each, strange) for each in said if isinstance(each, OperationTold)]
    return facts or [Unrecognised(each) for each in strange]


def _ours(event: Event) -> OperationId | None:
    """Our own operation, if our own call has caused the event."""
    return payments.ours(event.request.idempotency_key) if event.request else None


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        **dict.fromkeys(words.OF_CUSTOMERS, _customer),
        **dict.fromkeys(words.OF_INTENTS, _intent),
        **dict.fromkeys(words.OF_CHARGES, _charge),
        **dict.fromkeys(words.OF_REFUNDS, _refund),
        **dict.fromkeys(words.OF_DISPUTES, _dispute),
        **dict.fromkeys(words.OF_SESSIONS, _session),
    }
)
